// The columns of the table, as data: the name, width, order and cells of each. A new column is a new entry of COLUMNS.
//
// They are read from the answer's own question, because an old answer stays on the screen while the page already asks
// something else.

import { type ReactNode, useContext } from 'react';
import { type Answered, type CubeRow, keysOf, measuresOf, NO_CELL, type Rank } from '../../api/cube';
import type { Dataset, GroupKeyInfo, MeasureInfo } from '../../api/dataset';
import { Bounded } from '../../components/Bounded';
import { ChangeText } from '../../components/ChangeText';
import { StackedLabel } from '../../components/Label';
import { Thumbnail } from '../../components/Thumbnail';
import { VerdictText } from '../../components/verdict/VerdictText';
import {
  columnStyle,
  FORMATS,
  formatPlaces,
  formatShare,
  KINDS,
  NO_VALUE,
  notDefined,
  type NumberStyle,
  presentIn,
} from '../../format';
import { t } from '../../language';
import { ActionsContext, KeyAction, tickOf } from './actions';
import './Grid.css';

export interface Column {
  readonly name: string;
  /** What a click on its head sorts by; null where serving cannot order by it. */
  readonly sort: string | null;
  readonly label: string;
  /** A note in the head that holds for the whole column. */
  readonly note: string | null;
  /** Its grid track size. */
  readonly width: string;
  readonly numeric: boolean;
  /** Whether it names the row; the first such column is the row's heading. */
  readonly names: boolean;
  /** The row is undefined while it is loading. */
  readonly cell: (row: CubeRow | undefined, rank: Rank | undefined) => ReactNode;
  /** The cell in the row of totals. */
  readonly total: ReactNode;
}

type ColumnsOf = (answered: Answered, dataset: Dataset) => readonly Column[];

/** From left to right. */
const COLUMNS: readonly ColumnsOf[] = [
  (answered, dataset) => keysOf(answered, dataset).map((key, index) => keyColumn(key, index, answered, dataset)),
  rankColumns,
  (answered, dataset) =>
    measuresOf(answered, dataset).flatMap((measure, index) => [
      measureColumn(measure, index, answered),
      ...shareColumns(measure, index, answered),
      ...changeColumns(measure, index, answered),
      ...verdictColumns(measure, index, answered, dataset),
    ]),
];

export function columnsOf(answered: Answered, dataset: Dataset): readonly Column[] {
  return COLUMNS.flatMap((columns) => columns(answered, dataset));
}

function keyColumn(key: GroupKeyInfo, index: number, answered: Answered, dataset: Dataset): Column {
  const keys = keysOf(answered, dataset);
  return {
    name: key.name,
    sort: key.name,
    label: key.label,
    note: null,
    width: keyWidth(key),
    numeric: false,
    names: true,
    cell: (row) => <KeyCell row={row} index={index} keys={keys} note={row && incomplete(row, index, key, answered)} />,
    total: index === 0 ? <strong>{t('words.all')}</strong> : null,
  };
}

function keyWidth(key: GroupKeyInfo): string {
  if (key.grain !== null) return 'minmax(var(--key-time), 0.7fr)';
  return key.field?.hasLabel || key.field?.hasMedia ? 'minmax(var(--key-wide), 2fr)' : 'minmax(var(--key-plain), 1.1fr)';
}

function rankColumns({ query }: Answered): readonly Column[] {
  if (!query.extras?.includes('RANKS')) return [];
  return [
    {
      name: '+ranks',
      sort: null,
      label: t('table.rank'),
      note: t('table.rankNote'),
      width: 'minmax(64px, 0.4fr)',
      numeric: true,
      names: false,
      cell: (row, rank) => (row ? <span>{formatPlaces(rank ?? { best: null, worst: null })}</span> : WAITING),
      total: null,
    },
  ];
}

const WAITING = <span className="waiting" />;

/** The style of a column of numbers, by its first page. */
export function styleOf(measure: MeasureInfo, index: number, { answer }: Answered): NumberStyle {
  return columnStyle(measure, answer.rows.map((row) => row.values[index]));
}

/** Where the total is exact its parts are too, and the head says so for all of them. */
function measureColumn(measure: MeasureInfo, index: number, answered: Answered): Column {
  const total = answered.answer.total.values[index] ?? NO_VALUE;
  const isExact = total.exact;
  const style = styleOf(measure, index, answered);
  return {
    name: measure.name,
    sort: measure.name,
    label: measure.label,
    note: isExact ? t('number.exact') : null,
    width: 'minmax(var(--measure), 1fr)',
    numeric: true,
    names: false,
    cell: (row) => (row ? <Bounded value={row.values[index] ?? NO_VALUE} style={style} isSaid={isExact} /> : WAITING),
    total: <Bounded value={total} style={FORMATS[measure.format].hasUnits && KINDS[measure.kind].hasShares ? measure : style} isSaid={isExact} />,
  };
}

