// What a verdict rests on: the three intervals, the daily rates and their difference, how much more data is needed, how
// often people saw it, and the effect of the mix of people. All of it comes from serving.

import { useEffect, useRef } from 'react';
import type { CellValue, Verdict } from '../../api/cube';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { formatBounds, formatCount, formatDifference, formatRate, formatShare, formatValue, NO_VALUE, NOT_DEFINED, type NumberStyle } from '../../format';
import { VERDICT_WORDS, VERDICTS_EXPLAINED } from './words';
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
  return (
    <div ref={place} className="verdict" tabIndex={takesFocus ? -1 : undefined}>
      <p>
        <strong className="verdict-lead">{verdict.text}</strong>
        <br />
        {VERDICT_WORDS[verdict.word].says}
      </p>
      <table className="verdict-intervals">
        <caption>
          {measure.label} {formatValue(value, measure)}, at 95 %
        </caption>
        <tbody>
          <tr>
            <th scope="row">counting</th>
            <td>{formatBounds(value, measure) ?? NOT_DEFINED}</td>
            <td className="muted">how far the sketch may be off</td>
          </tr>
          <tr>
            <th scope="row">sampling</th>
            <td>{intervalText(value, intervals?.sampling, measure)}</td>
            <td className="muted">as if these people were a sample of many</td>
          </tr>
          <tr>
            <th scope="row">combined</th>
            <td>{intervalText(value, intervals?.combined, measure)}</td>
            <td className="muted">both of these: compare by this one</td>
          </tr>
        </tbody>
      </table>
      {intervals?.whyNone != null && <p className="muted">No sampling interval: {intervals.whyNone}.</p>}
      <ul className="verdict-facts">
        <li>
          Per day, over {formatCount(verdict.days)} settled common {verdict.days === 1 ? 'day' : 'days'}: {rate(verdict.own)} against {rate(verdict.other)}, a difference of{' '}
          <strong>{difference.text}</strong>
          {difference.bounds !== null && ` (${difference.bounds})`}.
        </li>
        <li>{neededText(verdict)}</li>
        {verdict.exposure && <li>{exposureText(verdict.exposure, measure)}</li>}
        {verdict.mix && <li>{mixText(verdict.mix, dataset)}</li>}
      </ul>
      <details>
        <summary>What the words mean</summary>
        <dl className="verdict-words">
          {VERDICTS_EXPLAINED.map(({ words, says }) => (
            <div key={words}>
              <dt>{words}</dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <p className="muted">
          With pictures on <a href="/help">Help</a>; in full in the documentation, page “Is it really better?” (docs/verdicts.md).
        </p>
      </details>
    </div>
  );
}

function intervalText(value: CellValue, interval: { readonly lower: number; readonly upper: number } | null | undefined, style: NumberStyle): string {
  if (!interval) return NOT_DEFINED;
  return formatBounds({ ...value, ...interval, exact: false }, style) ?? NOT_DEFINED;
}

/** How much more data a clearer verdict needs. */
function neededText({ word, moreDays, smallestLift }: Verdict): string {
  const told = smallestLift === null ? '' : ` The smallest difference that could be detected now is ${formatShare({ value: smallestLift })} of the other rate.`;
  if (word !== 'TOO_LITTLE_DATA') return `This verdict needs no more data.${told}`;
  const needed = moreDays === null ? 'Out of reach at this precision and growth: it takes a higher precision, or more people a day.' : `Still needed: ${formatCount(moreDays)} more common ${moreDays === 1 ? 'day' : 'days'}, at the current growth.`;
  return `${needed}${told}`;
}

function exposureText({ own, other, ownByEvent, otherByEvent, explains }: NonNullable<Verdict['exposure']>, measure: MeasureInfo): string {
  const shown = `People saw it ${formatRate(own)} times a day, the other one ${formatRate(other)} times; per showing that is ${formatValue({ ...NO_VALUE, value: ownByEvent }, measure)} against ${formatValue({ ...NO_VALUE, value: otherByEvent }, measure)}.`;
  return explains ? `${shown} How often they saw it may explain the difference.` : shown;
}

function mixText({ field, raw, difference, withoutCounterpart, explains, isReversed }: NonNullable<Verdict['mix']>, dataset: Dataset): string {
  const label = dataset.fields.find(({ enumName }) => enumName === field)?.label ?? field;
  const same = formatDifference(difference);
  const without = withoutCounterpart > 0 ? `; ${formatShare({ value: withoutCounterpart })} of the people are in groups that one side has no people in` : '';
  const text = `With the same mix of ${label} the difference is ${same.text}${same.bounds === null ? '' : ` (${same.bounds})`} instead of ${formatDifference({ ...NO_VALUE, value: raw }).text}${without}.`;
  if (isReversed) return `${text} The mix reverses it.`;
  return explains ? `${text} The mix explains the difference.` : text;
}
