// One piece of media: its picture, its main numbers, its trend, and whom it works for.

import { Link, useParams } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useEffect, useMemo } from 'react';
import { membersOptions, shownOf, useCube } from '../../api/cube';
import type { Dataset, FieldInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { type Snapshot, useSession } from '../../api/session';
import { Panel, PanelBody } from '../../components/Panel';
import { Preview } from '../../components/Preview';
import { WithSnapshot } from '../../components/WithSnapshot';
import { intervalScale } from '../../components/chart/Interval';
import { formatPlaces, referenceOf } from '../../format';
import { allOf, common, MOST_BARS, toMembers } from '../explore/query';
import { daysOf } from '../explore/state';
import { TrendPanel } from '../explore/TrendPanel';
import { toComparison } from '../explore/query';
import { carriedSearch, usePageState } from '../explore/usePageState';
import { useTrend } from '../explore/useTrend';
import { Breakdown } from '../member/Breakdown';
import { asked, decidingMeasure } from '../member/deciding';
import { Facts } from '../member/Facts';
import { MeasureSelect } from '../member/MeasureSelect';
import { MemberFrame } from '../member/MemberFrame';
import { TakeButton } from '../../components/TakeButton';
import { rich, t } from '../../language';
import { Why } from '../outliers/Why';
import { Siblings } from './Siblings';
import '../../components/Panel.css';
import '../../components/Shell.css';
import '../../components/TakeButton.css';
import '../member/MemberFrame.css';

export function AssetPage() {
  const { member } = useParams({ from: '/pages/assets/$member' });
  return (
    <WithSnapshot title={member}>
      {(dataset, snapshot) =>
        dataset.pages.asset ? (
          <Loaded key={member} dataset={dataset} snapshot={snapshot} field={dataset.pages.asset} member={member} />
        ) : (
          <main className="page" id="main">
            <h1>{t('member.noAssets')}</h1>
          </main>
        )
      }
    </WithSnapshot>
  );
}

interface LoadedProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly field: FieldInfo;
  readonly member: string;
}

