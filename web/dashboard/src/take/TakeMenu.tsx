// What can be taken away from a panel: its numbers for the clipboard, a picture, and the question behind it.

import { useState } from 'react';
import { formatCount } from '../format';
import { sourceLine, type Taken } from './about';
import { copy, save } from './clipboard';
import { asPng, pictureOf } from './picture';
import { asCommand, asGraphql, asSql, NotInSql } from './questions';
import { asHtml, asText, shownList, shownTable, tableOf } from './table';
import './TakeMenu.css';

interface TakeMenuProps {
  readonly taken: Taken;
  readonly panel: () => HTMLElement | null;
  readonly onSlides: () => void;
}

export default function TakeMenu({ taken, panel, onSlides }: TakeMenuProps) {
  const [said, setSaid] = useState('');
  const attempt = (what: () => Promise<string>) => {
    what().then(setSaid, (cause: unknown) => setSaid(`That did not work: ${cause instanceof Error ? cause.message : String(cause)}.`));
  };
  const body = () => {
    const found = panel()?.querySelector<HTMLElement>('.panel-body') ?? null;
    if (found === null) throw new Error('the panel shows nothing yet');
    return found;
  };
  const onTable = async () => {
    const shown = panel()?.querySelector('table') ?? null;
    const list = panel()?.querySelector('dl') ?? null;
    const table = tableOf(taken) ?? (shown && shownTable(shown, taken)) ?? (list && shownList(list, taken));
    if (table === null) {
      await copy([taken.title, body().innerText, sourceLine(taken)].join('\n\n'));
      return 'Text copied to the clipboard.';
    }
    await copy(asText(table), asHtml(table));
    return table.rows.length === 1 ? 'One row copied to the clipboard.' : `${formatCount(table.rows.length)} rows copied to the clipboard.`;
  };
  const onPicture = (format: 'png' | 'svg') => async () => {
    const picture = await pictureOf(body(), taken);
    const blob = format === 'png' ? await asPng(picture) : new Blob([picture.svg], { type: 'image/svg+xml' });
    const name = `${taken.title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.${format}`;
    save(name, blob);
    return `${name} saved to your downloads.`;
  };
  return (
    <div className="take-menu">
      <div className="take-actions">
        <button type="button" className="button" onClick={() => attempt(onTable)}>
          Copy as table
        </button>
        <button type="button" className="button" onClick={() => attempt(onPicture('png'))}>
          Save as PNG
        </button>
        <button type="button" className="button" onClick={() => attempt(onPicture('svg'))}>
          Save as SVG
        </button>
        <button type="button" className="button" onClick={onSlides}>
          Show as slides
        </button>
      </div>
      <p className="muted" role="status">
        {said || 'Title, days, filter, snapshot and bounds are included.'}
      </p>
      {taken.answered !== null && !taken.hasOwnRows && <Question answered={taken.answered} taken={taken} onCopy={(text) => attempt(async () => (await copy(text), 'Question copied to the clipboard.'))} />}
    </div>
  );
}

const FACES = ['GraphQL', 'clio query', 'SQL'] as const;
type Face = (typeof FACES)[number];

interface QuestionProps {
  readonly taken: Taken;
  readonly answered: NonNullable<Taken['answered']>;
  readonly onCopy: (text: string) => void;
}

function Question({ answered, taken: { dataset }, onCopy }: QuestionProps) {
  const [face, setFace] = useState<Face>('GraphQL');
  const [text, reason] = questionIn(face, answered, dataset);
  return (
    <>
      <h3>The question</h3>
      <div className="take-actions" role="group" aria-label="Written as">
        {FACES.map((one) => (
          <button key={one} type="button" className="button button-quiet" aria-pressed={one === face} onClick={() => setFace(one)}>
            {one}
          </button>
        ))}
        {text !== null && (
          <button type="button" className="button" onClick={() => onCopy(text)}>
            Copy
          </button>
        )}
      </div>
      {/* Long lines scroll, so the keyboard has to reach the element. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      {text === null ? <p>{reason}</p> : <pre className="take-question" tabIndex={0} aria-label={`The question in ${face}`} role="group">{text}</pre>}
    </>
  );
}

function questionIn(face: Face, answered: QuestionProps['answered'], dataset: Taken['dataset']): readonly [string, null] | readonly [null, string] {
  try {
    if (face === 'GraphQL') return [asGraphql(answered), null];
    return [face === 'SQL' ? asSql(answered, dataset) : asCommand(answered, dataset), null];
  } catch (cause) {
    if (cause instanceof NotInSql) return [null, `SQL over the cells cannot express this. ${cause.message}`];
    throw cause;
  }
}
