// All about one entry: its picture, the reason in full, its peers, and what is done about it.

import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { shownOf, useCube } from '../../api/cube';
import { type Dataset, pageOf } from '../../api/dataset';
import type { CubeQuery } from '../../api/generated';
import type { Entry } from '../../api/outlierQueue';
import type { OutlierList } from '../../api/outliers';
import { type Snapshot, useSession } from '../../api/session';
import { Preview } from '../../components/Preview';
import { t } from '../../language';
import { escapeValue } from '../../search';
import { allOf, toMembers } from '../explore/query';
import { Actions } from './Actions';
import { KindMark } from './KindMark';
import { Peers } from './Peers';
import { chanceOf, changeOf, commonOf, labelOfOutlier, nameOf, reasonOf } from './reason';
import type { Handling } from './useHandling';
import { isCompared, rateOf } from './rate';
import './Detail.css';

/** The most peers that are asked for. */
const MOST_PEERS = 100;

interface DetailProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly list: OutlierList;
  readonly entry: Entry;
  /** Null where nothing can be kept. */
  readonly handling: Handling | null;
}

export function Detail({ dataset, snapshot, list, entry, handling }: DetailProps) {
  const { leave } = useSession();
  const { outlier } = entry;
  const field = dataset.field.get(list.dimension) ?? null;
  const measure = rateOf(dataset);
  const query = useMemo((): CubeQuery | null => {
    if (field === null || measure === undefined) return null;
    const where = allOf(outlier.peers.map(({ field: name, value }) => toMembers(name, [value ?? null], dataset)));
    const orderBy = [{ measure: measure.enumName, direction: 'DESC' as const }];
    return { from: list.firstDay, to: list.lastDay, ...(where && { where }), groupBy: [field.enumName], measures: [measure.enumName], orderBy, limit: MOST_PEERS, offset: 0 };
  }, [dataset, field, measure, list, outlier]);
  const peers = useCube(snapshot.version, query, leave);
  const rows = shownOf(peers)?.answer.rows ?? [];
  const label = labelOfOutlier(outlier);
  const page = pageOf(dataset, field, outlier.value);
  const days = { from: list.firstDay, to: list.lastDay };
  const filters = Object.fromEntries(outlier.peers.map(({ field: name, value }) => [`${name}.any`, escapeValue(value ?? null)]));
  const other = rows.map(({ keys }) => keys[0]?.value ?? null).find((value) => value !== null && value !== outlier.value);
  const facts: readonly (readonly [string, string])[] = [
    [t('outliers.fromPeers'), withBounds(changeOf(outlier.rate))],
    ...(outlier.watching ? [[t('outliers.watchingRatio'), withBounds(changeOf(outlier.watching))] as const] : []),
    [t('outliers.chance'), chanceOf(outlier)],
    [t('outliers.peersInCommon'), commonOf(outlier, dataset)],
  ];
  return (
    <div className="outlier-detail">
      <div className="outlier-hero">
        <Preview src={outlier.media ?? null} label={label} />
      </div>
      <h2 className="outlier-heading">
        <KindMark kind={outlier.kind} /> <bdi>{label}</bdi>
      </h2>
      <p className="outlier-full">{reasonOf(outlier, dataset).join(' ')}</p>
      <p className="outlier-links">
        {page && (
          <Link to={page} params={{ member: outlier.value }} search={days} className="button button-primary">
            {t('outliers.openPage')}
          </Link>
        )}
        {other != null && (
          <Link to="/compare" search={{ ...days, by: list.dimension, sel: [outlier.value, other].map(escapeValue).join(',') }} className="button">
            {t('words.compare')}
          </Link>
        )}
        <Link to="/" search={{ ...days, ...filters, group: list.dimension, ...(measure && { chart: measure.name, sort: `-${measure.name}` }) }} className="button">
          {t('outliers.explorePeers')}
        </Link>
      </p>
      {handling !== null && <Actions entry={entry} label={label} handling={handling} />}
      <dl className="outlier-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {measure && <Peers loaded={peers} measure={measure} value={outlier.value} days={days} otherRate={isCompared(measure, dataset) ? null : nameOf(outlier.rate.of, dataset)} />}
    </div>
  );
}

function withBounds({ text, bounds }: { readonly text: string; readonly bounds: string | null }): string {
  return bounds === null ? text : `${text} (${bounds})`;
}
