// An active filter: its values, which open its editor, and a button that removes it.

import { useQueries } from '@tanstack/react-query';
import { lazy } from 'react';
import { membersOptions } from '../../api/cube';
import type { Dataset, FieldInfo } from '../../api/dataset';
import { Dropdown } from '../../components/Dropdown';
import { t } from '../../language';
import type { Scope } from './FilterEditor';
import { type MemberValue, OPERATORS } from './operators';
import type { Filter } from './state';
import type { ChangeOptions } from './useExplore';
import './FilterChip.css';

export const loadFilterEditor = () => import('./FilterEditor');
const FilterEditor = lazy(loadFilterEditor);

/** How many values a chip lists; the rest are counted. */
const MOST_VALUES = 3;

interface FilterChipProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly scope: Scope;
  readonly filter: Filter;
  readonly onChange: (next: Filter, replaces: Filter, options?: ChangeOptions) => string | null;
  readonly onRemove: () => void;
}

export function FilterChip({ dataset, version, scope, filter, onChange, onRemove }: FilterChipProps) {
  const field = dataset.field.get(filter.field);
  const labels = useValueLabels(version, field, filter.values.slice(0, MOST_VALUES));
  if (!field) return null;
  const more = filter.values.length - MOST_VALUES;
  const words = listed(labels.join(', '), more);
  return (
    <span className="chip">
      <Dropdown
        className="chip-edit"
        title={t('controls.filterBy', { field: field.label })}
        prefetch={loadFilterEditor}
        label={
          <>
            <span className="muted">
              {field.label} {t(OPERATORS[filter.operator].words)}
            </span>{' '}
            <strong className="chip-values" dir="auto">
              {words}
            </strong>
          </>
        }
      >
        {() => <FilterEditor field={field} version={version} scope={scope} start={filter} onChange={onChange} />}
      </Dropdown>
      <button
        type="button"
        className="chip-remove"
        aria-label={t('filter.remove', { filter: describeFilter(field, filter) })}
        onClick={onRemove}
      >
        <span aria-hidden="true">×</span>
      </button>
    </span>
  );
}

export function describeFilter(field: FieldInfo, filter: Filter): string {
  const shown = filter.values.slice(0, MOST_VALUES).map(valueText).join(', ');
  const more = filter.values.length - MOST_VALUES;
  return t('filter.said', { field: field.label, operator: t(OPERATORS[filter.operator].words), values: listed(shown, more) });
}

function listed(values: string, more: number): string {
  return more > 0 ? t('filter.valuesMore', { values, more }) : values;
}

export function valueText(value: MemberValue): string {
  if (value === null) return t('filter.missing');
  return value === '' ? t('filter.empty') : value;
}

/** The labels of a few values, looked up only if members have labels. */
function useValueLabels(version: number, field: FieldInfo | undefined, values: readonly MemberValue[]): string[] {
  const found = useQueries({
    queries: values.map((value) => ({
      ...membersOptions(version, { field: field?.enumName ?? '', search: value ?? '', first: 10 }),
      enabled: field?.hasLabel === true && value !== null && value !== '',
    })),
  });
  return values.map((value, index) => {
    const member = found[index]?.data?.members.find((candidate) => candidate.value === value);
    return member?.label ?? valueText(value);
  });
}
