// A measure by the members of one field, largest groups first: each with its bounds next to the value of all, with the
// number of people that it rests on and its difference from all. Groups whose bounds include no difference are grey.

import { type ReactNode, useMemo } from 'react';
import { type CubeRow, useCube, NO_CELL } from '../../api/cube';
import type { Dataset, FieldInfo, MeasureInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { useSession } from '../../api/session';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { ChangeText } from '../../components/ChangeText';
import { StackedLabel } from '../../components/Label';
import { Panel } from '../../components/Panel';
import { columnStyle, formatChange, formatValue, formatSpoken, KINDS, referenceOf } from '../../format';
import { t } from '../../language';
import type { CubeFilter, MemberValue } from '../explore/operators';
import { withOnly } from '../explore/changes';
import type { Change } from '../explore/usePageState';
import { areFew, asked, peopleMeasure } from './deciding';
import { Few } from './Few';
import '../../components/Panel.css';
import './Breakdown.css';

const MOST_ROWS = 12;

interface BreakdownProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly field: FieldInfo;
  readonly measure: MeasureInfo;
  /** The days, and the filter for the page's member. */
  readonly base: { readonly from: string | null; readonly to: string | null; readonly where: CubeFilter | null };
  readonly change: Change;
}

export function Breakdown({ dataset, version, field, measure, base, change }: BreakdownProps) {
  const { leave } = useSession();
  const measures = useMemo(() => asked(measure, peopleMeasure(dataset)), [measure, dataset]);
  const query = useMemo((): CubeQuery => {
    const size = measures.at(-1) ?? measure;
    const { hasShares } = KINDS[measure.kind];
    return {
      ...base,
      groupBy: [field.enumName],
      measures: measures.map(({ enumName }) => enumName),
      orderBy: [{ measure: size.enumName, direction: 'DESC' }],
      // The difference of a rate from that of all says whom it works for; a count is always less than that of all.
      ...(hasShares ? { extras: ['SHARES' as const] } : { compare: { whole: true } }),
      limit: MOST_ROWS,
      offset: 0,
    };
  }, [base, field, measures, measure]);
  const loaded = useCube(version, query, leave);
  const title = t('words.by', { what: measure.label, keys: field.label });
  const nGroups = loaded.state === 'ready' ? loaded.data.answer.groupCount : 0;
  return (
    <Panel
      title={title}
      loaded={loaded}
      className="panel-breakdown"
      actions={nGroups > MOST_ROWS && <span className="muted panel-note">{t('member.largest', { shown: MOST_ROWS, all: nGroups })}</span>}
    >
      {({ answer }) => {
        const isBesideAll = !KINDS[measure.kind].hasShares;
        const all = referenceOf(measure, answer.total.values[0]);
        const scale = intervalScale(answer.rows.map((row) => row.values[0]), all);
        if (answer.rows.length === 0 || scale === null) return <p className="panel-hint">{t('words.noDataHere')}</p>;
        const style = columnStyle(measure, answer.rows.map((row) => row.values[0]));
        const people = measures.length > 1 ? measures[1] : undefined;
        return (
          <table className="breakdown">
            <thead>
              <tr>
                <th scope="col">{field.label}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('member.drawn', { measure: measure.label })}</span>
                </th>
                <th scope="col">{measure.label}</th>
                {people && (
                  <th scope="col" className="breakdown-people">
                    {people.label}
                  </th>
                )}
                {isBesideAll && <th scope="col">{t('member.besideAll')}</th>}
              </tr>
            </thead>
            <tbody>
              {answer.rows.map((row) => {
                const value = row.values[0] ?? NO_CELL;
                const { direction } = formatChange(value.compared, measure);
                const few = isBesideAll && people !== undefined && areFew(row.values[1]?.value);
                const isOpen = isBesideAll && (few || direction === 'same' || direction === 'unknown');
                return (
                  <tr key={JSON.stringify(row.keys[0]?.value)} className={isOpen ? 'breakdown-open' : undefined}>
                    <th scope="row">
                      <Only field={field} row={row} change={change}>
                        <StackedLabel text={row.keys[0]?.label ?? ''} />
                      </Only>
                    </th>
                    <td className="breakdown-mark">
                      <Interval value={value} scale={scale} reference={all} open={isOpen} />
                    </td>
                    <td title={formatSpoken(value, measure)}>{formatValue(value, style)}</td>
                    {people && <td className="muted breakdown-people">{formatValue(row.values[1] ?? NO_CELL, people)}</td>}
                    {isBesideAll && (
                      <td className="breakdown-change">
                        {few ? <Few /> : <ChangeText compared={value.compared} style={measure} />}
                      </td>
                    )}
                  </tr>
                );
              })}
            </tbody>
            {all !== null && (
              <tfoot>
                <tr>
                  <th scope="row">{t('words.all')}</th>
                  <td className="muted breakdown-mark">{t('words.dashedLine')}</td>
                  <td>{formatValue(answer.total.values[0] ?? NO_CELL, style)}</td>
                  {people && <td className="muted breakdown-people">{formatValue(answer.total.values[1] ?? NO_CELL, people)}</td>}
                  <td />
                </tr>
              </tfoot>
            )}
          </table>
        );
      }}
    </Panel>
  );
}

interface OnlyProps {
  readonly field: FieldInfo;
  readonly row: CubeRow;
  readonly change: Change;
  readonly children: ReactNode;
}

function Only({ field, row, change, children }: OnlyProps) {
  const value: MemberValue = row.keys[0]?.value ?? null;
  const label = row.keys[0]?.label ?? '';
  return (
    <button type="button" className="breakdown-name" title={t('words.only', { label })} onClick={() => change((now) => withOnly(now, field.name, [value]))}>
      {children}
    </button>
  );
}
