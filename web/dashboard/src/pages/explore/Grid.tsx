// The table: a grid of virtual rows. However many groups there are, only those in view are in the document.

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Answered, CubeRow } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { Bounded } from '../../components/Bounded';
import { Failure } from '../../components/Panel';
import { Thumbnail } from '../../components/Thumbnail';
import { type Columns, columnsOf, keyLabel, NO_VALUE, rowIdentity } from './columns';
import type { Sort } from './state';
import { usePages } from './usePages';

export const ROW_HEIGHT = 44;
const HEAD_HEIGHT = 36;
/** Rows beyond the view on each side, so that a fast wheel does not show gaps. */
const OVERSCAN = 8;

interface GridProps {
  readonly dataset: Dataset;
  readonly data: Answered;
  readonly sort: Sort | null;
  readonly label: string;
  readonly onSort: (by: string) => void;
}

interface Active {
  readonly index: number;
  readonly identity: string | null;
}

export default function Grid({ dataset, data, sort, label, onSort }: GridProps) {
  const columns = columnsOf(data, dataset);
  const count = data.answer.groupCount;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<Active | null>(null);

  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollPaddingStart: HEAD_HEIGHT,
    paddingStart: 0,
  });
  const rows = virtual.getVirtualItems();
  const pages = usePages(data, { from: rows[0]?.index ?? 0, to: rows.at(-1)?.index ?? 0 });

  // Another question starts at the top; another snapshot of the same question stays where the reader is.
  const question = JSON.stringify(data.query);
  const lastQuestion = useRef(question);
  useLayoutEffect(() => {
    if (lastQuestion.current === question) return;
    lastQuestion.current = question;
    scroller.current?.scrollTo({ top: 0 });
    setActive(null);
  }, [question]);

  // After a new snapshot the active row is the one with the same keys, wherever its numbers have moved it.
  const { rowAt } = pages;
  useEffect(() => {
    setActive((old) => {
      if (!old || old.identity === null) return old;
      const here = rowAt(old.index);
      if (here && rowIdentity(here) === old.identity) return old;
      const moved = data.answer.rows.findIndex((row) => rowIdentity(row) === old.identity);
      return moved < 0 ? { index: Math.min(old.index, count - 1), identity: old.identity } : { ...old, index: moved };
    });
    // Only a new answer can move a row; `rowAt` also changes while pages load.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [data.answer]);

  const activate = (index: number, scroll: boolean) => {
    const bounded = Math.max(0, Math.min(count - 1, index));
    const row = rowAt(bounded);
    setActive({ index: bounded, identity: row ? rowIdentity(row) : null });
    if (scroll) virtual.scrollToIndex(bounded, { align: 'auto' });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || count === 0) return;
    const visible = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - HEAD_HEIGHT) / ROW_HEIGHT));
    const at = active?.index ?? -1;
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: Math.max(0, at - 1),
      k: Math.max(0, at - 1),
      PageDown: Math.max(0, at) + visible,
      PageUp: at - visible,
      Home: 0,
      End: count - 1,
    };
    const target = event.ctrlKey || event.metaKey || event.altKey ? undefined : targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    activate(target, true);
  };

  const rendered = active !== null && rows.some((row) => row.index === active.index);
  const template = { gridTemplateColumns: templateOf(columns) };
  return (
    <>
      <div
        ref={scroller}
        className="grid"
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={count + 1}
        aria-colcount={columns.keys.length + columns.measures.length}
        aria-activedescendant={rendered ? rowId(active.index) : undefined}
        onKeyDown={onKeyDown}
      >
        <div className="grid-inner" role="presentation">
          <div className="grid-head" role="rowgroup">
            <div className="grid-row" role="row" aria-rowindex={1} style={template}>
              {columns.keys.map((key) => (
                <HeadCell key={key.name} name={key.name} label={key.label} sort={sort} onSort={onSort} />
              ))}
              {columns.measures.map((measure) => (
                <HeadCell
                  key={measure.name}
                  name={measure.name}
                  label={measure.label}
                  sort={sort}
                  onSort={onSort}
                  numeric
                />
              ))}
            </div>
          </div>
          <div className="grid-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
            {rows.map((item) => (
              // The keys of the rows are handled by the grid, which has the focus.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={item.index}
                id={rowId(item.index)}
                className={item.index === active?.index ? 'grid-row grid-row-active' : 'grid-row'}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={item.index === active?.index}
                style={{ ...template, transform: `translateY(${item.start}px)` }}
                onClick={() => activate(item.index, false)}
              >
                <Cells row={rowAt(item.index)} columns={columns} />
              </div>
            ))}
          </div>
        </div>
      </div>
      {pages.error && <Failure error={pages.error} retry={pages.retry} retrying={false} />}
    </>
  );
}

interface HeadCellProps {
  readonly name: string;
  readonly label: string;
  readonly sort: Sort | null;
  readonly numeric?: boolean;
  readonly onSort: (by: string) => void;
}

function HeadCell({ name, label, sort, numeric = false, onSort }: HeadCellProps) {
  const direction = sort?.by === name ? sort.direction : null;
  return (
    <div
      className={numeric ? 'cell cell-number' : 'cell'}
      role="columnheader"
      aria-sort={direction === null ? 'none' : direction === 'ASC' ? 'ascending' : 'descending'}
    >
      <button type="button" className="sort" onClick={() => onSort(name)}>
        <span className="sort-label">{label}</span>
        <span className={`sort-mark sort-mark-${direction ?? 'none'}`} aria-hidden="true" />
      </button>
    </div>
  );
}

function Cells({ row, columns }: { readonly row: CubeRow | undefined; readonly columns: Columns }) {
  return (
    <>
      {columns.keys.map((key, index) => {
        const cell = row?.keys[index];
        const text = row ? keyLabel(row, index, key) : '';
        const showValue = key.field?.hasLabel && cell?.value != null && cell.value !== cell.label;
        return (
          <div key={key.name} className="cell cell-key" role={index === 0 ? 'rowheader' : 'gridcell'}>
            {key.field?.hasMedia && <Thumbnail src={cell?.media ?? null} />}
            {row ? (
              <span className="key-text" title={text}>
                <span className={cell?.value == null ? 'key-label muted' : 'key-label'}>{text}</span>{' '}
                {showValue && <span className="key-value">{cell.value}</span>}
              </span>
            ) : (
              <span className="waiting" aria-label="Loading" role="img" />
            )}
          </div>
        );
      })}
      {columns.measures.map((measure, index) => (
        <div key={measure.name} className="cell cell-number" role="gridcell">
          {row ? <Bounded value={row.values[index] ?? NO_VALUE} style={measure} /> : <span className="waiting" />}
        </div>
      ))}
    </>
  );
}

function rowId(index: number): string {
  return `row-${index}`;
}

function templateOf({ keys, measures }: Columns): string {
  const widths = [
    ...keys.map((key) => {
      if (key.time) return 'minmax(var(--key-time), 0.7fr)';
      return key.field?.hasLabel || key.field?.hasMedia ? 'minmax(var(--key-wide), 2fr)' : 'minmax(var(--key-plain), 1.1fr)';
    }),
    ...measures.map(() => 'minmax(var(--measure), 1fr)'),
  ];
  return widths.join(' ');
}
