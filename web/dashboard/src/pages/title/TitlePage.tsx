// One title: its artwork and trailers with their main number, their trends, for whom they work, and whom they reach
// together.

import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { type Answered, shownOf, useCube } from '../../api/cube';
import type { Dataset, FieldInfo, MeasureInfo } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import { type Snapshot, useSession } from '../../api/session';
import { intervalScale } from '../../components/chart/Interval';
import { PanelBody, Panel } from '../../components/Panel';
import { Preview } from '../../components/Preview';
import { Tile } from '../../components/Tile';
import { WithSnapshot } from '../../components/WithSnapshot';
import { columnStyle, formatList, formatPlaces, NO_VALUE, referenceOf } from '../../format';
import { ActionsContext, NOTHING_TICKED } from '../explore/actions';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import HeatMap from '../explore/HeatMap';
import { common, toComparison } from '../explore/query';
import { daysOf, type ExploreState } from '../explore/state';
import { TrendPanel } from '../explore/TrendPanel';
import { carriedSearch, usePageState } from '../explore/usePageState';
import { useTrend } from '../explore/useTrend';
import { Breakdown } from '../member/Breakdown';
import { asked, decidingMeasure, peopleMeasure } from '../member/deciding';
import { Facts } from '../member/Facts';
import { MeasureSelect } from '../member/MeasureSelect';
import { MemberFrame } from '../member/MemberFrame';
import { ReachSteps } from './ReachSteps';
import '../../components/Panel.css';
import '../../components/Shell.css';
import '../member/MemberFrame.css';
import './TitlePage.css';

/** The most media for which serving gives the common reach. */
const MOST_ASSETS = 20;
const FIRST_COMPARED = 2;

export function TitlePage() {
  const { member } = useParams({ from: '/pages/titles/$member' });
  return (
    <WithSnapshot title={member}>
      {(dataset, snapshot) => {
        const { asset, title } = dataset.pages;
        if (asset && title) return <Loaded key={member} dataset={dataset} snapshot={snapshot} asset={asset} title={title} member={member} />;
        return (
          <main className="page" id="main">
            <h1>{t('member.noTitles')}</h1>
          </main>
        );
      }}
    </WithSnapshot>
  );
}

interface LoadedProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly asset: FieldInfo;
  readonly title: FieldInfo;
  readonly member: string;
}

function Loaded({ dataset, snapshot, asset, title, member }: LoadedProps) {
  const page = usePageState(dataset);
  const { leave } = useSession();
  const { state, change } = page;
  const { version, lastDay } = snapshot;
  const measure = decidingMeasure(state, dataset);
  const about = useMemo((): ExploreState => {
    const others = state.filters.filter((filter) => filter.field !== title.name);
    const filters = [...others, { field: title.name, operator: 'any' as const, values: [member] }];
    return { ...state, ...daysOf(state, lastDay), filters, groupBy: [asset.name], split: true };
  }, [state, lastDay, title, asset, member]);
  const base = useMemo(() => common(about, dataset), [about, dataset]);
  const measures = useMemo(() => asked(measure, ...dataset.measures), [measure, dataset]);
  const query = useMemo((): CubeQuery => {
    const compare = toComparison(about);
    return {
      ...base,
      groupBy: [asset.enumName],
      measures: measures.map(({ enumName }) => enumName),
      orderBy: [{ measure: measures[0]?.enumName ?? null, direction: 'DESC' }],
      extras: ['RANKS', ...(peopleMeasure(dataset) ? (['REACH'] as const) : [])],
      ...(compare && { compare }),
      limit: MOST_ASSETS,
      offset: 0,
    };
  }, [about, base, asset, measures, dataset]);
  const loaded = useCube(version, query, leave);
  const trend = useTrend(dataset, version, lastDay, about, measure?.name ?? '', loaded);
  useEffect(() => {
    document.title = t('words.dataPageTitle', { page: member, dataset: dataset.name });
  }, [member, dataset]);
  const shown = shownOf(loaded);
  if (!measure) return null;
  const dimensions = dataset.fields.filter((field) => field.attribute === null && field.name !== asset.name);
  const across = dimensions.find((field) => !field.multi);
  const byBoth = (other: FieldInfo) => t('words.by', { what: measure.label, keys: formatList([asset.label, other.label]) });
  const chosen = (shown?.answer.rows ?? []).slice(0, FIRST_COMPARED).flatMap((row) => row.keys[0]?.value ?? []);
  return (
    <MemberFrame
      dataset={dataset}
      snapshot={snapshot}
      page={page}
      name={member}
      loaded={loaded}
      about={shown && t('title.media', { n: shown.answer.groupCount })}
    >
      <section aria-label={t('title.allMedia')}>
        <span className="member-actions">
          <MeasureSelect dataset={dataset} measure={measure.name} change={change} />
          {chosen.length > 1 && (
            <Link to="/compare" search={carriedSearch(state, dataset, { by: asset.name, selected: chosen })} className="button button-primary">
              {t('title.compareFirst')}
            </Link>
          )}
          <Link to="/" search={carriedSearch(state, dataset, { filters: about.filters })} className="button">
            {t('member.exploreThem')}
          </Link>
          {shown && <TakeButton title={t('title.allMediaOf', { title: member })} answered={shown} />}
        </span>
        <PanelBody loaded={loaded}>
          {(data) => <Artwork dataset={dataset} state={state} data={data} measures={measures} measure={measure} />}
        </PanelBody>
      </section>
      <div className="member-panels">
        <div className="member-wide">
          <TrendPanel dataset={dataset} state={about} trend={{ ...trend, splitBy: null }} announce={false} change={change} />
        </div>
        {dimensions.map((field) => (
          <Breakdown
            key={field.name}
            dataset={dataset}
            version={version}
            field={field}
            measure={measure}
            base={{ from: base.from ?? null, to: base.to ?? null, where: base.where ?? null }}
            change={change}
          />
        ))}
        {shown?.answer.reach && (
          <Panel title={t('title.together')} loaded={loaded}>
            {({ answer }) => answer.reach && <ReachSteps reach={answer.reach} rows={answer.rows} people={peopleMeasure(dataset)} />}
          </Panel>
        )}
        {across && (
          <section className="panel member-wide" aria-label={byBoth(across)}>
            <header className="panel-head">
              <h2>
                {byBoth(across)}
              </h2>
              <TakeButton title={byBoth(across)} answered={shown} hasOwnRows />
            </header>
            <ActionsContext value={{ dataset, state, change, ...NOTHING_TICKED }}>
              <HeatMap dataset={dataset} snapshot={snapshot} state={{ ...about, groupBy: [asset.name, across.name] }} measure={measure.name} />
            </ActionsContext>
          </section>
        )}
      </div>
    </MemberFrame>
  );
}

