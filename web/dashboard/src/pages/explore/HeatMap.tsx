// Two keys against each other: a number in each cell, shaded from low to high. It shows the first rows and columns by the
// charted measure; the totals at the edges are counted by serving, not added up.

import { useMemo } from 'react';
import { type Answered, type CubeRow, useCube } from '../../api/cube';
import type { Dataset, GroupKeyInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { type Snapshot, useSession } from '../../api/session';
import { StackedLabel } from '../../components/Label';
import { PanelBody } from '../../components/Panel';
import { Thumbnail } from '../../components/Thumbnail';
import { columnStyle, formatList, formatSpoken, formatValue, type NumberStyle, type Value } from '../../format';
import { t } from '../../language';
import { KeyAction } from './actions';
import { keyLabel } from './columns';
import { allOf, common, MOST_ROWS, toMembers, toHaving } from './query';
import { daysOf, type ExploreState } from './state';
import './HeatMap.css';

const MOST_LINES = 24;
const MOST_COLUMNS = 14;

interface HeatMapProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly measure: string;
}

export default function HeatMap({ dataset, snapshot, state, measure }: HeatMapProps) {
  const { leave } = useSession();
  const [down, across] = state.groupBy.map((name) => dataset.groupKey.get(name));
  const info = dataset.measure.get(measure);
  const base = useMemo(() => {
    const dated = { ...state, ...daysOf(state, snapshot.lastDay) };
    return { ...common(dated, dataset), measures: [info?.enumName ?? measure], offset: 0 };
  }, [state, snapshot.lastDay, dataset, info, measure]);
  const having = useMemo(() => toHaving(state.conditions, dataset), [state.conditions, dataset]);
  const edge = (key: GroupKeyInfo | undefined, limit: number): CubeQuery | null =>
    key ? { ...base, groupBy: [key.enumName], orderBy: orderOf(key, base.measures[0] ?? ''), limit } : null;
  const lines = useCube(snapshot.version, edge(down, MOST_LINES), leave);
  const columns = useCube(snapshot.version, edge(across, MOST_COLUMNS), leave);
  const isReady = lines.state === 'ready' && columns.state === 'ready';
  const inner: CubeQuery | null =
    isReady && down && across
      ? {
          ...base,
          where: allOf([base.where ?? null, membersOf(down, lines.data, dataset), membersOf(across, columns.data, dataset)]),
          groupBy: [down.enumName, across.enumName],
          limit: MOST_ROWS,
          ...(having && { having }),
        }
      : null;
  const cells = useCube(snapshot.version, inner, leave);
  if (!down || !across || !info) return null;
  const loaded = lines.state === 'failed' ? lines : columns.state === 'failed' ? columns : cells;
  return (
    <PanelBody loaded={loaded}>
      {(data) =>
        isReady ? <Cells down={down} across={across} lines={lines.data} columns={columns.data} cells={data} style={info} /> : null
      }
    </PanelBody>
  );
}

/** The newest steps of time, or the largest members by the charted measure. */
function orderOf(key: GroupKeyInfo, measure: string): NonNullable<CubeQuery['orderBy']> {
  return key.grain === null ? [{ measure, direction: 'DESC' }] : [{ key: key.enumName, direction: 'DESC' }];
}

function membersOf(key: GroupKeyInfo, { answer }: Answered, dataset: Dataset) {
  if (key.field === null || answer.rows.length === answer.groupCount) return null;
  return toMembers(key.name, answer.rows.map((row) => row.keys[0]?.value ?? null), dataset);
}

/** Steps of time oldest first. */
function inOrder(key: GroupKeyInfo, { answer }: Answered): readonly CubeRow[] {
  return key.grain === null ? answer.rows : answer.rows.toReversed();
}

interface CellsProps {
  readonly down: GroupKeyInfo;
  readonly across: GroupKeyInfo;
  readonly lines: Answered;
  readonly columns: Answered;
  readonly cells: Answered;
  readonly style: NumberStyle & { readonly label: string };
}

function Cells({ down, across, lines, columns, cells, style }: CellsProps) {
  const found = new Map(cells.answer.rows.map((row) => [JSON.stringify(row.keys.map((key) => key.value)), row.values[0] ?? null]));
  const rows = inOrder(down, lines);
  const heads = inOrder(across, columns);
  const at = (row: CubeRow, head: CubeRow): Value | null =>
    found.get(JSON.stringify([row.keys[0]?.value ?? null, head.keys[0]?.value ?? null])) ?? null;
  const all = rows.flatMap((row) => heads.map((head) => at(row, head)));
  const column = columnStyle(style, all);
  const shade = shadeOf(all);
  return (
    <div className="heat-frame">
      <table className="heat" aria-label={t('words.by', { what: style.label, keys: formatList([down.label, across.label]) })}>
        <caption className="muted">
          {t('table.heatCaption', {
            measure: style.label,
            rows: rows.length,
            allRows: lines.answer.groupCount,
            down: down.label,
            columns: heads.length,
            allColumns: columns.answer.groupCount,
            across: across.label,
          })}
        </caption>
        <thead>
          <tr>
            <td />
            {heads.map((head) => (
              <th key={JSON.stringify(head.keys[0]?.value)} scope="col">
                <Name info={across} row={head} />
              </th>
            ))}
            <th scope="col">{t('words.all')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={JSON.stringify(row.keys[0]?.value)}>
              <th scope="row">
                <span className="heat-key">
                  {down.field?.hasMedia && <Thumbnail src={row.keys[0]?.media ?? null} />}
                  <Name info={down} row={row} />
                </span>
              </th>
              {heads.map((head) => {
                const value = at(row, head);
                return (
                  <td key={JSON.stringify(head.keys[0]?.value)} className={`heat-cell heat-${value ? shade(value) : 'none'}`} title={value ? formatSpoken(value, style) : t('chart.noRows')}>
                    {value ? formatValue(value, column) : '·'}
                  </td>
                );
              })}
              <td className="heat-edge">{edgeOf(row, style)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('words.all')}</th>
            {heads.map((head) => (
              <td key={JSON.stringify(head.keys[0]?.value)} className="heat-edge">
                {edgeOf(head, style)}
              </td>
            ))}
            <td className="heat-edge">
              <strong>{edgeOf(lines.answer.total, style)}</strong>
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function edgeOf(row: CubeRow, style: NumberStyle): string {
  const value = row.values[0];
  return value ? formatValue(value, style) : '';
}

function Name({ info, row }: { readonly info: GroupKeyInfo; readonly row: CubeRow }) {
  const cell = row.keys[0];
  if (!cell) return null;
  return (
    <KeyAction info={info} cell={cell} className="heat-name">
      <StackedLabel text={keyLabel(row, 0, info)} />
    </KeyAction>
  );
}

const SHADES = 5;

/** The shade of a value, between the least and the greatest shown. */
function shadeOf(values: readonly (Value | null)[]): (value: Value) => string {
  const known = values.map((value) => value?.value).filter((value) => value != null);
  const least = Math.min(0, ...known);
  const most = Math.max(...known);
  return ({ value }) => {
    if (value === null || !(most > least)) return 'none';
    return String(Math.min(SHADES - 1, Math.floor(((value - least) / (most - least)) * SHADES)));
  };
}
