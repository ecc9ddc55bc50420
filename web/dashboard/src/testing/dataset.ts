// A small dataset model for tests, in the shape that the gateway describes one.

import { type Dataset, type DatasetInfo, toDataset } from '../api/dataset';

type Field = DatasetInfo['fields'][number];

function field(name: string, label: string, part: Partial<Field> = {}): Field {
  const [dimension = name, attribute = null] = name.split('.');
  return {
    name,
    label,
    dimension,
    attribute,
    enumName: name.toUpperCase().replace('.', '_'),
    fieldName: name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase()),
    multi: false,
    hasLabel: false,
    hasMedia: false,
    ...part,
  };
}

export const DATASET_INFO: DatasetInfo = {
  name: 'media',
  timezone: 'UTC',
  fingerprint: 'f1',
  weekStarts: 'MONDAY',
  timeKeys: [
    { name: 'day', enumName: 'DAY', label: 'Day' },
    { name: 'month', enumName: 'MONTH', label: 'Month' },
    { name: 'year', enumName: 'YEAR', label: 'Year' },
  ],
  fields: [
    field('asset', 'Asset', { hasLabel: true, hasMedia: true }),
    field('asset.title', 'Asset title'),
    field('asset.tags', 'Asset tags', { multi: true }),
    field('country', 'Country'),
    field('audience', 'Audience', { multi: true }),
  ],
  measures: [
    measure('impressions', 'Impressions', 'COUNT', 'NUMBER'),
    measure('viewers', 'Viewers', 'DISTINCT', 'NUMBER'),
    measure('watch.p50', 'Watch, median', 'QUANTILE', 'SECONDS'),
    measure('take_rate', 'Take rate', 'DERIVED', 'PERCENT'),
  ],
  outliers: null,
};

function measure(
  name: string,
  label: string,
  kind: DatasetInfo['measures'][number]['kind'],
  format: DatasetInfo['measures'][number]['format'],
): DatasetInfo['measures'][number] {
  const enumName = name.toUpperCase().replace('.', '_');
  const conditionName = name.replace(/[._](.)/g, (_, letter: string) => letter.toUpperCase());
  return { name, label, kind, format, enumName, conditionName, expr: null, relativeError: null };
}

export const DATASET: Dataset = toDataset(DATASET_INFO);
