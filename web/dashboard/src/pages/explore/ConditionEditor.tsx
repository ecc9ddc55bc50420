// Conditions on measures: the least and the greatest value of the groups that are shown.

import { type FormEvent, useState } from 'react';
import type { MeasureInfo } from '../../api/dataset';
import { FORMATS } from '../../format';
import { readBound } from './conditionText';
import type { Condition } from './state';
import './ConditionEditor.css';

interface ConditionEditorProps {
  readonly measures: readonly MeasureInfo[];
  readonly conditions: readonly Condition[];
  readonly onChange: (condition: Condition) => void;
}

export default function ConditionEditor({ measures, conditions, onChange }: ConditionEditorProps) {
  return (
    <div className="conditions">
      <p className="muted">Only groups with a value in this range are shown. The bounds of an estimate may reach beyond it.</p>
      {measures.map((measure, index) => (
        <Row
          key={measure.name}
          measure={measure}
          condition={conditions.find((one) => one.measure === measure.name) ?? { measure: measure.name, min: null, max: null }}
          isFirst={index === 0}
          onChange={onChange}
        />
      ))}
    </div>
  );
}

interface RowProps {
  readonly measure: MeasureInfo;
  readonly condition: Condition;
  readonly isFirst: boolean;
  readonly onChange: (condition: Condition) => void;
}

function Row({ measure, condition, isFirst, onChange }: RowProps) {
  const { unit, factor } = FORMATS[measure.format].typed;
  const written = (value: number | null) => (value === null ? '' : String(Number((value * factor).toPrecision(15))));
  const [min, setMin] = useState(written(condition.min));
  const [max, setMax] = useState(written(condition.max));
  const bounds = { min: readBound(min, factor), max: readBound(max, factor) };
  const problem = problemOf(bounds);
  const apply = () => {
    if (bounds.min === undefined || bounds.max === undefined || problem !== null) return;
    if (bounds.min !== condition.min || bounds.max !== condition.max) onChange({ measure: measure.name, min: bounds.min, max: bounds.max });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    apply();
  };
  return (
    <form className="condition" onSubmit={onSubmit}>
      <span>
        {measure.label}
        {unit !== '' && <span className="muted"> in {unit}</span>}
      </span>
      <input className="input" inputMode="decimal" aria-label={`${measure.label}, at least`} placeholder="at least" autoFocus={isFirst} value={min} onChange={({ target }) => setMin(target.value)} onBlur={apply} />
      <input className="input" inputMode="decimal" aria-label={`${measure.label}, at most`} placeholder="at most" value={max} onChange={({ target }) => setMax(target.value)} onBlur={apply} />
      {/* Enter submits a form of two fields only if it has a button. */}
      <button type="submit" className="visually-hidden" tabIndex={-1}>
        Apply
      </button>
      {problem !== null && (
        <p className="condition-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

function problemOf({ min, max }: { readonly min: number | null | undefined; readonly max: number | null | undefined }): string | null {
  if (min === undefined || max === undefined) return 'Type a number.';
  return min !== null && max !== null && min > max ? 'The minimum is above the maximum.' : null;
}
