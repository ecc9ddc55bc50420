// Chooses the days: by preset, typed dates, or calendar. A chunk of its own, since most visits never open it.

import { CalendarDate, parseDate } from '@internationalized/date';
import { type KeyboardEvent, useState } from 'react';
import {
  Button,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  DateField,
  DateInput,
  DateSegment,
  Heading,
  I18nProvider,
  Label,
  RangeCalendar,
} from 'react-aria-components';
import { formatMonth, formatRange, MONTHS, stepsBetween } from '../../format';
import { type Language, t, useLanguage } from '../../language';
import './DateEditor.css';

/** Either the last days, or a range of days. */
export interface Days {
  readonly last: number | null;
  readonly from: string | null;
  readonly to: string | null;
}

interface DateEditorProps {
  readonly last: number | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly onChange: (days: Days) => void;
  readonly onClose: () => void;
}

/** Typed dates are year, month, day, which nobody mistakes for another order: as in Canada's English, and in Korean. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-CA', ko: 'ko-KR' };

interface Preset {
  readonly label: string;
  readonly last: number | null;
}

export default function DateEditor({ last, from, to, firstDay, lastDay, onChange, onClose }: DateEditorProps) {
  const [start, setStart] = useState(() => toDate(from));
  const [end, setEnd] = useState(() => toDate(to));
  const problem = problemOf(start, end);
  const months = firstDay === null || lastDay === null ? [] : (stepsBetween(MONTHS, firstDay, lastDay, 'MONDAY') ?? []).toReversed();
  const hasData = (day: string) => firstDay !== null && lastDay !== null && day >= firstDay && day <= lastDay;

  const choose = (days: Partial<Days>) => {
    onChange({ last: null, from: null, to: null, ...days });
    onClose();
  };
  const apply = () => {
    if (problem === null) choose({ from: start?.toString() ?? null, to: end?.toString() ?? null });
  };
  // The parts of a typed date are not inputs, so Enter in them does not submit the form; and they stop the propagation of
  // their keys, so it is caught in the capture phase.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.target as Element).role === 'spinbutton') apply();
  };

  const language = useLanguage();
  const range = start && end && problem === null ? { start, end } : null;
  return (
    <I18nProvider locale={LOCALES[language]}>
      <div className="date-editor">
        <div className="presets" role="group" aria-label={t('dates.presets')}>
          {presetsOf(lastDay).map((preset) => (
            <button
              key={preset.label}
              type="button"
              className="button button-quiet"
              aria-pressed={preset.last === last && (last !== null || (from === null && to === null))}
              onClick={() => choose({ last: preset.last })}
            >
              {preset.label}
            </button>
          ))}
          {months.length > 0 && (
            <select
              className="select"
              aria-label={t('dates.month')}
              value=""
              onChange={({ target }) => {
                const month = target.value === '' ? null : MONTHS.stepOf(target.value);
                if (month) choose({ from: month.first, to: month.last });
              }}
            >
              <option value="">{t('dates.monthHint')}</option>
              {months.map(({ value }) => (
                <option key={value} value={value}>
                  {formatMonth(value)}
                </option>
              ))}
            </select>
          )}
        </div>
        <form
          className="date-fields"
          onKeyDownCapture={onKeyDown}
          onSubmit={(event) => {
            event.preventDefault();
            apply();
          }}
        >
          <TypedDate label={t('words.from')} value={start} onChange={setStart} autoFocus />
          <TypedDate label={t('words.to')} value={end} onChange={setEnd} />
          <button type="submit" className="button button-primary" disabled={problem !== null}>
            {t('words.apply')}
          </button>
        </form>
        <p className="date-note" role={problem === null ? undefined : 'alert'}>
          {problem ?? dataNote(firstDay, lastDay)}
        </p>
        <RangeCalendar
          className="calendar"
          aria-label={t('dates.days')}
          value={range}
          defaultFocusedValue={end ?? toDate(lastDay)}
          onChange={(chosen) => choose({ from: chosen.start.toString(), to: chosen.end.toString() })}
        >
          <div className="calendar-head">
            <Button slot="previous" className="button button-quiet">
              <span aria-hidden="true">‹</span>
            </Button>
            <Heading level={2} />
            <Button slot="next" className="button button-quiet">
              <span aria-hidden="true">›</span>
            </Button>
          </div>
          <CalendarGrid className="calendar-grid">
            <CalendarGridHeader>{(day) => <CalendarHeaderCell>{day}</CalendarHeaderCell>}</CalendarGridHeader>
            <CalendarGridBody>
              {(date) => (
                <CalendarCell date={date} className={hasData(date.toString()) ? 'calendar-cell' : 'calendar-cell calendar-empty'}>
                  {({ formattedDate }) => t('dates.cell', { day: formattedDate })}
                </CalendarCell>
              )}
            </CalendarGridBody>
          </CalendarGrid>
        </RangeCalendar>
      </div>
    </I18nProvider>
  );
}

interface TypedDateProps {
  readonly label: string;
  readonly value: CalendarDate | null;
  readonly autoFocus?: boolean;
  readonly onChange: (value: CalendarDate | null) => void;
}

function TypedDate({ label, value, autoFocus = false, onChange }: TypedDateProps) {
  return (
    <DateField className="date-field" value={value} onChange={onChange} autoFocus={autoFocus} granularity="day">
      <Label className="muted">{label}</Label>
      <DateInput className="input date-input">
        {(segment) => <DateSegment segment={segment} className="date-segment" />}
      </DateInput>
    </DateField>
  );
}

function toDate(day: string | null): CalendarDate | null {
  return day === null ? null : parseDate(day);
}

function dataNote(firstDay: string | null, lastDay: string | null): string {
  return firstDay === null || lastDay === null ? '' : t('dates.dataFor', { days: formatRange(firstDay, lastDay) });
}

/** Relative to the last day with data, not to today, since a lake that is a day late must not look empty. */
function presetsOf(lastDay: string | null): Preset[] {
  const all: Preset = { label: t('date.allTime'), last: null };
  if (lastDay === null) return [all];
  return [all, { label: t('dates.lastDay'), last: 1 }, ...[7, 28, 90].map((days) => ({ label: t('dates.lastDays', { days }), last: days }))];
}

const EARLIEST_YEAR = 1900;
const LATEST_YEAR = 2200;

/** Why the typed days cannot be used, or null. A half-typed year is a small number. */
export function problemOf(start: CalendarDate | null, end: CalendarDate | null): string | null {
  for (const day of [start, end]) {
    if (day !== null && (day.year < EARLIEST_YEAR || day.year > LATEST_YEAR)) {
      return day.year < 1000
        ? t('dates.yearIncomplete', { year: String(day.year) })
        : t('dates.yearBeyond', { year: String(day.year), first: String(EARLIEST_YEAR), last: String(LATEST_YEAR) });
    }
  }
  return start !== null && end !== null && start.compare(end) > 0 ? t('beside.backwards') : null;
}