function shareColumns(measure: MeasureInfo, index: number, { query, answer }: Answered): readonly Column[] {
  if (!query.extras?.includes('SHARES') || !KINDS[measure.kind].hasShares) return [];
  const print = (row: CubeRow) => {
    const share = row.values[index]?.share;
    return share ? formatShare(share) : notDefined();
  };
  return [
    {
      name: `${measure.name}+share`,
      sort: null,
      label: t('table.ofAll'),
      note: null,
      width: 'minmax(72px, 0.4fr)',
      numeric: true,
      names: false,
      cell: (row) => (row ? <span className="muted">{print(row)}</span> : WAITING),
      total: <span className="muted">{print(answer.total)}</span>,
    },
  ];
}

function changeColumns(measure: MeasureInfo, index: number, { query, answer }: Answered): readonly Column[] {
  if (query.compare == null) return [];
  return [
    {
      name: `${measure.name}+change`,
      sort: null,
      label: t('table.change'),
      note: null,
      width: 'minmax(148px, 0.7fr)',
      numeric: true,
      names: false,
      cell: (row) => (row ? <ChangeText compared={row.values[index]?.compared} style={measure} /> : WAITING),
      total: <ChangeText compared={answer.total.values[index]?.compared} style={measure} />,
    },
  ];
}

/** Whether a compared rate is really higher; without any verdict there is no column. */
function verdictColumns(measure: MeasureInfo, index: number, answered: Answered, dataset: Dataset): readonly Column[] {
  const { rows, total } = answered.answer;
  if (!answered.query.extras?.includes('VERDICTS') || [total, ...rows].every((row) => !row.values[index]?.verdict)) return [];
  const keys = keysOf(answered, dataset);
  const word = (row: CubeRow, of: string) => <VerdictText dataset={dataset} measure={measure} value={row.values[index] ?? NO_CELL} of={of} />;
  return [
    {
      name: `${measure.name}+verdict`,
      sort: null,
      label: t('table.verdict'),
      note: null,
      width: 'minmax(172px, 0.8fr)',
      numeric: false,
      names: false,
      cell: (row) => (row ? word(row, rowLabel(row, keys)) : WAITING),
      total: word(total, t('words.allSmall')),
    },
  ];
}

interface KeyCellProps {
  readonly row: CubeRow | undefined;
  readonly index: number;
  readonly keys: readonly GroupKeyInfo[];
  readonly note: string | undefined;
}

function KeyCell({ row, index, keys, note }: KeyCellProps) {
  const info = keys[index];
  const cell = row?.keys[index];
  if (!row || !cell || !info) return <span className="waiting" aria-label={t('panel.loading')} role="img" />;
  const text = keyLabel(row, index, info);
  const hasKey = info.field?.hasLabel && cell.value !== null && cell.value !== cell.label;
  const isStacked = text.includes(' · ');
  return (
    <>
      {index === 0 && <Tick row={row} keys={keys} label={text} />}
      {info.field?.hasMedia && <Thumbnail src={cell.media} />}
      <KeyAction info={info} cell={cell} className="key-text" tabIndex={-1}>
        <span className={cell.value == null ? 'key-label muted' : 'key-label'} dir="auto">
          <StackedLabel text={text} />
        </span>{' '}
        {hasKey && !isStacked && <span className="key-value">{cell.value}</span>}
        {note !== undefined && <span className="key-note">{note}</span>}
      </KeyAction>
    </>
  );
}

function Tick({ row, keys, label }: { readonly row: CubeRow; readonly keys: readonly GroupKeyInfo[]; readonly label: string }) {
  const actions = useContext(ActionsContext);
  const value = actions === null ? null : tickOf(row, keys, actions.tickable);
  if (actions === null || value === null) return null;
  return (
    <input
      type="checkbox"
      className="key-tick"
      tabIndex={-1}
      aria-label={t('table.choose', { label })}
      checked={actions.ticked.has(value)}
      onChange={() => actions.tick(value)}
      onClick={(event) => event.stopPropagation()}
    />
  );
}

/** A key of a row as text; steps of time in the form that people write. */
export function keyLabel(row: CubeRow, index: number, key: GroupKeyInfo): string {
  const cell = row.keys[index];
  if (!cell) return '';
  return key.grain?.print(cell.label) ?? cell.label;
}

/** All keys of a row as one text. A label that another one begins with is left out: "Dune", "Dune · trailer". */
export function rowLabel(row: CubeRow, keys: readonly GroupKeyInfo[]): string {
  const labels = keys.map((key, index) => keyLabel(row, index, key));
  const said = (label: string) => labels.some((other) => other !== label && other.startsWith(`${label} · `));
  return labels.filter((label) => !said(label)).join(' · ');
}

/** How many days of a step the answer has, if not all of them. */
export function incomplete(row: CubeRow, index: number, key: GroupKeyInfo, { answer }: Answered): string | undefined {
  const value = row.keys[index]?.value ?? null;
  const step = value === null ? null : (key.grain?.stepOf(value) ?? null);
  if (step === null) return undefined;
  const { present, all } = presentIn(step, answer.coverage);
  return present < all && all > 1 ? t('table.incomplete', { present, all }) : undefined;
}

/** Identifies a row from one snapshot to the next. */
export function rowIdentity(row: CubeRow): string {
  return JSON.stringify(row.keys.map((key) => key.value));
}
