// The columns of the table, as data: what each is called, how wide it is, what it sorts by and what its cells show.
// Another column is another entry of COLUMNS.
//
// They are read from the answer's own question, because an old answer stays on the screen while the page already asks
// something else.

import type { ReactNode } from 'react';
import type { Answered, CubeRow } from '../../api/cube';
import type { Dataset, GroupKeyInfo, MeasureInfo } from '../../api/dataset';
import { Bounded } from '../../components/Bounded';
import { Label } from '../../components/Label';
import { Thumbnail } from '../../components/Thumbnail';
import { formatDay, formatMonth, NO_VALUE } from '../../format';
import './Grid.css';

export interface Column {
  /** What the table is sorted by when its head is pressed. */
  readonly name: string;
  readonly label: string;
  /** What holds for the whole column, said once in its head. */
  readonly note: string | null;
  /** The size of its track in the grid. */
  readonly width: string;
  readonly numeric: boolean;
  /** Names its row: the first of them is the row's heading. */
  readonly names: boolean;
  /** Undefined while the row is under way. */
  readonly cell: (row: CubeRow | undefined) => ReactNode;
}

type ColumnsOf = (answered: Answered, dataset: Dataset) => readonly Column[];

/** From left to right. */
const COLUMNS: readonly ColumnsOf[] = [
  (answered, dataset) => keysOf(answered, dataset).map(keyColumn),
  (answered, dataset) =>
    measuresOf(answered, dataset).map((measure, index) =>
      measureColumn(measure, index, answered.answer.total.values[index]?.exact === true),
    ),
];

export function columnsOf(answered: Answered, dataset: Dataset): readonly Column[] {
  return COLUMNS.flatMap((columns) => columns(answered, dataset));
}

export function keysOf({ query }: Answered, dataset: Dataset): readonly GroupKeyInfo[] {
  const keys = (query.groupBy ?? []).map((name) => dataset.groupKeys.find((key) => key.enumName === name));
  return keys.filter((key) => key !== undefined);
}

export function measuresOf({ query }: Answered, dataset: Dataset): readonly MeasureInfo[] {
  const measures = query.measures.map((name) => dataset.measures.find((measure) => measure.enumName === name));
  return measures.filter((measure) => measure !== undefined);
}

function keyColumn(key: GroupKeyInfo, index: number): Column {
  return {
    name: key.name,
    label: key.label,
    note: null,
    width: keyWidth(key),
    numeric: false,
    names: true,
    cell: (row) => <KeyCell row={row} index={index} info={key} />,
  };
}

function keyWidth(key: GroupKeyInfo): string {
  if (key.grain !== null) return 'minmax(var(--key-time), 0.7fr)';
  return key.field?.hasLabel || key.field?.hasMedia ? 'minmax(var(--key-wide), 2fr)' : 'minmax(var(--key-plain), 1.1fr)';
}

/** Where the total is exact its parts are, and the head says it for all of them. */
function measureColumn(measure: MeasureInfo, index: number, isExact: boolean): Column {
  return {
    name: measure.name,
    label: measure.label,
    note: isExact ? 'exact' : null,
    width: 'minmax(var(--measure), 1fr)',
    numeric: true,
    names: false,
    cell: (row) =>
      row ? (
        <Bounded value={row.values[index] ?? NO_VALUE} style={measure} isSaid={isExact} />
      ) : (
        <span className="waiting" />
      ),
  };
}

interface KeyCellProps {
  readonly row: CubeRow | undefined;
  readonly index: number;
  readonly info: GroupKeyInfo;
}

function KeyCell({ row, index, info }: KeyCellProps) {
  const cell = row?.keys[index];
  const text = row ? keyLabel(row, index, info) : '';
  const showValue = info.field?.hasLabel && cell?.value != null && cell.value !== cell.label;
  return (
    <>
      {info.field?.hasMedia && <Thumbnail src={cell?.media ?? null} />}
      {row ? (
        <span className="key-text" title={text}>
          <span className={cell?.value == null ? 'key-label muted' : 'key-label'}>
            <Label text={text} />
          </span>{' '}
          {showValue && <span className="key-value">{cell.value}</span>}
        </span>
      ) : (
        <span className="waiting" aria-label="Loading" role="img" />
      )}
    </>
  );
}

/** A key of a row as text; a day and a month as people write them. */
export function keyLabel(row: CubeRow, index: number, key: GroupKeyInfo): string {
  const cell = row.keys[index];
  if (!cell) return '';
  // A week is named by its first day.
  if (key.grain === 'DAY' || key.grain === 'WEEK') return formatDay(cell.label);
  return key.grain === 'MONTH' ? formatMonth(cell.label) : cell.label;
}

/** What stays the same for a row from one snapshot to the next. */
export function rowIdentity(row: CubeRow): string {
  return JSON.stringify(row.keys.map((key) => key.value));
}
