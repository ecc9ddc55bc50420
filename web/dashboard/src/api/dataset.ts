// The dataset model as the page uses it: lookups by name, and one list of all that one groups by.

import type { StartQuery } from './generated';

export type DatasetInfo = StartQuery['dataset'];
export type FieldInfo = DatasetInfo['fields'][number];
export type MeasureInfo = DatasetInfo['measures'][number];

/** Something one can group by: a field or a key of time. */
export interface GroupKeyInfo {
  readonly name: string;
  readonly enumName: string;
  readonly label: string;
  /** The period that a key of time stands for, as the gateway names it; null for a field. */
  readonly grain: string | null;
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

export function toDataset(info: DatasetInfo): Dataset {
  const groupKeys: GroupKeyInfo[] = [
    ...info.timeKeys.map((key) => ({ ...key, grain: key.enumName, field: null })),
    ...info.fields.map((field) => ({
      name: field.name,
      enumName: field.enumName,
      label: field.label,
      grain: null,
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
