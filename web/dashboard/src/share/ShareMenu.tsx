// Makes a link to what the page shows, with its numbers, and copies it to the clipboard.

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { asGatewayError, ask, wordsOf } from '../api/client';
import type { Dataset } from '../api/dataset';
import { AddLinkDocument } from '../api/generated';
import { useSession } from '../api/session';
import { formatCount } from '../format';
import { copy } from '../take/clipboard';
import { questionsOf, shownAnswers } from './sent';
import './ShareMenu.css';

interface ShareMenuProps {
  readonly dataset: Dataset;
  readonly version: number;
}

export default function ShareMenu({ version }: ShareMenuProps) {
  const { keeping } = useSession();
  const { history } = useRouter();
  const client = useQueryClient();
  const [link, setLink] = useState<string | null>(null);
  const [said, setSaid] = useState('Making the link…');
  // Only once each time the menu is opened.
  const isMade = useRef(false);

  const toClipboard = async (text: string, about: string) => {
    await copy(text).then(
      () => setSaid(`Link copied to the clipboard. ${about}`),
      () => setSaid(`Copy the link from here. ${about}`),
    );
  };
  useEffect(() => {
    if (isMade.current) return;
    isMade.current = true;
    const make = async () => {
      const address = history.location.href;
      if (!keeping?.isOn) {
        const text = new URL(address, location.origin).href;
        setLink(text);
        return await toClipboard(text, `It shows the numbers of the day on which it is opened. ${keeping?.hint ?? ''}`);
      }
      const answers = questionsOf(shownAnswers(client, version));
      const { addLink } = await ask(AddLinkDocument, { link: { address, snapshot: version, answers } });
      const text = new URL(`/l/${addLink.id}`, location.origin).href;
      setLink(text);
      await toClipboard(text, `It keeps the numbers of ${answers.length === 1 ? 'one panel' : `${formatCount(answers.length)} panels`} as of snapshot ${version}.`);
    };
    make().catch((error: unknown) => setSaid(`The link could not be made. ${wordsOf(asGatewayError(error))}`));
  });

  return (
    <div className="share-menu">
      {link !== null && (
        <div className="share-line">
          <input className="input" readOnly aria-label="The link" value={link} onFocus={({ target }) => target.select()} />
          <button type="button" className="button button-primary" onClick={() => void toClipboard(link, '')}>
            Copy
          </button>
        </div>
      )}
      <p role="status">{said}</p>
    </div>
  );
}
