// Rows within rows: the groups of the first key, each of which opens to those of the next key. Every level is queried
// when it is opened, and says how many rows it has.

import { Fragment, useMemo, useState } from 'react';
import { type Answered, type CubeRow, keysOf, NO_CELL, useCube } from '../../api/cube';
import type { Dataset, GroupKeyInfo, MeasureInfo } from '../../api/dataset';
import { type Snapshot, useSession } from '../../api/session';
import { Bounded } from '../../components/Bounded';
import { ChangeText } from '../../components/ChangeText';
import { StackedLabel } from '../../components/Label';
import { Failure } from '../../components/Panel';
import { Thumbnail } from '../../components/Thumbnail';
import type { NumberStyle } from '../../format';
import { t } from '../../language';
import { KeyAction } from './actions';
import { incomplete, keyLabel, styleOf } from './columns';
import { toCubeQuery } from './query';
import { withOnly } from './changes';
import { daysOf, type ExploreState, type Sort } from './state';
import './Nested.css';

/** How many rows a level shows at first; a click shows more. */
const FIRST_ROWS = 25;

interface NestedProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  /** The answer of the flat table, whose total holds for all levels. */
  readonly data: Answered;
  readonly sort: Sort | null;
  readonly onSort: (by: string) => void;
}

export default function Nested({ dataset, snapshot, state, data, sort, onSort }: NestedProps) {
  const keys = state.groupBy.map((name) => dataset.groupKey.get(name)).filter((key) => key !== undefined);
  const measures = state.measures.map((name) => dataset.measure.get(name)).filter((measure) => measure !== undefined);
  const days = daysOf(state, snapshot.lastDay);
  const { total } = data.answer;
  const compared = data.query.compare != null;
  return (
    <div className="nested-frame">
      <table className="nested" aria-label={t('table.measuresThen', { keys: keys.map((key) => key.label).reduce((first, second) => t('table.then', { first, second })) })}>
        <thead>
          <tr>
            <th scope="col">{keys.map((key) => key.label).join(', ')}</th>
            {measures.map((measure) => (
              <th key={measure.name} scope="col" aria-sort={sort?.by === measure.name ? (sort.direction === 'ASC' ? 'ascending' : 'descending') : 'none'}>
                <button type="button" className="nested-sort" onClick={() => onSort(measure.name)}>
                  {measure.label}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Level dataset={dataset} version={snapshot.version} state={{ ...state, ...days }} keys={keys} measures={measures} depth={0} />
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('words.all')}</th>
            {measures.map((measure, index) => (
              <td key={measure.name}>
                <Numbers row={total} index={index} style={measure} measure={measure} compared={compared} />
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

interface LevelProps {
  readonly dataset: Dataset;
  readonly version: number;
  /** Narrowed to the rows of the levels above. */
  readonly state: ExploreState;
  readonly keys: readonly GroupKeyInfo[];
  readonly measures: readonly MeasureInfo[];
  readonly depth: number;
}

function Level({ dataset, version, state, keys, measures, depth }: LevelProps) {
  const { leave } = useSession();
  const [count, setCount] = useState(FIRST_ROWS);
  const [open, setOpen] = useState<ReadonlySet<string | null>>(new Set());
  const key = keys[depth];
  const query = useMemo(
    () => ({ ...toCubeQuery({ ...state, groupBy: [state.groupBy[depth] ?? ''], shown: [] }, dataset, 0), extras: [], limit: count }),
    [state, dataset, depth, count],
  );
  const loaded = useCube(version, query, leave);
  const width = measures.length + 1;
  if (!key) return null;
  if (loaded.state === 'loading') {
    return (
      <tr>
        <td colSpan={width} className="nested-wait" style={{ paddingLeft: indent(depth) }}>
          {t('words.loading')}
        </td>
      </tr>
    );
  }
  if (loaded.state === 'failed') {
    return (
      <tr>
        <td colSpan={width}>
          <Failure {...loaded} />
        </td>
      </tr>
    );
  }
  const { data } = loaded;
  const { rows, groupCount } = data.answer;
  const compared = data.query.compare != null;
  const toggle = (value: string | null) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(value)) next.add(value);
      return next;
    });
  return (
    <>
      {rows.map((row) => {
        const cell = row.keys[0];
        if (!cell) return null;
        const isOpen = open.has(cell.value);
        const below = narrowed(state, key, cell.value);
        const label = keyLabel(row, 0, key);
        return (
          <Fragment key={JSON.stringify(cell.value)}>
            <tr className={`nested-${depth}`}>
              <th scope="row" style={{ paddingLeft: indent(depth) }}>
                <span className="nested-key">
                  {depth + 1 < keys.length && below !== null ? (
                    <button type="button" className="nested-open" aria-expanded={isOpen} aria-label={t('table.rowsOf', { label })} onClick={() => toggle(cell.value)}>
                      <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
                    </button>
                  ) : (
                    <span className="nested-open" />
                  )}
                  {key.field?.hasMedia && <Thumbnail src={cell.media} />}
                  <KeyAction info={key} cell={cell} className="nested-name">
                    <StackedLabel text={label} />
                    <span className="nested-note">{incomplete(row, 0, keysOf(data, dataset)[0] ?? key, data)}</span>
                  </KeyAction>
                </span>
              </th>
              {measures.map((measure, index) => (
                <td key={measure.name}>
                  <Numbers row={row} index={index} style={styleOf(measure, index, data)} measure={measure} compared={compared} />
                </td>
              ))}
            </tr>
            {isOpen && below !== null && (
              <Level dataset={dataset} version={version} state={below} keys={keys} measures={measures} depth={depth + 1} />
            )}
          </Fragment>
        );
      })}
      {groupCount > rows.length && (
        <tr>
          <td colSpan={width} style={{ paddingLeft: indent(depth) }}>
            <button type="button" className="button button-quiet" onClick={() => setCount(count + 100)}>
              {t('table.moreOf', { n: groupCount - rows.length, key: key.label })}
            </button>
          </td>
        </tr>
      )}
    </>
  );
}

interface NumbersProps {
  readonly row: CubeRow;
  readonly index: number;
  readonly style: NumberStyle;
  readonly measure: MeasureInfo;
  readonly compared: boolean;
}

function Numbers({ row, index, style, measure, compared }: NumbersProps) {
  const value = row.values[index] ?? NO_CELL;
  return (
    <span className="nested-numbers">
      <Bounded value={value} style={style} isSaid={value.exact} />
      {compared && <ChangeText compared={value.compared} style={measure} />}
    </span>
  );
}

/** The state that leaves a row; null where no filter can. */
function narrowed(state: ExploreState, key: GroupKeyInfo, value: string | null): ExploreState | null {
  if (key.field !== null) {
    // An existing filter on the field stays in force as well: the row may be one of several that it leaves.
    return state.filters.some(({ field }) => field === key.name) ? withBoth(state, key.name, value) : withOnly(state, key.name, [value]);
  }
  const step = value === null ? null : key.grain.stepOf(value);
  if (step === null) return null;
  const from = state.from !== null && state.from > step.first ? state.from : step.first;
  const to = state.to !== null && state.to < step.last ? state.to : step.last;
  return { ...state, last: null, from, to };
}

function withBoth(state: ExploreState, field: string, value: string | null): ExploreState {
  return { ...state, filters: [...state.filters, { field, operator: 'any', values: [value] }] };
}

function indent(depth: number): number {
  return 8 + depth * 26;
}
