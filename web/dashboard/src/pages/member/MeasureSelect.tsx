// Chooses the main measure of the page.

import type { Dataset } from '../../api/dataset';
import { t } from '../../language';
import type { Change } from '../explore/usePageState';

interface MeasureSelectProps {
  readonly dataset: Dataset;
  readonly measure: string;
  readonly change: Change;
}

export function MeasureSelect({ dataset, measure, change }: MeasureSelectProps) {
  return (
    <select
      className="select"
      aria-label={t('member.measure')}
      value={measure}
      onChange={({ target }) => change((now) => ({ ...now, chart: target.value }), { replace: true })}
    >
      {dataset.measures.map(({ name, label }) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}
