// Chooses the days: a preset, typed dates, or the calendar. A chunk of its own, since most visits never open it.

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
  Label,
  RangeCalendar,
} from 'react-aria-components';
import { addDays, formatRange } from '../../format';

interface DateEditorProps {
  readonly from: string | null;
  readonly to: string | null;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly onChange: (from: string | null, to: string | null) => void;
  readonly onClose: () => void;
}

interface Preset {
  readonly label: string;
  readonly from: string | null;
  readonly to: string | null;
}

export default function DateEditor({ from, to, firstDay, lastDay, onChange, onClose }: DateEditorProps) {
  const [start, setStart] = useState(() => toDate(from));
  const [end, setEnd] = useState(() => toDate(to));
  const backwards = start !== null && end !== null && start.compare(end) > 0;

  const choose = (chosenFrom: string | null, chosenTo: string | null) => {
    onChange(chosenFrom, chosenTo);
    onClose();
  };
  const apply = () => {
    if (!backwards) choose(start?.toString() ?? null, end?.toString() ?? null);
  };
  // The parts of a typed date are not inputs, so Enter in them does not submit the form by itself; and they keep their
  // keys to themselves, so it is caught on its way down.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.target as Element).role === 'spinbutton') apply();
  };

  const range = start && end && !backwards ? { start, end } : null;
  return (
    <div className="date-editor">
      <div className="presets" role="group" aria-label="Presets">
        {presets(firstDay, lastDay).map((preset) => (
          <button
            key={preset.label}
            type="button"
            className="button button-quiet"
            aria-pressed={preset.from === from && preset.to === to}
            onClick={() => choose(preset.from, preset.to)}
          >
            {preset.label}
          </button>
        ))}
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
        <button type="submit" className="button button-primary" disabled={backwards}>
          Apply
        </button>
      </form>
      <p className="date-note" role={backwards ? 'alert' : undefined}>
        {backwards ? 'The first day is after the last one.' : dataNote(firstDay, lastDay)}
      </p>
      <RangeCalendar
        className="calendar"
        aria-label="Days"
        value={range}
        defaultFocusedValue={end ?? toDate(lastDay)}
        onChange={(chosen) => choose(chosen.start.toString(), chosen.end.toString())}
      >
        <header className="calendar-head">
          <Button slot="previous" className="button button-quiet">
            <span aria-hidden="true">‹</span>
          </Button>
          <Heading level={2} className="calendar-title" />
          <Button slot="next" className="button button-quiet">
            <span aria-hidden="true">›</span>
          </Button>
        </header>
        <CalendarGrid className="calendar-grid">
          <CalendarGridHeader>{(day) => <CalendarHeaderCell>{day}</CalendarHeaderCell>}</CalendarGridHeader>
          <CalendarGridBody>{(date) => <CalendarCell date={date} className="calendar-cell" />}</CalendarGridBody>
        </CalendarGrid>
      </RangeCalendar>
    </div>
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

/** Relative to the last day of data, not to today: a lake that is a day late must not look empty. */
function presets(firstDay: string | null, lastDay: string | null): Preset[] {
  const all: Preset = { label: 'All time', from: null, to: null };
  if (firstDay === null || lastDay === null) return [all];
  const last = (days: number): Preset => ({
    label: `Last ${days} days`,
    from: addDays(lastDay, 1 - days),
    to: lastDay,
  });
  return [all, { label: 'Last day', from: lastDay, to: lastDay }, last(7), last(28), last(90)];
}
