// The difference from the first member within each country, device or audience, as serving gives it, on one scale that
// includes zero. A mark is hollow where its bounds include no difference.

import { type ReactNode, useMemo } from 'react';
import { useCube, type CubeRow, NO_CELL } from '../../api/cube';
import type { Dataset, FieldInfo, MeasureInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { useSession } from '../../api/session';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { ChangeText } from '../../components/ChangeText';
import { Panel } from '../../components/Panel';
import { formatChange, formatValue, inSentence, KINDS } from '../../format';
import { t } from '../../language';
import { MOST_ROWS } from '../explore/query';
import { withOnly } from '../explore/changes';
import type { Change } from '../explore/usePageState';
import { areFew, asked, peopleMeasure } from '../member/deciding';
import { Few } from '../member/Few';
import '../../components/chart/TrendPicture.css';
import '../../components/Panel.css';
import './Strata.css';

const MOST_STRATA = 10;

interface StrataProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly base: Pick<CubeQuery, 'from' | 'to' | 'where'>;
  readonly field: FieldInfo;
  readonly stratum: FieldInfo;
  readonly measure: MeasureInfo;
  readonly members: readonly { readonly value: string; readonly label: string }[];
  readonly choice: ReactNode;
  readonly change: Change;
}

export function Strata({ dataset, version, base, field, stratum, measure, members, choice, change }: StrataProps) {
  const { leave } = useSession();
  const people = peopleMeasure(dataset);
  const measures = useMemo(() => asked(measure, people), [measure, people]);
  const query = useMemo(
    (): CubeQuery => ({
      ...base,
      groupBy: [stratum.enumName, field.enumName],
      measures: measures.map(({ enumName }) => enumName),
      orderBy: [{ measure: measures.at(-1)?.enumName ?? null, direction: 'DESC' }],
      compare: { member: { field: field.enumName, value: members[0]?.value ?? null } },
      limit: MOST_ROWS,
      offset: 0,
    }),
    [base, stratum, field, measures, members],
  );
  const loaded = useCube(version, query, leave);
  return (
    <Panel title={t('compare.inEachOf', { measure: measure.label, field: inSentence(stratum.label) })} loaded={loaded} className="panel-strata" actions={choice}>
      {({ answer }) => {
        const strata = [...new Map(answer.rows.map((row) => [row.keys[0]?.value ?? null, row.keys[0]])).values()].slice(0, MOST_STRATA);
        const others = members.slice(1);
        const find = (value: string | null, member: string): CubeRow | undefined =>
          answer.rows.find((row) => (row.keys[0]?.value ?? null) === value && row.keys[1]?.value === member);
        const shown = strata.flatMap((key) => others.map((member) => find(key?.value ?? null, member.value)));
        const scale = intervalScale(shown.map((row) => row?.values[0]?.compared?.difference), 0);
        if (scale === null || strata.length === 0) return <p className="panel-hint">{t('words.noDataHere')}</p>;
        return (
          <table className="strata">
            <thead>
              <tr>
                <th scope="col">{stratum.label}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('words.of')}</span>
                </th>
                <th scope="col">{t('compare.fromFirst')}</th>
                <th scope="col">{measure.label}</th>
                <th scope="col">{t('compare.difference')}</th>
              </tr>
            </thead>
            <tbody>
              {strata.map((key) =>
                others.map((member, index) => {
                  const row = find(key?.value ?? null, member.value);
                  const value = row?.values[0] ?? NO_CELL;
                  const size = measures.length > 1 ? row?.values[1] : undefined;
                  // On either side.
                  const few = !KINDS[measure.kind].hasShares && size !== undefined && (areFew(size.value) || areFew(size.compared?.other.value));
                  const { compared } = value;
                  const { direction } = formatChange(compared, measure);
                  const isOpen = few || direction === 'same' || direction === 'unknown';
                  return (
                    <tr key={`${key?.value} ${member.value}`} className={`series series-${index + 2}`}>
                      {index === 0 && (
                        <th scope="row" rowSpan={others.length}>
                          <button type="button" className="strata-name" title={t('words.only', { label: key?.label ?? '' })} onClick={() => change((now) => withOnly(now, stratum.name, [key?.value ?? null]))}>
                            {key?.label}
                          </button>
                        </th>
                      )}
                      <td>
                        <span className="trend-key strata-key" title={member.label} />
                        <span className="visually-hidden">{member.label}</span>
                      </td>
                      <td className="strata-mark">
                        <Interval value={compared?.difference ?? null} scale={scale} reference={0} open={isOpen} />
                      </td>
                      <td>{formatValue(value, measure)}</td>
                      <td className="strata-change">
                        {few ? <Few /> : <ChangeText compared={compared} style={measure} />}
                      </td>
                    </tr>
                  );
                }),
              )}
            </tbody>
          </table>
        );
      }}
    </Panel>
  );
}
