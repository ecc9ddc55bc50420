// The entries of a list, one of them open: beside the list where there is room, otherwise below its row.

import { useEffect, useRef, useState } from 'react';
import type { Dataset } from '../../api/dataset';
import { type Entry, type Place } from '../../api/outlierQueue';
import type { OutlierList } from '../../api/outliers';
import type { Snapshot } from '../../api/session';
import { intervalScale } from '../../components/chart/Interval';
import { useMedia } from '../../components/useMedia';
import { useNewest } from '../../components/useNewest';
import { rich, t } from '../../language';
import { EntryRow } from './EntryRow';
import { Detail } from './Detail';
import { ratioOf } from './reason';
import { useHandling } from './useHandling';
import './Queue.css';

/** Where the list and the open entry stand side by side. */
const WIDE = '(width >= 1000px)';
const EMPTY = { open: 'outliers.emptyOpen', acknowledged: 'outliers.emptyAcknowledged', muted: 'outliers.emptyMuted' } as const satisfies Readonly<Record<Place, string>>;

interface QueueProps {
  readonly place: Place;
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly list: OutlierList;
  readonly entries: readonly Entry[];
  /** Whether there are entries without the filters. */
  readonly isFiltered: boolean;
  readonly canKeep: boolean;
  readonly onShowAll: () => void;
}

export function Queue({ place, dataset, snapshot, list, entries, isFiltered, canKeep, onShowAll }: QueueProps) {
  const isWide = useMedia(WIDE);
  const [chosen, setChosen] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const rows = useRef<HTMLUListElement>(null);
  const handling = useHandling(dataset, list);
  // The next one takes the place of one that went.
  const found = entries.findIndex(({ id }) => id === chosen);
  const index = Math.max(0, Math.min(found < 0 ? at : found, entries.length - 1));
  const open = entries[index] ?? null;
  const choose = (next: number) => {
    setAt(next);
    setChosen(entries[next]?.id ?? null);
  };
  const focus = (next: number) => {
    choose(next);
    rows.current?.querySelectorAll<HTMLButtonElement>('.outlier-choose')[next]?.focus();
  };

  const keys: Readonly<Record<string, () => void>> = {
    j: () => focus(Math.min(index + 1, entries.length - 1)),
    k: () => focus(Math.max(index - 1, 0)),
    a: () => document.querySelector<HTMLElement>('[data-key="a"]')?.focus(),
    m: () => document.querySelector<HTMLElement>('[data-key="m"]')?.click(),
  };
  const newest = useNewest(keys);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select, [role="dialog"], dialog') !== null;
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping || event.defaultPrevented) return;
      const act = Object.hasOwn(newest.current, event.key) ? newest.current[event.key] : undefined;
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [newest]);

  const scale = intervalScale(entries.map(({ outlier }) => ratioOf(outlier.rate)), 1);
  const detail = open && <Detail key={open.id} dataset={dataset} snapshot={snapshot} list={list} entry={open} handling={canKeep ? handling : null} />;
  return (
    <>
      {handling.problem !== null && (
        <p className="outlier-problem" role="alert">
          {handling.problem}
        </p>
      )}
      <p className="outlier-done" role="status">
        {handling.done !== null && (
          <>
            {handling.done.text}{' '}
            <button type="button" className="button" onClick={handling.done.undo}>
              {t('words.undo')}
            </button>
          </>
        )}
      </p>
      {entries.length === 0 ? (
        <p className="outlier-none">
          {t(isFiltered ? 'outliers.emptyFiltered' : EMPTY[place])}{' '}
          {isFiltered && (
            <button type="button" className="button" onClick={onShowAll}>
              {t('outliers.showAll')}
            </button>
          )}
        </p>
      ) : (
        <div className={isWide ? 'outlier-columns' : undefined}>
          <div>
            <ul ref={rows} aria-label={t('outliers.queue')}>
              {entries.map((entry, row) => (
                <li key={entry.id} className="outlier" data-open={entry === open ? 'yes' : undefined}>
                  <EntryRow dataset={dataset} entry={entry} scale={scale} isOpen={entry === open} onChoose={() => choose(row)} />
                  {!isWide && entry === open && detail}
                </li>
              ))}
            </ul>
            <p className="outlier-hint">
              {t('outliers.scale')} {canKeep && isWide && rich('outliers.keys', { key: <kbd className="outlier-key" /> })}
            </p>
          </div>
          {isWide && <aside className="outlier-aside" aria-label={t('outliers.details', { label: open?.outlier.label ?? open?.outlier.value ?? '' })}>{detail}</aside>}
        </div>
      )}
    </>
  );
}
