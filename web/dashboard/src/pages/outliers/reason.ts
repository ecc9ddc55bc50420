// Why an outlier is listed, in sentences. The numbers are serving's; what kind of number each is, its name in the model says.

import type { Dataset, MeasureInfo } from '../../api/dataset';
import type { Contrast, EarlierOutlier, Outlier, OutlierKind } from '../../api/outliers';
import { type Change, DURATION, formatList, formatRate, formatRatio, formatShare, formatValue, NO_VALUE, PART, PLAIN, type NumberStyle, type Value } from '../../format';
import { t } from '../../language';

const SHARE = /^share_(above|below)\((\w+), ([\d.]+)\)$/;

/** A number beside another one of the same kind. */
interface Numbers {
  readonly measure: string;
  readonly own: string;
  readonly peers: string;
}

/** What a contrast compares, in words of the model: "Plays per Impressions". */
export function nameOf(of: string, dataset: Dataset): string {
  const share = SHARE.exec(of);
  if (share) {
    const values = { measure: quantileName(share[2] ?? '', dataset), at: formatValue({ ...NO_VALUE, value: Number(share[3]) }, styleOfQuantile(share[2] ?? '', dataset)) };
    return share[1] === 'above' ? t('outliers.shareAbove', values) : t('outliers.shareBelow', values);
  }
  const [above, below] = of.split(' / ');
  if (above === undefined || below === undefined) return dataset.measure.get(of)?.label ?? of;
  return t('outliers.per', { above: labelOf(above, dataset), below: labelOf(below, dataset) });
}

const labelOf = (name: string, dataset: Dataset) => dataset.measure.get(name)?.label ?? name;

/** Any quantile of the measure: all have its format. */
const quantileOf = (name: string, { measures }: Dataset): MeasureInfo | undefined => measures.find((measure) => measure.name.startsWith(`${name}.`));
const quantileName = (name: string, dataset: Dataset) => quantileOf(name, dataset)?.label.split(',')[0] ?? name;
const styleOfQuantile = (name: string, dataset: Dataset): NumberStyle => quantileOf(name, dataset) ?? DURATION;

function numbersOf({ of, own, peers }: Contrast, dataset: Dataset): Numbers {
  const style = styleOf(of, own, peers, dataset);
  const print = (value: number) => formatValue({ ...NO_VALUE, value }, style);
  return { measure: nameOf(of, dataset), own: print(own), peers: print(peers) };
}

/** A rate of two counts is a part of a whole as long as neither is above 1. */
function styleOf(of: string, own: number, peers: number, dataset: Dataset): NumberStyle {
  if (SHARE.test(of)) return PART;
  const known = dataset.measure.get(of);
  if (known) return known;
  const above = dataset.measure.get(of.split(' / ')[0] ?? '');
  if (above?.format === DURATION.format) return DURATION;
  return own <= 1 && peers <= 1 ? PART : PLAIN;
}

/** How it stands to its peers, as a ratio with its interval. */
export function ratioOf({ ratio, lower, upper }: Contrast): Value {
  return { ...NO_VALUE, value: ratio ?? null, lower: lower ?? null, upper: upper ?? null };
}

export const changeOf = (contrast: Contrast): Change => formatRatio(ratioOf(contrast));

export function reasonOf({ kind, rate, watching, median, frequency, nPeers }: Outlier, dataset: Dataset): readonly string[] {
  const values = { ...numbersOf(rate, dataset), ratio: changeOf(rate).text, n: nPeers };
  const sentences = [kind === 'FATIGUE' ? t('outliers.fell', values) : t('outliers.above', values)];
  if (watching) sentences.push(t('outliers.leave', numbersOf(watching, dataset)));
  if (median) {
    const { own, peers } = numbersOf(median, dataset);
    sentences.push(t('outliers.median', { own, peers }));
  }
  if (frequency) sentences.push(t('outliers.often', { own: formatRate(frequency.own), peers: formatRate(frequency.peers) }));
  return sentences;
}

/** The chance that it is wrong; below a tenth of a percent that alone is said. */
export function chanceOf({ error }: Outlier): string {
  return error < 0.001 ? t('outliers.below', { share: formatShare({ value: 0.001 }) }) : formatShare({ value: error });
}

export const MARKS: Readonly<Record<OutlierKind, string>> = { MISLEADING: '⚠', FATIGUE: '↘', STAR: '★', WEAK: '▼' };

export const labelOfOutlier = ({ label, value }: Pick<EarlierOutlier, 'label' | 'value'>) => label ?? value;

/** What peers have in common: "Asset title: Dune, Asset media type: artwork". */
export function commonOf({ peers }: Outlier, dataset: Dataset): string {
  if (peers.length === 0) return t('outliers.nothing');
  return formatList(peers.map(({ field, value }) => `${dataset.field.get(field)?.label ?? field}: ${value ?? t('outliers.missing')}`));
}
