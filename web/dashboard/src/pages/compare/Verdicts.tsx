// Whether each member's rate is really higher or lower than that of the first, in words, with the evidence. Serving gives
// verdicts on rates of people, over at most a year.

import { useMemo } from 'react';
import { NO_CELL, useCube } from '../../api/cube';
import type { Dataset, FieldInfo, MeasureInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { useSession } from '../../api/session';
import { Panel } from '../../components/Panel';
import { StackedLabel } from '../../components/Label';
import VerdictDetails from '../../components/verdict/VerdictDetails';
import { whyNone } from '../../components/verdict/words';
import { inSentence } from '../../format';
import { t } from '../../language';
import { VERDICTS } from '../explore/query';
import '../../components/Panel.css';
import './ComparePage.css';
import './Verdicts.css';

interface VerdictsProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly base: Pick<CubeQuery, 'from' | 'to' | 'where'>;
  readonly field: FieldInfo;
  readonly measure: MeasureInfo;
  /** In the order of the page; all are compared with the first. */
  readonly members: readonly { readonly value: string; readonly label: string }[];
}

export function Verdicts({ dataset, version, base, field, measure, members }: VerdictsProps) {
  const { leave } = useSession();
  const first = members[0];
  const query = useMemo(
    (): CubeQuery => ({
      ...base,
      groupBy: [field.enumName],
      measures: [measure.enumName],
      compare: { member: { field: field.enumName, value: first?.value ?? null } },
      extras: [...VERDICTS],
      limit: members.length,
      offset: 0,
    }),
    [base, field, measure, first?.value, members.length],
  );
  const loaded = useCube(version, query, leave);
  return (
    <Panel title={t('compare.really', { measure: inSentence(measure.label) })} loaded={loaded}>
      {({ answer }) => (
        <ol className="verdicts">
          {members.slice(1).map(({ value, label }, index) => {
            const cell = answer.rows.find((row) => row.keys[0]?.value === value)?.values[0] ?? NO_CELL;
            return (
              <li key={value} className={`verdict-side compare-side-${index + 2}`}>
                <h3>
                  <StackedLabel text={label} /> <span className="muted">{t('compare.with', { label: first?.label ?? '' })}</span>
                </h3>
                {cell.verdict ? (
                  <VerdictDetails dataset={dataset} measure={measure} value={cell} verdict={cell.verdict} />
                ) : (
                  <p className="panel-hint">{t('compare.noVerdict', { why: whyNone(cell.intervals) ?? t('verdict.why.noData') })}</p>
                )}
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
}
