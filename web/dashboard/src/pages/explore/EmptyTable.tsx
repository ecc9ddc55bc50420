// Names the filters whose removal brings groups back, found by asking once without each of them.

import { useQueries } from '@tanstack/react-query';
import { cubeOptions } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import type { Snapshot } from '../../api/session';
import { t } from '../../language';
import { describeFilter } from './FilterChip';
import { toProbeQuery } from './query';
import { withoutFilter } from './changes';
import { daysOf, daysText, type ExploreState } from './state';
import type { Change } from './useExplore';
import '../../components/Panel.css';
import './EmptyTable.css';

interface EmptyTableProps {
  readonly dataset: Dataset;
  readonly snapshot: Snapshot;
  readonly state: ExploreState;
  readonly change: Change;
}

interface Remedy {
  readonly words: string;
  readonly state: ExploreState;
}

export default function EmptyTable({ dataset, snapshot, state, change }: EmptyTableProps) {
  const remedies = remediesOf(state, dataset);
  const probes = useQueries({
    queries: remedies.map((remedy) => cubeOptions(
        snapshot.version,
        toProbeQuery({ ...remedy.state, ...daysOf(remedy.state, snapshot.lastDay) }, dataset),
      )),
  });
  const helping = remedies.filter((_, index) => (probes[index]?.data?.answer.groupCount ?? 0) > 0);
  const asked = probes.every((probe) => !probe.isPending);
  return (
    <div className="empty">
      <p className="empty-title">{t('empty.title')}</p>
      {remedies.length === 0 && <p>{t('empty.noCells')}</p>}
      {helping.length > 0 && (
        <>
          <p>{t('empty.without')}</p>
          <ul className="remedies">
            {helping.map((remedy) => (
              <li key={remedy.words}>
                <button type="button" className="button" onClick={() => change(() => remedy.state)}>
                  {t('words.remove', { label: remedy.words })}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {remedies.length > 0 && asked && helping.length === 0 && (
        <p>
          {t('empty.noSingle')}{' '}
          <button type="button" className="button" onClick={() => change((now) => ({ ...now, filters: [], last: null, from: null, to: null }))}>
            {t('empty.removeAll')}
          </button>
        </p>
      )}
    </div>
  );
}

function remediesOf(state: ExploreState, dataset: Dataset): Remedy[] {
  const remedies = state.filters.map((filter): Remedy => {
    const field = dataset.field.get(filter.field);
    return { words: field ? describeFilter(field, filter) : filter.field, state: withoutFilter(state, filter) };
  });
  if (state.last !== null || state.from !== null || state.to !== null) {
    remedies.push({ words: t('empty.dates', { days: daysText(state) }), state: { ...state, last: null, from: null, to: null } });
  }
  return remedies;
}
