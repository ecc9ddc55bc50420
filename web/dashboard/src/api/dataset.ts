// The dataset model as the page uses it: lookups by name, and one list of all group keys.

import { type Grain, grainOf } from '../format/steps';
import { t } from '../language';
import type { StartQuery } from './generated';

export type DatasetInfo = StartQuery['dataset'];
export type FieldInfo = DatasetInfo['fields'][number];
export type MeasureInfo = DatasetInfo['measures'][number];

interface Named {
  readonly name: string;
  readonly enumName: string;
  readonly label: string;
}

/** A time key, with the calendar of its steps. */
export interface TimeKey extends Named {
  readonly grain: Grain;
  readonly field: null;
}

export interface FieldKey extends Named {
  readonly grain: null;
  readonly field: FieldInfo;
}

/** What rows can be grouped by. */
export type GroupKeyInfo = TimeKey | FieldKey;

export interface Dataset {
  readonly name: string;
  readonly timezone: string;
  readonly fingerprint: string;
  readonly weekStarts: 'MONDAY' | 'SUNDAY';
  readonly fields: readonly FieldInfo[];
  readonly measures: readonly MeasureInfo[];
  /** The time keys, finest first; a dataset may have none. */
  readonly timeKeys: readonly TimeKey[];
  readonly groupKeys: readonly GroupKeyInfo[];
  readonly field: ReadonlyMap<string, FieldInfo>;
  readonly measure: ReadonlyMap<string, MeasureInfo>;
  readonly groupKey: ReadonlyMap<string, GroupKeyInfo>;
  readonly pages: Pages;
  /** What outliers are; null where the model has none, or the reader may not see them. */
  readonly outliers: DatasetInfo['outliers'] | null;
}

/**
 * The fields whose members have a page of their own: the first dimension with previews, and the one attribute of it
 * that many of its members share.
 */
export interface Pages {
  readonly asset: FieldInfo | null;
  readonly title: FieldInfo | null;
}

/** Steps of time have names in the language of the page. */
export function toDataset(info: DatasetInfo): Dataset {
  const timeKeys = info.timeKeys.map((key): TimeKey => {
    const grain = grainOf(key.enumName);
    return {
      ...key,
      // Read while drawing, since the dataset outlives a change of language.
      get label() {
        return grain.name === null ? key.label : t(grain.name);
      },
      grain,
      field: null,
    };
  });
  const groupKeys: GroupKeyInfo[] = [
    ...timeKeys,
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
    weekStarts: info.weekStarts,
    fields: info.fields,
    measures: info.measures,
    timeKeys,
    groupKeys,
    field: byName(info.fields),
    measure: byName(info.measures),
    groupKey: byName(groupKeys),
    pages: pagesOf(info.fields),
    outliers: info.outliers ?? null,
  };
}

function pagesOf(fields: readonly FieldInfo[]): Pages {
  const asset = fields.find((field) => field.hasMedia && field.attribute === null && !field.multi) ?? null;
  const single = fields.filter((field) => field.dimension === asset?.dimension && field.attribute !== null && !field.multi);
  return { asset, title: single.find((field) => field.attribute === 'title') ?? single[0] ?? null };
}

/** The route of a member's own page; null where it has none. */
export function pageOf(dataset: Dataset, field: FieldInfo | null, value: string | null): '/assets/$member' | '/titles/$member' | null {
  // These would lead to another page.
  if (field === null || value === null || value === '' || value === '.' || value === '..') return null;
  if (field.name === dataset.pages.asset?.name) return '/assets/$member';
  return field.name === dataset.pages.title?.name ? '/titles/$member' : null;
}

function byName<Item extends { readonly name: string }>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.name, item]));
}
