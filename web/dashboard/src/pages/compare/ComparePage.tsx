// Two to six members of one field side by side: their pictures, their numbers and each one's difference from the first,
// their trends on one scale, each country or audience apart, and whom they reach in common.

import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { type Answered, type CubeRow, membersOptions, NO_CELL, shownOf, useCube } from '../../api/cube';
import type { Dataset, FieldInfo, MeasureInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { type Snapshot, useSession } from '../../api/session';
import { ChangeText } from '../../components/ChangeText';
import { MemberSearch } from '../../components/find/MemberSearch';
import { StackedLabel } from '../../components/Label';
import { Dropdown } from '../../components/Dropdown';
import { Panel, PanelBody } from '../../components/Panel';
import { WithSnapshot } from '../../components/WithSnapshot';
import { columnStyle, formatBounds, formatValue, inSentence } from '../../format';
import { AddressNotes } from '../explore/AddressNotes';
import { Controls } from '../explore/Controls';
import { Notes } from '../explore/Notes';
import { allOf, common, isRate, mayHaveVerdicts, MOST_ROWS, toMembers, toTrendQuery } from '../explore/query';
import { daysOf, type ExploreState } from '../explore/state';
import { TrendPanel } from '../explore/TrendPanel';
import { type Change, usePageState } from '../explore/usePageState';
import { asked, decidingMeasure, peopleMeasure } from '../member/deciding';
import { MeasureSelect } from '../member/MeasureSelect';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import { Overlaps } from './Overlaps';
import { Pictures, type Side } from './Pictures';
import { Strata } from './Strata';
import { Verdicts } from './Verdicts';
import '../../components/Panel.css';
import '../../components/Shell.css';
import '../explore/Controls.css';
import './ComparePage.css';

/** The most members that fit side by side. */
const MOST_COMPARED = 6;

export function ComparePage() {
  return <WithSnapshot title={t('page.compare')}>{(dataset, snapshot) => <Loaded dataset={dataset} snapshot={snapshot} />}</WithSnapshot>;
}

function Loaded({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { state, change, problems, refusal } = usePageState(dataset);
  const field = dataset.field.get(state.by ?? '') ?? dataset.pages.asset ?? dataset.fields[0];
  const selected = state.selected.slice(0, MOST_COMPARED);
  const surplus = state.selected.length - selected.length;
  const notes = surplus > 0 ? [...problems, t('compare.surplus', { most: MOST_COMPARED, surplus })] : problems;
  return (
    <main className="page" id="main">
      <h1 className="visually-hidden">{t('page.compare')}</h1>
      <AddressNotes problems={notes} refusal={refusal} />
      {field && (
        <>
          <Selection dataset={dataset} version={snapshot.version} field={field} selected={selected} change={change} />
          <Controls dataset={dataset} snapshot={snapshot} state={state} change={change} hasRows={false} />
          {selected.length >= 2 ? (
            <Sides dataset={dataset} snapshot={snapshot} state={state} field={field} selected={selected} change={change} />
          ) : (
            <div className="panel panel-start">
              <div className="panel-body empty">
                <p className="empty-title">{t(selected.length === 0 ? 'compare.chooseSome' : 'compare.chooseAnother')}</p>
                <p>{t('compare.how')}</p>
              </div>
            </div>
          )}
        </>
      )}
    </main>
  );
}

interface SelectionProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly field: FieldInfo;
  readonly selected: readonly string[];
  readonly change: Change;
}

/** Chooses the field, and adds members. */
function Selection({ dataset, version, field, selected, change }: SelectionProps) {
  return (
    <div className="controls" role="group" aria-label={t('compare.what')}>
      <select
        className="select"
        aria-label={t('compare.by')}
        value={field.name}
        onChange={({ target }) => change((now) => ({ ...now, by: target.value, selected: [] }))}
      >
        {dataset.fields.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      {selected.length < MOST_COMPARED && (
        <Dropdown title={t('compare.add', { field: field.label })} label={t('compare.addButton', { field: inSentence(field.label) })}>
          {(close) => (
            <MemberSearch
              dataset={dataset}
              version={version}
              field={field}
              label={t('filter.search', { field: field.label })}
              placeholder={t('filter.search', { field: field.label })}
              before={NOTHING}
              onChoose={({ value }) => {
                change((now) => ({ ...now, by: field.name, selected: [...new Set([...now.selected, value])] }));
                close();
              }}
            />
          )}
        </Dropdown>
      )}
    </div>
  );
}

const NOTHING = () => [];

interface SidesProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly field: FieldInfo;
  readonly selected: readonly string[];
  readonly change: Change;
}

function Sides({ dataset, snapshot, state, field, selected, change }: SidesProps) {
  const { leave } = useSession();
  const { version, lastDay } = snapshot;
  const measure = decidingMeasure(state, dataset);
  const measures = useMemo(() => asked(measure, ...dataset.measures), [measure, dataset]);
  // Members are compared with the first one, so not with other days as well.
  const dated = useMemo(() => ({ ...state, ...daysOf(state, lastDay), beside: null }), [state, lastDay]);
  const base = useMemo(() => {
    const all = common(dated, dataset);
    return { ...all, where: allOf([all.where ?? null, toMembers(field.name, selected, dataset)]) };
  }, [dated, dataset, field, selected]);
  const query = useMemo(
    (): CubeQuery => ({
      ...base,
      groupBy: [field.enumName],
      measures: measures.map(({ enumName }) => enumName),
      compare: { member: { field: field.enumName, value: selected[0] ?? null } },
      extras: peopleMeasure(dataset) ? ['REACH'] : [],
      limit: MOST_COMPARED,
      offset: 0,
    }),
    [base, field, measures, selected, dataset],
  );
  const [whole, rows] = useMemo(() => {
    const steps = toTrendQuery(dated, dataset, measure?.name ?? '');
    if (steps === null) return [null, null];
    const trend = { ...steps, where: base.where };
    return [trend, { ...trend, groupBy: [...(trend.groupBy ?? []), field.enumName], limit: MOST_ROWS }];
  }, [dated, dataset, measure, base, field]);
  const compared = useMemo(() => [{ field: field.name, operator: 'any' as const, values: selected }], [field, selected]);
  const sides = useCube(version, query, leave);
  const wholeTrend = useCube(version, whole, leave);
  const rowsTrend = useCube(version, rows, leave);
  const data = shownOf(sides);
  const inOrder = useMemo(() => orderedRows(data, selected), [data, selected]);
  // Names and pictures are shown even if the filter leaves no rows.
  const known = useKnown(version, field, selected);
  const members = selected.map((value, index) => ({
    value,
    label: inOrder[index]?.keys[0]?.label ?? known[index]?.label ?? value,
    media: inOrder[index]?.keys[0]?.media ?? known[index]?.media ?? null,
  }));
  if (!measure) return null;
  const strata = dataset.fields.filter((other) => other.name !== field.name && other.dimension !== field.dimension && other.attribute === null);
  return (
    <>
      <section aria-label={t('compare.pictures')}>
        <PanelBody loaded={sides}>
          {(shown) => (
            <Pictures
              dataset={dataset}
              state={state}
              field={field}
              sides={members.map((member, index) => ({ ...member, row: orderedRows(shown, selected)[index] ?? null }))}
              onRemove={(value) => change((now) => ({ ...now, selected: now.selected.filter((one) => one !== value) }))}
            />
          )}
        </PanelBody>
        {data && <TakeButton title={t('compare.pictures')} answered={data} />}
      </section>
      {data && <Notes dataset={dataset} loaded={sides} />}
      <Panel title={t('compare.sideBySide')} loaded={sides} actions={<MeasureSelect dataset={dataset} measure={measure.name} change={change} />}>
        {(shown) => <Numbers measures={measures} sides={members.map((member, index) => ({ ...member, row: orderedRows(shown, selected)[index] ?? null }))} />}
      </Panel>
      {isRate(measure) &&
        (mayHaveVerdicts(dated.from ?? snapshot.firstDay, dated.to ?? lastDay) ? (
          <Verdicts dataset={dataset} version={version} base={base} field={field} measure={measure} members={members} />
        ) : (
          <p className="muted">{t('compare.overAYear')}</p>
        ))}
      <div className="compare-panels">
        <div className="compare-wide">
          <TrendPanel
            dataset={dataset}
            state={{ ...state, split: true }}
            trend={{ whole: wholeTrend, before: null, split: { members, rows: rowsTrend, others: null }, splitBy: null }}
            announce={false}
            change={change}
            about={compared}
          />
        </div>
        {strata.length > 0 && <ByStratum dataset={dataset} version={version} base={base} field={field} fields={strata} measure={measure} members={members} change={change} />}
        {data?.answer.reach && (
          <Panel title={t('compare.common')} loaded={sides}>
            {({ answer }) => answer.reach && <Overlaps reach={answer.reach} rows={answer.rows} members={members} people={peopleMeasure(dataset)} />}
          </Panel>
        )}
      </div>
    </>
  );
}

/** What is known about members apart from their numbers. */
function useKnown(version: number, field: FieldInfo, values: readonly string[]) {
  const found = useQueries({ queries: values.map((value) => membersOptions(version, { field: field.enumName, search: value, first: 20 })) });
  return values.map((value, index) => found[index]?.data?.members.find((member) => member.value === value));
}

function orderedRows(data: Answered | null, selected: readonly string[]): (CubeRow | undefined)[] {
  return selected.map((value) => data?.answer.rows.find((row) => row.keys[0]?.value === value));
}

interface NumbersProps {
  readonly measures: readonly MeasureInfo[];
  readonly sides: readonly Side[];
}

function Numbers({ measures, sides }: NumbersProps) {
  return (
    <div className="compare-frame" role="group" aria-label={t('compare.numbers')} tabIndex={0}>
      <table className="compare-numbers">
        <thead>
          <tr>
            <th scope="col">{t('member.measure')}</th>
            {sides.map((side, index) => (
              <th key={side.value} scope="col" className={`compare-side-${index + 1}`}>
                <StackedLabel text={side.label} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {measures.map((measure, at) => {
            const style = columnStyle(measure, sides.map(({ row }) => row?.values[at]));
            return (
              <tr key={measure.name} className={at === 0 ? 'compare-lead' : undefined}>
                <th scope="row" title={measure.expr ?? undefined}>
                  {measure.label}
                </th>
                {sides.map(({ value: side, row }, index) => {
                  const value = row?.values[at] ?? NO_CELL;
                  return (
                    <td key={side}>
                      <strong>{formatValue(value, style)}</strong> {!value.exact && <span className="muted">{formatBounds(value, style)}</span>}
                      {index > 0 && row && (
                        <span className="compare-change">
                          <ChangeText compared={value.compared} style={measure} />
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="muted compare-note">
        {t('compare.note')}
      </p>
    </div>
  );
}

interface ByStratumProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly base: Pick<CubeQuery, 'from' | 'to' | 'where'>;
  readonly field: FieldInfo;
  readonly fields: readonly FieldInfo[];
  readonly measure: MeasureInfo;
  readonly members: readonly { readonly value: string; readonly label: string }[];
  readonly change: Change;
}

function ByStratum({ fields, ...props }: ByStratumProps) {
  const [name, setName] = useState(fields[0]?.name ?? '');
  const stratum = fields.find((field) => field.name === name) ?? fields[0];
  if (!stratum) return null;
  return (
    <Strata
      {...props}
      stratum={stratum}
      choice={
        <select className="select" aria-label={t('compare.inEach')} value={stratum.name} onChange={({ target }) => setName(target.value)}>
          {fields.map((field) => (
            <option key={field.name} value={field.name}>
              {field.label}
            </option>
          ))}
        </select>
      }
    />
  );
}