function Loaded({ dataset, snapshot, field, member }: LoadedProps) {
  const page = usePageState(dataset);
  const { leave } = useSession();
  const { state, change } = page;
  const { version, lastDay } = snapshot;
  const measure = decidingMeasure(state, dataset);
  const { title } = dataset.pages;
  const about = useMemo(() => {
    const filters = [...state.filters.filter((filter) => filter.field !== field.name), { field: field.name, operator: 'any' as const, values: [member] }];
    return { ...state, ...daysOf(state, lastDay), filters, groupBy: [], split: false };
  }, [state, lastDay, field, member]);
  const base = useMemo(() => common(about, dataset), [about, dataset]);
  const measures = useMemo(() => asked(measure, ...dataset.measures), [measure, dataset]);
  const query = useMemo((): CubeQuery => {
    const compare = toComparison(about);
    return { ...base, groupBy: [field.enumName], measures: measures.map(({ enumName }) => enumName), ...(compare && { compare }), limit: 1, offset: 0 };
  }, [about, base, field, measures]);
  const titleQuery = useMemo(
    () => (title && measure ? { where: toMembers(field.name, [member], dataset), groupBy: [title.enumName], measures: [measure.enumName], limit: 1, offset: 0 } : null),
    [title, measure, field, member, dataset],
  );
  const own = useCube(version, query, leave);
  const ofTitle = useCube(version, titleQuery, leave);
  const trend = useTrend(dataset, version, lastDay, about, measure?.name ?? '', own);
  // Name and picture are shown even if the filter leaves none of its rows.
  const known = useQuery(membersOptions(version, { field: field.enumName, search: member, first: 20 }));
  const found = known.data?.members.find(({ value }) => value === member);
  const shown = shownOf(own);
  const key = shown?.answer.rows[0]?.keys[0];
  const label = found?.label ?? key?.label ?? member;
  const media = found?.media ?? key?.media ?? null;
  const titleKey = shownOf(ofTitle)?.answer.rows[0]?.keys[0] ?? null;
  useEffect(() => {
    document.title = t('words.dataPageTitle', { page: label, dataset: dataset.name });
  }, [label, dataset]);

  // What happened to its title happened to it.
  const named = useMemo(
    () => [
      { field: field.name, operator: 'any' as const, values: [member] },
      ...(title && titleKey ? [{ field: title.name, operator: 'any' as const, values: [titleKey.value] }] : []),
    ],
    [field, member, title, titleKey],
  );

  // The same question about all media of its title.
  const peers = useMemo((): CubeQuery | null => {
    if (!title || !measure || titleKey === null) return null;
    const others = { ...about, filters: about.filters.filter((filter) => filter.field !== field.name) };
    return {
      ...common(others, dataset),
      where: allOf([common(others, dataset).where ?? null, toMembers(title.name, [titleKey.value], dataset)]),
      groupBy: [field.enumName],
      measures: [measure.enumName],
      orderBy: [{ measure: measure.enumName, direction: 'DESC' }],
      extras: ['RANKS'],
      limit: MOST_BARS * 3,
      offset: 0,
    };
  }, [title, measure, titleKey, about, field, dataset]);
  const fellows = useCube(version, peers, leave);
  const fellow = shownOf(fellows);
  const place = fellow?.answer.rows.findIndex((row) => row.keys[0]?.value === member) ?? -1;
  const rank = place < 0 ? undefined : fellow?.answer.ranks[place];
  const reference = measure ? referenceOf(measure, fellow?.answer.total.values[0]) : null;
  // A scale with a single mark would say nothing.
  const scale = fellow && fellow.answer.rows.length > 1 ? intervalScale(fellow.answer.rows.map((row) => row.values[0]), reference) : null;
  if (!measure) return null;

  const dimensions = dataset.fields.filter((other) => other.attribute === null && other.name !== field.name);
  return (
    <MemberFrame
      dataset={dataset}
      snapshot={snapshot}
      page={page}
      name={label}
      loaded={own}
      about={
        <About
          title={titleKey}
          link={<Link to="/titles/$member" params={{ member: titleKey?.value ?? '' }} search={carriedSearch(state, dataset)} dir="auto" />}
          rank={rank && fellow && fellow.answer.groupCount > 1 ? { rank: formatPlaces(rank), all: fellow.answer.groupCount, measure: measure.label } : null}
        />
      }
    >
      <div className="member-hero">
        <Preview src={media} label={label} />
        <div className="member-side">
          <span className="member-actions">
            <MeasureSelect dataset={dataset} measure={measure.name} change={change} />
            <Link to="/compare" search={carriedSearch(state, dataset, { by: field.name, selected: compareWith(member, fellow?.answer.rows) })} className="button button-primary">
              {t('words.compare')}
            </Link>
            <Link to="/" search={carriedSearch(state, dataset, { filters: about.filters })} className="button">
              {t('member.exploreIt')}
            </Link>
          </span>
          <section className="take-place" aria-label={t('member.numbers')}>
            <PanelBody loaded={own}>
              {({ answer, query: of }) => {
                const row = answer.rows[0];
                return row ? (
                  <Facts measures={measures} lead={measure.name} row={row} compared={of.compare != null} scale={scale} reference={reference} />
                ) : (
                  <p className="panel-hint">{t('words.noData')}</p>
                );
              }}
            </PanelBody>
            {shown && <TakeButton title={t('member.numbersOf', { label })} answered={shown} inCorner />}
          </section>
          <Why dataset={dataset} field={field.name} member={member} />
          {fellow && titleKey && fellow.answer.groupCount > 1 && (
            <Siblings dataset={dataset} state={state} data={fellow} measure={measure} member={member} title={titleKey.label} />
          )}
        </div>
      </div>
      {/* Where there is no data, that is said once, above. */}
      <div className="member-panels" hidden={shown?.answer.groupCount === 0}>
        <div className="member-wide">
          <TrendPanel dataset={dataset} state={state} trend={trend} announce change={change} about={named} />
        </div>
        {dimensions.map((dimension) => (
          <Breakdown key={dimension.name} dataset={dataset} version={version} field={dimension} measure={measure} base={{ from: base.from ?? null, to: base.to ?? null, where: base.where ?? null }} change={change} />
        ))}
        {dimensions.length === 0 && (
          <Panel title={t('member.whom')} loaded={own}>
            {() => <p className="panel-hint">{t('member.noDimension')}</p>}
          </Panel>
        )}
      </div>
    </MemberFrame>
  );
}

interface AboutProps {
  readonly title: { readonly value: string | null; readonly label: string } | null;
  /** To the page of its title. */
  readonly link: ReactElement;
  readonly rank: { readonly rank: string; readonly all: number; readonly measure: string } | null;
}

/** Its title, and its rank among the media of that, as far as they are known. */
function About({ title, link, rank }: AboutProps) {
  if (title?.value == null || title.value === '') return rank && t('member.rankBy', rank);
  return rank === null ? rich('member.of', { title: title.label, link }) : rich('member.ofRank', { title: title.label, link, ...rank });
}

/** The member and the first of the others. */
function compareWith(member: string, rows: readonly { readonly keys: readonly { readonly value: string | null }[] }[] = []): readonly string[] {
  const other = rows.map((row) => row.keys[0]?.value ?? null).find((value) => value !== null && value !== member);
  return other == null ? [member] : [member, other];
}
