// Conditions on measures: the least and the greatest value of the groups that are shown.

import { type FormEvent, useState } from 'react';
import type { MeasureInfo } from '../../api/dataset';
import { FORMATS } from '../../format';
import { t } from '../../language';
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
      <p className="muted">{t('condition.about')}</p>
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
        {unit !== null && <span className="muted"> {t('condition.in', { unit: t(unit) })}</span>}
      </span>
      <input className="input" inputMode="decimal" aria-label={t('condition.atLeastOf', { measure: measure.label })} placeholder={t('condition.atLeast')} autoFocus={isFirst} value={min} onChange={({ target }) => setMin(target.value)} onBlur={apply} />
      <input className="input" inputMode="decimal" aria-label={t('condition.atMostOf', { measure: measure.label })} placeholder={t('condition.atMost')} value={max} onChange={({ target }) => setMax(target.value)} onBlur={apply} />
      {/* Enter submits a form of two fields only if it has a button. */}
      <button type="submit" className="visually-hidden" tabIndex={-1}>
        {t('words.apply')}
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
  if (min === undefined || max === undefined) return t('condition.number');
  return min !== null && max !== null && min > max ? t('condition.backwards') : null;
}
