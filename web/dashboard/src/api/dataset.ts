// The dataset model as the page uses it: lookups by name, and the three keys of time that every model has.

import type { StartQuery } from './generated';

export type DatasetInfo = StartQuery['dataset'];
export type FieldInfo = DatasetInfo['fields'][number];
export type MeasureInfo = DatasetInfo['measures'][number];

/** Something one can group by: a field or a key of time. */
export interface GroupKeyInfo {
  readonly name: string;
  readonly enumName: string;
  readonly label: string;
  readonly time: boolean;
  readonly field: FieldInfo | null;
}

export interface Dataset {
  readonly name: string;
  readonly timezone: string;
  readonly fingerprint: string;
  readonly fields: readonly FieldInfo[];
  readonly measures: readonly MeasureInfo[];
  readonly groupKeys: readonly GroupKeyInfo[];
  readonly field: ReadonlyMap<string, FieldInfo>;
  readonly measure: ReadonlyMap<string, MeasureInfo>;
  readonly groupKey: ReadonlyMap<string, GroupKeyInfo>;
}

const TIME_KEYS: readonly GroupKeyInfo[] = [
  { name: 'day', enumName: 'DAY', label: 'Day', time: true, field: null },
  { name: 'month', enumName: 'MONTH', label: 'Month', time: true, field: null },
  { name: 'year', enumName: 'YEAR', label: 'Year', time: true, field: null },
];

export function toDataset(info: DatasetInfo): Dataset {
  const groupKeys = [
    ...TIME_KEYS,
    ...info.fields.map((field) => ({
      name: field.name,
      enumName: field.enumName,
      label: field.label,
      time: false,
      field,
    })),
  ];
  return {
    name: info.name,
    timezone: info.timezone,
    fingerprint: info.fingerprint,
    fields: info.fields,
    measures: info.measures,
    groupKeys,
    field: byName(info.fields),
    measure: byName(info.measures),
    groupKey: byName(groupKeys),
  };
}

function byName<Item extends { readonly name: string }>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.name, item]));
}
