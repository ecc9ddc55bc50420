// What can be taken away from a panel: its numbers for the clipboard, a picture, and the question behind it.

import { useState } from 'react';
import { t } from '../language';
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
    what().then(setSaid, (cause: unknown) => setSaid(t('take.failed', { why: cause instanceof Error ? cause.message : String(cause) })));
  };
  const body = () => {
    const found = panel()?.querySelector<HTMLElement>('.panel-body') ?? null;
    if (found === null) throw new Error(t('take.nothing'));
    return found;
  };
  const onTable = async () => {
    const shown = panel()?.querySelector('table') ?? null;
    const list = panel()?.querySelector('dl') ?? null;
    const table = tableOf(taken) ?? (shown && shownTable(shown, taken)) ?? (list && shownList(list, taken));
    if (table === null) {
      await copy([taken.title, body().innerText, sourceLine(taken)].join('\n\n'));
      return t('take.textCopied');
    }
    await copy(asText(table), asHtml(table));
    return t('take.rowsCopied', { n: table.rows.length });
  };
  const onPicture = (format: 'png' | 'svg') => async () => {
    const picture = await pictureOf(body(), taken);
    const blob = format === 'png' ? await asPng(picture) : new Blob([picture.svg], { type: 'image/svg+xml' });
    const name = `${taken.title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.${format}`;
    save(name, blob);
    return t('take.saved', { name });
  };
  return (
    <div className="take-menu">
      <div className="take-actions">
        <button type="button" className="button" onClick={() => attempt(onTable)}>
          {t('take.asTable')}
        </button>
        <button type="button" className="button" onClick={() => attempt(onPicture('png'))}>
          {t('take.asPng')}
        </button>
        <button type="button" className="button" onClick={() => attempt(onPicture('svg'))}>
          {t('take.asSvg')}
        </button>
        <button type="button" className="button" onClick={onSlides}>
          {t('take.asSlides')}
        </button>
      </div>
      <p className="muted" role="status">
        {said || t('take.included')}
      </p>
      {taken.answered !== null && !taken.hasOwnRows && <Question answered={taken.answered} taken={taken} onCopy={(text) => attempt(async () => (await copy(text), t('take.questionCopied')))} />}
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
      <h3>{t('take.question')}</h3>
      <div className="take-actions" role="group" aria-label={t('take.writtenAs')}>
        {FACES.map((one) => (
          <button key={one} type="button" className="button button-quiet" aria-pressed={one === face} onClick={() => setFace(one)}>
            {one}
          </button>
        ))}
        {text !== null && (
          <button type="button" className="button" onClick={() => onCopy(text)}>
            {t('words.copy')}
          </button>
        )}
      </div>
      {/* Long lines scroll, so the keyboard has to reach the element. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      {text === null ? <p>{reason}</p> : <pre className="take-question" tabIndex={0} aria-label={t('take.questionIn', { face })} role="group">{text}</pre>}
    </>
  );
}

function questionIn(face: Face, answered: QuestionProps['answered'], dataset: Taken['dataset']): readonly [string, null] | readonly [null, string] {
  try {
    if (face === 'GraphQL') return [asGraphql(answered), null];
    return [face === 'SQL' ? asSql(answered, dataset) : asCommand(answered, dataset), null];
  } catch (cause) {
    if (cause instanceof NotInSql) return [null, t('take.notInSql', { why: cause.message })];
    throw cause;
  }
}
