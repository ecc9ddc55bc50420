// What can be done about an entry: acknowledge it with a note, mute it, or take either back.

import { useId, useState } from 'react';
import type { Entry } from '../../api/outlierQueue';
import type { Acknowledgement, Mute } from '../../api/outliers';
import { formatDay, formatMoment } from '../../format';
import { rich, t } from '../../language';
import type { Handling } from './useHandling';
import './Actions.css';

interface ActionsProps {
  readonly entry: Entry;
  readonly label: string;
  readonly handling: Handling;
}

export function Actions({ entry, label, handling }: ActionsProps) {
  const { acknowledgement, mute } = entry;
  if (acknowledgement !== null) return <Acknowledged acknowledgement={acknowledgement} label={label} handling={handling} />;
  if (mute !== null) return <Muted mute={mute} label={label} handling={handling} />;
  return <Open entry={entry} handling={handling} />;
}

const FOR = { '7': 'outliers.days7', '28': 'outliers.days28', ever: 'outliers.ever' } as const;
type For = keyof typeof FOR;

function Open({ entry: { outlier }, handling }: { readonly entry: Entry; readonly handling: Handling }) {
  const [text, setText] = useState('');
  const [days, setDays] = useState<For>('7');
  const [everyKind, setEveryKind] = useState(false);
  return (
    <form
      className="outlier-actions"
      data-take="no"
      onSubmit={(event) => {
        event.preventDefault();
        handling.acknowledge(outlier, text.trim());
      }}
    >
      <Note text={text} onText={setText} />
      <span className="outlier-buttons">
        <button type="submit" className="button button-primary">
          {t('outliers.acknowledge')} <kbd className="outlier-letter">a</kbd>
        </button>
        <button type="button" className="button" data-key="m" onClick={() => handling.mute(outlier, days === 'ever' ? null : Number(days), everyKind)}>
          {t('outliers.mute')} <kbd className="outlier-letter">m</kbd>
        </button>
        <select className="select" aria-label={t('outliers.muteFor')} value={days} onChange={({ target }) => setDays((Object.keys(FOR) as For[]).find((key) => key === target.value) ?? '7')}>
          {(Object.keys(FOR) as For[]).map((key) => (
            <option key={key} value={key}>
              {t(FOR[key])}
            </option>
          ))}
        </select>
        <label className="outlier-every">
          <input type="checkbox" checked={everyKind} onChange={({ target }) => setEveryKind(target.checked)} /> {t('outliers.everyKind')}
        </label>
      </span>
      <p className="muted">{t('outliers.onlyYou')}</p>
    </form>
  );
}

function Note({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  const id = useId();
  return (
    <>
      <label htmlFor={id} className="muted">
        {t('outliers.note')}
      </label>
      <textarea
        id={id}
        data-key="a"
        className="outlier-note"
        rows={2}
        maxLength={600}
        placeholder={t('outliers.noteHint')}
        value={text}
        onChange={({ target }) => onText(target.value)}
        onKeyDown={(event) => {
          // Enter sends it, and Shift+Enter begins another line; not while a syllable is still being typed.
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </>
  );
}

interface AcknowledgedProps {
  readonly acknowledgement: Acknowledgement;
  readonly label: string;
  readonly handling: Handling;
}

function Acknowledged({ acknowledgement, label, handling }: AcknowledgedProps) {
  const [text, setText] = useState(acknowledgement.note ?? '');
  return (
    <div className="outlier-actions">
      <p>
        <AcknowledgedBy acknowledgement={acknowledgement} />
      </p>
      {acknowledgement.isMine && (
        <form
          className="outlier-actions"
          data-take="no"
          onSubmit={(event) => {
            event.preventDefault();
            handling.changeNote(acknowledgement, text.trim());
          }}
        >
          <Note text={text} onText={setText} />
          <span className="outlier-buttons">
            <button type="submit" className="button" disabled={text.trim() === (acknowledgement.note ?? '')}>
              {t('outliers.saveNote')}
            </button>
            <button type="button" className="button" onClick={() => handling.reopen(acknowledgement, label)}>
              {t('outliers.reopen')}
            </button>
          </span>
        </form>
      )}
    </div>
  );
}

export function AcknowledgedBy({ acknowledgement: { createdBy, createdAt, note } }: { readonly acknowledgement: Acknowledgement }) {
  const values = { person: createdBy, moment: formatMoment(createdAt), who: <bdi /> };
  return note == null ? rich('outliers.by', values) : rich('outliers.byNote', { ...values, text: note, note: <bdi className="outlier-said" /> });
}

interface MutedProps {
  readonly mute: Mute;
  readonly label: string;
  readonly handling: Handling;
}

function Muted({ mute, label, handling }: MutedProps) {
  return (
    <div className="outlier-actions">
      <p>{mute.until == null ? t('outliers.mutedEver') : t('outliers.mutedUntil', { day: formatDay(mute.until) })}</p>
      <span className="outlier-buttons">
        <button type="button" className="button" onClick={() => handling.unmute(mute, label)}>
          {t('outliers.unmute')}
        </button>
      </span>
    </div>
  );
}
