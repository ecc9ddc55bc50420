// A calendar of the days: shaded by their number of events, hatched if they may still change, crossed if they are missing.

import { type Answered, measuresOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { columnStyle, eachDay, formatDay, formatMonth, formatValue, MONTHS, NO_VALUE, stepsBetween, type DayRange, type Value } from '../../format';
import { t } from '../../language';
import '../../components/Panel.css';
import './Coverage.css';

/** How many months are drawn; older ones are counted. */
const MOST_MONTHS = 12;
const SHADES = 5;

interface CoverageProps {
  readonly data: Answered;
  readonly dataset: Dataset;
}

export function Coverage({ data, dataset }: CoverageProps) {
  const { coverage, rows } = data.answer;
  const { from, to } = coverage;
  const measure = measuresOf(data, dataset)[0];
  if (from === null || to === null || !measure) return <p className="panel-hint">{t('status.noDays')}</p>;
  const values = new Map(rows.map((row) => [row.keys[0]?.value, row.values[0] ?? NO_VALUE]));
  const style = columnStyle(measure, [...values.values()]);
  const most = Math.max(0, ...[...values.values()].map(({ value }) => value ?? 0));
  const sets = { missing: daysOf(coverage.missingRanges), retired: daysOf(coverage.retiredRanges), provisional: daysOf(coverage.provisionalRanges) };
  const months = stepsBetween(MONTHS, from, to, dataset.weekStarts) ?? [];
  const shown = months.slice(-MOST_MONTHS);
  return (
    <>
      <ul className="months">
        {shown.map((month) => (
          <li key={month.value}>
            <h3>{formatMonth(month.value)}</h3>
            <ol className="month" aria-label={formatMonth(month.value)}>
              {eachDay(month.first, month.last).map((day, index) => {
                const kind = kindOf(day, from, to, sets);
                const value = values.get(day) ?? null;
                const words = t('status.day', { day: formatDay(day), words: wordsOf(kind, value && formatValue(value, style)) });
                return (
                  <li
                    key={day}
                    className={`day day-${kind} ${kind === 'there' || kind === 'provisional' ? `day-shade-${shadeOf(value, most)}` : ''}`}
                    // In the column of its weekday.
                    style={index === 0 ? { gridColumnStart: columnOf(day, dataset.weekStarts) } : undefined}
                    title={words}
                  >
                    <span aria-hidden="true">{kind === 'missing' ? '×' : Number(day.slice(8))}</span>
                    <span className="visually-hidden">{words}</span>
                  </li>
                );
              })}
            </ol>
          </li>
        ))}
      </ul>
      <p className="months-legend muted">
        <span className="day day-there day-shade-1" /> {t('status.legend.few')} <span className="day day-there day-shade-4" /> {t('status.legend.many')}
        <span className="day day-provisional day-shade-2" /> {t('status.legend.mayChange')} <span className="day day-missing">×</span> {t('trend.missing')}
        <span className="day day-retired" /> {t('trend.monthOnly')}
        {months.length > shown.length && <span>{t('status.olderMonths', { n: months.length - shown.length })}</span>}
      </p>
    </>
  );
}

type Kind = 'there' | 'provisional' | 'missing' | 'retired' | 'outside';

interface Sets {
  readonly missing: ReadonlySet<string>;
  readonly retired: ReadonlySet<string>;
  readonly provisional: ReadonlySet<string>;
}

function kindOf(day: string, from: string, to: string, { missing, retired, provisional }: Sets): Kind {
  if (day < from || day > to) return 'outside';
  if (retired.has(day)) return 'retired';
  if (missing.has(day)) return 'missing';
  return provisional.has(day) ? 'provisional' : 'there';
}

function wordsOf(kind: Kind, value: string | null): string {
  switch (kind) {
    case 'outside':
      return t('status.notInLake');
    case 'missing':
      return t('trend.missing');
    case 'retired':
      return t('trend.monthOnly');
    case 'provisional':
      return t('status.mayChange', { events: value ?? t('status.noEvents') });
    case 'there':
      return value ?? t('status.noEvents');
  }
}

function shadeOf(value: Value | null, most: number): number {
  const part = (value?.value ?? 0) / Math.max(1, most);
  return Math.min(SHADES - 1, Math.floor(part * SHADES));
}

function columnOf(day: string, weekStarts: Dataset['weekStarts']): number {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return (weekStarts === 'SUNDAY' ? weekday : (weekday + 6) % 7) + 1;
}

function daysOf(ranges: readonly DayRange[]): ReadonlySet<string> {
  return new Set(ranges.flatMap(({ from, to }) => eachDay(from, to)));
}
