// The table: a grid of virtual rows. Of any number of groups, only those in view are in the document.

import { type KeyboardEvent, useContext, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { type Answered, type CubeAnswer, type CubeRow, keysOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { Failure } from '../../components/Panel';
import { useVirtualRows } from '../../components/rows/useVirtualRows';
import { ActionsContext, tickOf } from './actions';
import { type Column, columnsOf, rowIdentity } from './columns';
import { rowAfter } from './gridKeys';
import type { Sort } from './state';
import { usePages } from './usePages';
import './Grid.css';

export const ROW_HEIGHT = 44;
const HEAD_HEIGHT = 36;
const FOOT_HEIGHT = 44;
/** Extra rows above and below the view, so that a fast wheel shows no gaps. */
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
  const columns = useMemo(() => columnsOf(data, dataset), [data, dataset]);
  const count = data.answer.groupCount;
  const [active, setActive] = useState<Active | null>(null);

  const virtual = useVirtualRows({ count, rowHeight: ROW_HEIGHT, headHeight: HEAD_HEIGHT + FOOT_HEIGHT, overscan: OVERSCAN });
  const { scroller, rows, toTop } = virtual;
  const pages = usePages(data, { from: rows[0]?.index ?? 0, to: rows.at(-1)?.index ?? 0 });

  // A new question starts at the top; a new snapshot of the same question keeps the reader's place.
  const question = JSON.stringify(data.query);
  const lastQuestion = useRef(question);
  useLayoutEffect(() => {
    if (lastQuestion.current === question) return;
    lastQuestion.current = question;
    toTop();
    setActive(null);
  }, [question, toTop]);

  // After a new snapshot the active row is the one with the same keys, wherever it has moved.
  const { rowAt } = pages;
  // Only a new answer can move a row; `rowAt` also changes while pages load.
  const [placed, setPlaced] = useState(data.answer);
  if (placed !== data.answer) {
    setPlaced(data.answer);
    setActive(placeIn(data.answer, rowAt, active));
  }

  const activate = (index: number) => {
    const row = rowAt(index);
    setActive({ index, identity: row ? rowIdentity(row) : null });
  };

  const actions = useContext(ActionsContext);
  const keys = keysOf(data, dataset);
  /** Applies a key to the active row; false where the key does nothing to it. */
  const act = (key: string): boolean => {
    const row = active === null ? undefined : rowAt(active.index);
    if (active === null || !row) return false;
    if (key === 'Enter') document.getElementById(rowId(active.index))?.querySelector<HTMLElement>('a.key-text, button.key-text')?.click();
    if (key === 'c') document.querySelector<HTMLElement>('.chosen a')?.click();
    const value = key === 'x' && actions !== null ? tickOf(row, keys, actions.tickable) : null;
    if (value !== null) actions?.tick(value);
    return key === 'Enter' || key === 'c' || value !== null;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || count === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (act(event.key)) return event.preventDefault();
    const target = rowAfter(event.key, { at: active?.index ?? -1, last: count - 1, nInView: virtual.nInView });
    if (target === null) return;
    event.preventDefault();
    activate(target);
    virtual.reveal(target);
  };

  const rendered = active !== null && rows.some((row) => row.index === active.index);
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(' ') };
  return (
    <>
      <div
        ref={scroller}
        className="grid"
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={count + 2}
        aria-colcount={columns.length}
        aria-activedescendant={rendered ? rowId(active.index) : undefined}
        onKeyDown={onKeyDown}
      >
        <div className="grid-inner" role="presentation">
          <div className="grid-head" role="rowgroup">
            <div className="grid-row" role="row" aria-rowindex={1} style={template}>
              {columns.map((column) => (
                <HeadCell key={column.name} column={column} sort={sort} onSort={onSort} />
              ))}
            </div>
          </div>
          <div className="grid-body" role="rowgroup" style={{ height: virtual.height }}>
            {rows.map(({ index, start }) => (
              // The grid, which has the focus, handles the keys of its rows.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={index}
                id={rowId(index)}
                className={index === active?.index ? 'grid-row grid-row-active' : 'grid-row'}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === active?.index}
                style={{ ...template, transform: `translateY(${start}px)` }}
                onClick={() => activate(index)}
              >
                {columns.map((column, position) => (
                  <div key={column.name} className={cellClass(column)} role={position === 0 && column.names ? 'rowheader' : 'gridcell'}>
                    {column.cell(rowAt(index), pages.rankAt(index))}
                  </div>
                ))}
              </div>
            ))}
          </div>
          <div className="grid-foot" role="rowgroup">
            <div className="grid-row" role="row" aria-rowindex={count + 2} style={template}>
              {columns.map((column, position) => (
                <div key={column.name} className={cellClass(column)} role={position === 0 && column.names ? 'rowheader' : 'gridcell'}>
                  {column.total}
                </div>
              ))}
            </div>
          </div>
        </div>
      </div>
      {pages.error && <Failure error={pages.error} retry={pages.retry} retrying={false} />}
    </>
  );
}

/** The index of the active row in a new answer. */
function placeIn(answer: CubeAnswer, rowAt: (index: number) => CubeRow | undefined, active: Active | null): Active | null {
  if (!active || active.identity === null) return active;
  const here = rowAt(active.index);
  if (here && rowIdentity(here) === active.identity) return active;
  const moved = answer.rows.findIndex((row) => rowIdentity(row) === active.identity);
  return { ...active, index: moved >= 0 ? moved : Math.min(active.index, answer.groupCount - 1) };
}

interface HeadCellProps {
  readonly column: Column;
  readonly sort: Sort | null;
  readonly onSort: (by: string) => void;
}

function HeadCell({ column, sort, onSort }: HeadCellProps) {
  const direction = column.sort !== null && sort?.by === column.sort ? sort.direction : null;
  if (column.sort === null) {
    return (
      <div className={column.numeric ? 'cell cell-number' : 'cell'} role="columnheader">
        <span className="sort-plain">{column.label}</span>
        {column.note !== null && <span className="sort-note">{column.note}</span>}
      </div>
    );
  }
  const by = column.sort;
  return (
    <div
      className={column.numeric ? 'cell cell-number' : 'cell'}
      role="columnheader"
      aria-sort={direction === null ? 'none' : direction === 'ASC' ? 'ascending' : 'descending'}
    >
      <button type="button" className="sort" onClick={() => onSort(by)}>
        <span className="sort-label">{column.label}</span>
        <span className={`sort-mark sort-mark-${direction ?? 'none'}`} aria-hidden="true" />
      </button>
      {column.note !== null && <span className="sort-note">{column.note}</span>}
    </div>
  );
}

function cellClass({ numeric }: Column): string {
  return numeric ? 'cell cell-number' : 'cell';
}

function rowId(index: number): string {
  return `row-${index}`;
}
