// How many different people the media reach together, and how many each adds to those before it, beginning with the one
// that reaches the most.

import type { CubeRow, Reach } from '../../api/cube';
import type { MeasureInfo } from '../../api/dataset';
import { StackedLabel } from '../../components/Label';
import { ReachText } from '../../components/ReachText';
import { Thumbnail } from '../../components/Thumbnail';
import { inSentence } from '../../format';
import { rich, t } from '../../language';
import './ReachSteps.css';

interface ReachStepsProps {
  readonly reach: Reach;
  readonly rows: readonly CubeRow[];
  readonly people: MeasureInfo | undefined;
}

export function ReachSteps({ reach, rows, people }: ReachStepsProps) {
  const most = Math.max(1, reach.deduplicated.value ?? 0, ...reach.steps.map((step) => step.cumulative.upper ?? 0));
  const part = (value: number | null) => `${(((value ?? 0) / most) * 100).toFixed(2)}%`;
  return (
    <div className="reach">
      <p>
        {rich('title.inAll', {
          people: people ? inSentence(people.label) : t('title.people'),
          b: (
            <strong>
              <ReachText reach={reach.deduplicated} />
            </strong>
          ),
        })}
      </p>
      <ol className="reach-steps">
        {reach.steps.map((step) => {
          const key = rows[step.row]?.keys[0];
          const { cumulative, incremental, alone } = step;
          const before = cumulative.value === null || incremental.value === null ? 0 : Math.max(0, cumulative.value - incremental.value);
          return (
            <li key={step.row} className="reach-step">
              <Thumbnail src={key?.media ?? null} />
              <span className="reach-name">
                <StackedLabel text={key?.label ?? ''} />
              </span>
              <svg className="reach-mark" aria-hidden="true">
                <rect className="reach-before" x="0" width={part(before)} y="3" height="14" rx="2" />
                <rect className="reach-added" x={part(before)} width={part(incremental.value)} y="3" height="14" rx="2" />
              </svg>
              <span>
                <ReachText reach={incremental} sign="+" />
              </span>
              <span className="muted reach-alone">
                {rich('title.alone', { n: <ReachText reach={alone} /> })}
              </span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
