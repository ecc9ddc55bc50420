// Makes a link to what the page shows, with its numbers, and copies it to the clipboard.

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { asGatewayError, ask, wordsOf } from '../api/client';
import type { Dataset } from '../api/dataset';
import { AddLinkDocument } from '../api/generated';
import { useSession } from '../api/session';
import { t } from '../language';
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
  const [said, setSaid] = useState(() => t('share.making'));
  // Only once each time the menu is opened.
  const isMade = useRef(false);

  const toClipboard = async (text: string, about: string) => {
    await copy(text).then(
      () => setSaid(t('share.copied', { about })),
      () => setSaid(t('share.copyHere', { about })),
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
        return await toClipboard(text, t('share.notKept', { hint: keeping?.hint ?? '' }));
      }
      const answers = questionsOf(shownAnswers(client, version));
      const { addLink } = await ask(AddLinkDocument, { link: { address, snapshot: version, answers } });
      const text = new URL(`/l/${addLink.id}`, location.origin).href;
      setLink(text);
      await toClipboard(text, t('share.keeps', { panels: answers.length, version: String(version) }));
    };
    make().catch((error: unknown) => setSaid(t('share.failed', { why: wordsOf(asGatewayError(error)) })));
  });

  return (
    <div className="share-menu">
      {link !== null && (
        <div className="share-line">
          <input className="input" readOnly aria-label={t('share.link')} value={link} onFocus={({ target }) => target.select()} />
          <button type="button" className="button button-primary" onClick={() => void toClipboard(link, '')}>
            {t('words.copy')}
          </button>
        </div>
      )}
      <p role="status">{said}</p>
    </div>
  );
}
