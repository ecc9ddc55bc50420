// Which of the entries are shown: of a kind, since when, of one group of peers. Each choice says how many it would leave.

import type { Dataset } from '../../api/dataset';
import type { Entry } from '../../api/outlierQueue';
import { t } from '../../language';
import { groupOf, KINDS_OF_OUTLIERS, type Shown, SINCE } from './address';
import { commonOf } from './reason';
import './Filters.css';

interface FiltersProps {
  readonly dataset: Dataset;
  readonly entries: readonly Entry[];
  readonly shown: Shown;
  /** Whether there was a visit before this one. */
  readonly hasVisit: boolean;
  readonly onChange: (part: Partial<Shown>) => void;
}

export function Filters({ dataset, entries, shown, hasVisit, onChange }: FiltersProps) {
  const groups = new Map(entries.map((entry) => [groupOf(entry), commonOf(entry.outlier, dataset)]));
  const kinds = KINDS_OF_OUTLIERS.filter((kind) => kind === shown.kind || entries.some(({ outlier }) => outlier.kind === kind));
  const since = { visit: t('outliers.sinceVisit'), '1': t('outliers.lastDays', { n: '1' }), '7': t('outliers.lastDays', { n: '7' }) };
  return (
    <span className="outlier-filters" data-take="no">
      <Choice
        label={t('outliers.kind')}
        value={shown.kind}
        all={t('outliers.allKinds')}
        options={kinds.map((kind) => ({ id: kind, label: `${t(`outliers.kinds.${kind}`)} ${count(entries, ({ outlier }) => outlier.kind === kind)}` }))}
        onChange={(kind) => onChange({ kind })}
      />
      <Choice
        label={t('outliers.listed')}
        value={shown.since}
        all={t('outliers.anyTime')}
        options={SINCE.filter((id) => id !== 'visit' || hasVisit).map((id) => ({ id, label: since[id] }))}
        onChange={(id) => onChange({ since: id })}
      />
      {groups.size > 1 && (
        <Choice
          label={t('outliers.group')}
          value={shown.group}
          all={t('outliers.allGroups')}
          options={[...groups].map(([id, label]) => ({ id, label })).toSorted((a, b) => a.label.localeCompare(b.label))}
          onChange={(group) => onChange({ group })}
        />
      )}
    </span>
  );
}

const count = (entries: readonly Entry[], is: (entry: Entry) => boolean) => entries.filter(is).length;

interface ChoiceProps<Id extends string> {
  readonly label: string;
  readonly value: Id | null;
  readonly all: string;
  readonly options: readonly { readonly id: Id; readonly label: string }[];
  readonly onChange: (id: Id | null) => void;
}

function Choice<Id extends string>({ label, value, all, options, onChange }: ChoiceProps<Id>) {
  return (
    <select className="select" aria-label={label} value={value ?? ''} onChange={({ target }) => onChange(options.find(({ id }) => id === target.value)?.id ?? null)}>
      <option value="">{all}</option>
      {options.map(({ id, label: text }) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </select>
  );
}