interface ArtworkProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly data: Answered;
  readonly measures: readonly MeasureInfo[];
  readonly measure: MeasureInfo;
}

function Artwork({ dataset, state, data: { answer, query }, measures, measure }: ArtworkProps) {
  const { rows, total, ranks, groupCount } = answer;
  const reference = referenceOf(measure, total.values[0]);
  const scale = intervalScale(rows.map((row) => row.values[0]), reference);
  const style = columnStyle(measure, rows.map((row) => row.values[0]));
  const [first, ...others] = rows;
  const small = measures.map((_, index) => index).slice(1, 3);
  const key = first?.keys[0];
  if (!first || !key) return <p className="panel-hint">{t('words.noData')}</p>;
  return (
    <div className="artwork">
      <div className="artwork-lead">
        <Preview src={key.media} label={key.label} />
        <h2 className="artwork-name">
          <AssetLink dataset={dataset} state={state} value={key.value} label={key.label} />{' '}
          <span className="muted">
            {t('member.rank', { rank: formatPlaces(ranks[0] ?? { best: null, worst: null }), all: groupCount })}
          </span>
        </h2>
        <Facts measures={measures} lead={measure.name} row={first} compared={query.compare != null} scale={scale} reference={reference} />
      </div>
      <ul className="artwork-others" aria-label={t('title.others')}>
        {others.map((row) => {
          const cell = row.keys[0];
          if (cell?.value == null || cell.value === '') return null;
          return (
            <li key={cell.value}>
              <Link to="/assets/$member" params={{ member: cell.value }} search={carriedSearch(state, dataset)} className="artwork-tile">
                <Tile
                  label={cell.label}
                  media={cell.media}
                  measure={measure.label}
                  value={row.values[0] ?? NO_VALUE}
                  style={style}
                  scale={scale}
                  reference={reference}
                  small={small.flatMap((index) => {
                    const info = measures[index];
                    return info ? [{ label: info.label, value: row.values[index] ?? NO_VALUE, style: info }] : [];
                  })}
                />
              </Link>
            </li>
          );
        })}
      </ul>
      {reference !== null && <p className="muted artwork-note">{t('title.note')}</p>}
    </div>
  );
}

interface AssetLinkProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly value: string | null;
  readonly label: string;
}

function AssetLink({ dataset, state, value, label }: AssetLinkProps) {
  if (value === null || value === '') return label;
  return (
    <Link to="/assets/$member" params={{ member: value }} search={carriedSearch(state, dataset)} className="artwork-link">
      {label}
    </Link>
  );
}
