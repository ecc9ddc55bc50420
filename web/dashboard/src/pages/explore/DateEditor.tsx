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

/** Its typed dates are year, month, day, which nobody mistakes for another order. */
const LOCALE = 'en-CA';

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

  const range = start && end && problem === null ? { start, end } : null;
  return (
    <I18nProvider locale={LOCALE}>
      <div className="date-editor">
        <div className="presets" role="group" aria-label="Presets">
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
              aria-label="A month"
              value=""
              onChange={({ target }) => {
                const month = target.value === '' ? null : MONTHS.stepOf(target.value);
                if (month) choose({ from: month.first, to: month.last });
              }}
            >
              <option value="">A month…</option>
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
          <TypedDate label="From" value={start} onChange={setStart} autoFocus />
          <TypedDate label="To" value={end} onChange={setEnd} />
          <button type="submit" className="button button-primary" disabled={problem !== null}>
            Apply
          </button>
        </form>
        <p className="date-note" role={problem === null ? undefined : 'alert'}>
          {problem ?? dataNote(firstDay, lastDay)}
        </p>
        <RangeCalendar
          className="calendar"
          aria-label="Days"
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
            <CalendarGridBody>{(date) => <CalendarCell date={date} className={hasData(date.toString()) ? 'calendar-cell' : 'calendar-cell calendar-empty'} />}</CalendarGridBody>
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
  return firstDay === null || lastDay === null ? '' : `There is data for ${formatRange(firstDay, lastDay)}.`;
}

/** Relative to the last day with data, not to today, since a lake that is a day late must not look empty. */
function presetsOf(lastDay: string | null): Preset[] {
  const all: Preset = { label: 'All time', last: null };
  if (lastDay === null) return [all];
  return [all, { label: 'Last day', last: 1 }, ...[7, 28, 90].map((days) => ({ label: `Last ${days} days`, last: days }))];
}

const EARLIEST_YEAR = 1900;
const LATEST_YEAR = 2200;

/** Why the typed days cannot be used, or null. A half-typed year is a small number. */
export function problemOf(start: CalendarDate | null, end: CalendarDate | null): string | null {
  for (const day of [start, end]) {
    if (day !== null && (day.year < EARLIEST_YEAR || day.year > LATEST_YEAR)) {
      return day.year < 1000
        ? `The year ${day.year} is not complete: type all four digits.`
        : `The year ${day.year} is beyond the calendar of this page, ${EARLIEST_YEAR} to ${LATEST_YEAR}.`;
    }
  }
  return start !== null && end !== null && start.compare(end) > 0 ? 'The first day is after the last one.' : null;
}
