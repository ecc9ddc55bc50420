// The other media of the same title, on one scale.

import type { Answered } from '../../api/cube';
import { Link } from '@tanstack/react-router';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { Thumbnail } from '../../components/Thumbnail';
import { columnStyle, formatSpoken, formatValue, NO_VALUE, referenceOf } from '../../format';
import { StackedLabel } from '../../components/Label';
import { TakeButton } from '../../components/TakeButton';
import { t } from '../../language';
import type { ExploreState } from '../explore/state';
import { carriedSearch } from '../explore/usePageState';
import '../../components/Panel.css';
import '../../components/TakeButton.css';
import './Siblings.css';

const MOST = 6;

interface SiblingsProps {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly data: Answered;
  readonly measure: MeasureInfo;
  readonly member: string;
  readonly title: string;
}

export function Siblings({ dataset, state, data, measure, member, title }: SiblingsProps) {
  const { rows, total } = data.answer;
  const reference = referenceOf(measure, total.values[0]);
  const scale = intervalScale(rows.map((row) => row.values[0]), reference);
  const shown = rows.slice(0, MOST);
  if (scale === null) return null;
  const beside = t('member.beside', { measure: measure.label, title });
  const style = columnStyle(measure, shown.map((row) => row.values[0]));
  return (
    <section className="take-place" aria-label={t('member.measureOf', { measure: measure.label, title })}>
      <h2>
        {beside}
      </h2>
      <TakeButton title={beside} answered={data} inCorner />
      <ol className="panel-body siblings">
        {shown.map((row) => {
          const key = row.keys[0];
          const value = row.values[0] ?? NO_VALUE;
          if (key?.value == null || key.value === '') return null;
          return (
            <li key={key.value} className={key.value === member ? 'sibling sibling-own' : 'sibling'}>
              <Link to="/assets/$member" params={{ member: key.value }} search={carriedSearch(state, dataset)} className="sibling-link" aria-current={key.value === member ? 'true' : undefined}>
                <Thumbnail src={key.media} />
                <span className="sibling-name">
                  <StackedLabel text={key.label} />
                </span>
                <Interval value={value} scale={scale} reference={reference} />
                <span title={formatSpoken(value, measure)}>{formatValue(value, style)}</span>
              </Link>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
