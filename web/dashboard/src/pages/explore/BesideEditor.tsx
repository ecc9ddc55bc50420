// Chooses the days with which those of the page are compared.

import { type FormEvent, useState } from 'react';
import { formatRange, isDay } from '../../format';
import { t } from '../../language';
import type { Beside } from './state';
import './BesideEditor.css';

interface BesideEditorProps {
  readonly beside: Beside | null;
  /** The days just before those of the page; null where all days are shown, so that none came before. */
  readonly days: { readonly from: string; readonly to: string } | null;
  readonly onChange: (beside: Beside | null) => void;
  readonly onClose: () => void;
}

export default function BesideEditor({ beside, days, onChange, onClose }: BesideEditorProps) {
  const given = beside !== null && beside !== 'previous' ? beside : null;
  const [from, setFrom] = useState(given?.from ?? '');
  const [to, setTo] = useState(given?.to ?? '');
  const problem = problemOf(from, to);
  const choose = (next: Beside | null) => {
    onChange(next);
    onClose();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (problem === null) choose({ from, to });
  };
  return (
    <div className="beside">
      <button type="button" className="button button-quiet" aria-pressed={beside === null} autoFocus onClick={() => choose(null)}>
        {t('beside.nothing')}
      </button>
      <button type="button" className="button button-quiet" aria-pressed={beside === 'previous'} disabled={days === null} onClick={() => choose('previous')}>
        {days === null ? t('beside.datesFirst') : t('beside.previous', { days: formatRange(days.from, days.to) })}
      </button>
      <form className="beside-days" onSubmit={onSubmit}>
        <label>
          <span className="muted">{t('words.from')}</span>
          <input className="input" type="date" value={from} onChange={({ target }) => setFrom(target.value)} />
        </label>
        <label>
          <span className="muted">{t('words.to')}</span>
          <input className="input" type="date" value={to} onChange={({ target }) => setTo(target.value)} />
        </label>
        <button type="submit" className="button button-primary" disabled={problem !== null}>
          {t('words.apply')}
        </button>
      </form>
      <p className="beside-note" role={problem === null || from === '' || to === '' ? undefined : 'alert'}>
        {problem ?? ''}
      </p>
    </div>
  );
}

export function problemOf(from: string, to: string): string | null {
  if (!isDay(from) || !isDay(to)) return t('beside.bothDays');
  if (from < '1900' || to > '2200') return t('beside.calendar');
  return from > to ? t('beside.backwards') : null;
}
