// Chooses the days with which those of the page are compared.

import { type FormEvent, useState } from 'react';
import { formatRange, isDay } from '../../format';
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
        Nothing
      </button>
      <button type="button" className="button button-quiet" aria-pressed={beside === 'previous'} disabled={days === null} onClick={() => choose('previous')}>
        {days === null ? 'The days just before: choose dates first' : `The days just before: ${formatRange(days.from, days.to)}`}
      </button>
      <form className="beside-days" onSubmit={onSubmit}>
        <label>
          <span className="muted">From</span>
          <input className="input" type="date" value={from} onChange={({ target }) => setFrom(target.value)} />
        </label>
        <label>
          <span className="muted">To</span>
          <input className="input" type="date" value={to} onChange={({ target }) => setTo(target.value)} />
        </label>
        <button type="submit" className="button button-primary" disabled={problem !== null}>
          Apply
        </button>
      </form>
      <p className="beside-note" role={problem === null || from === '' || to === '' ? undefined : 'alert'}>
        {problem ?? ''}
      </p>
    </div>
  );
}

export function problemOf(from: string, to: string): string | null {
  if (!isDay(from) || !isDay(to)) return 'Both days are needed, such as 2026-01-31.';
  if (from < '1900' || to > '2200') return 'The calendar of this page reaches from 1900 to 2200.';
  return from > to ? 'The first day is after the last one.' : null;
}
