// What a verdict rests on: the three intervals, the daily rates and their difference, how much more data is needed, how
// often people saw it, and the effect of the mix of people. All of it comes from serving.

import { useEffect, useRef } from 'react';
import type { CellValue, Verdict } from '../../api/cube';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { formatBounds, formatDifference, formatRate, formatShare, formatValue, NO_VALUE, notDefined, type NumberStyle } from '../../format';
import { rich, t } from '../../language';
import { VERDICT_WORDS, verdictsExplained, verdictWords, whyNone } from './words';
import './VerdictDetails.css';

interface VerdictDetailsProps {
  readonly dataset: Dataset;
  readonly measure: MeasureInfo;
  readonly value: CellValue;
  readonly verdict: Verdict;
  /** Takes the focus in the popover. */
  readonly takesFocus?: boolean;
}

export default function VerdictDetails({ dataset, measure, value, verdict, takesFocus = false }: VerdictDetailsProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) place.current?.focus();
  }, [takesFocus]);
  const { intervals } = value;
  const rate = (number: number | null) => formatValue({ ...NO_VALUE, value: number }, measure);
  const difference = formatDifference(verdict.difference);
  const perDay = { days: verdict.days, own: rate(verdict.own), other: rate(verdict.other), difference: difference.text, b: <strong /> };
  const why = whyNone(intervals);
  return (
    <div ref={place} className="verdict" tabIndex={takesFocus ? -1 : undefined}>
      <p>
        <strong className="verdict-lead">{verdictWords(verdict.word)}</strong>
        <br />
        {t(VERDICT_WORDS[verdict.word].says)}
      </p>
      <table className="verdict-intervals">
        <caption>
          {t('verdict.at95', { measure: measure.label, value: formatValue(value, measure) })}
        </caption>
        <tbody>
          <tr>
            <th scope="row">{t('verdict.counting')}</th>
            <td>{formatBounds(value, measure) ?? notDefined()}</td>
            <td className="muted">{t('verdict.countingSays')}</td>
          </tr>
          <tr>
            <th scope="row">{t('verdict.sampling')}</th>
            <td>{intervalText(value, intervals?.sampling, measure)}</td>
            <td className="muted">{t('verdict.samplingSays')}</td>
          </tr>
          <tr>
            <th scope="row">{t('verdict.combined')}</th>
            <td>{intervalText(value, intervals?.combined, measure)}</td>
            <td className="muted">{t('verdict.combinedSays')}</td>
          </tr>
        </tbody>
      </table>
      {why !== null && <p className="muted">{t('verdict.noInterval', { why })}</p>}
      <ul className="verdict-facts">
        <li>
          {difference.bounds === null ? rich('verdict.perDay', perDay) : rich('verdict.perDayBounds', { ...perDay, bounds: difference.bounds })}
        </li>
        <li>{neededText(verdict)}</li>
        {verdict.exposure && <li>{exposureText(verdict.exposure, measure)}</li>}
        {verdict.mix && <li>{mixText(verdict.mix, dataset)}</li>}
      </ul>
      <details>
        <summary>{t('verdict.whatWordsMean')}</summary>
        <dl className="verdict-words">
          {verdictsExplained().map(({ words, says }) => (
            <div key={words}>
              <dt>{words}</dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <p className="muted">
          {/* oxlint-disable-next-line jsx-a11y/anchor-has-content */}
          {rich('verdict.more', { help: <a href="/help" /> })}
        </p>
      </details>
    </div>
  );
}

function intervalText(value: CellValue, interval: { readonly lower: number; readonly upper: number } | null | undefined, style: NumberStyle): string {
  if (!interval) return notDefined();
  return formatBounds({ ...value, ...interval, exact: false }, style) ?? notDefined();
}

/** How much more data a clearer verdict needs. */
function neededText({ word, moreDays, smallestLift }: Verdict): string {
  const told = smallestLift === null ? '' : ` ${t('verdict.smallest', { lift: formatShare({ value: smallestLift }) })}`;
  if (word !== 'TOO_LITTLE_DATA') return `${t('verdict.needsNoMore')}${told}`;
  return `${moreDays === null ? t('verdict.outOfReach') : t('verdict.stillNeeded', { days: moreDays })}${told}`;
}

function exposureText({ own, other, ownByEvent, otherByEvent, explains }: NonNullable<Verdict['exposure']>, measure: MeasureInfo): string {
  const rate = (value: number) => formatValue({ ...NO_VALUE, value }, measure);
  const shown = t('verdict.exposure', { own: formatRate(own), other: formatRate(other), ownRate: rate(ownByEvent), otherRate: rate(otherByEvent) });
  return explains ? `${shown} ${t('verdict.exposureExplains')}` : shown;
}

function mixText({ field, raw, difference, withoutCounterpart, explains, isReversed }: NonNullable<Verdict['mix']>, dataset: Dataset): string {
  const label = dataset.fields.find(({ enumName }) => enumName === field)?.label ?? field;
  const { text: value, bounds } = formatDifference(difference);
  const said = { field: label, same: bounds === null ? value : t('verdict.bounded', { value, bounds }), raw: formatDifference({ ...NO_VALUE, value: raw }).text };
  const text = withoutCounterpart > 0 ? t('verdict.mixWithout', { ...said, without: formatShare({ value: withoutCounterpart }) }) : t('verdict.mix', said);
  if (isReversed) return `${text} ${t('verdict.mixReverses')}`;
  return explains ? `${text} ${t('verdict.mixExplains')}` : text;
}
