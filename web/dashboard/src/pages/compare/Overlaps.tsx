// Whom the compared members reach in common: two as circles with areas in proportion, more as a matrix.

import type { CubeRow, Reach } from '../../api/cube';
import type { MeasureInfo } from '../../api/dataset';
import { circlesOf } from '../../components/chart/circles';
import { partsOf } from '../../components/Label';
import { ReachText } from '../../components/ReachText';
import { formatBounds, formatList, formatShare, inSentence, PART } from '../../format';
import { rich, t } from '../../language';
import '../../components/Panel.css';
import './Overlaps.css';

interface OverlapsProps {
  readonly reach: Reach;
  /** In the order of the answer, to which the reach refers by index. */
  readonly rows: readonly CubeRow[];
  /** In the order of the page. */
  readonly members: readonly { readonly value: string; readonly label: string }[];
  readonly people: MeasureInfo | undefined;
}

type Pair = Reach['overlaps'][number];

export function Overlaps({ reach, rows, members, people }: OverlapsProps) {
  const place = (value: string) => rows.findIndex((row) => row.keys[0]?.value === value);
  const pair = (one: string, other: string): Pair | undefined => {
    const [a, b] = [place(one), place(other)];
    return reach.overlaps.find(({ left, right }) => (left === a && right === b) || (left === b && right === a));
  };
  const step = (value: string) => reach.steps.find(({ row }) => row === place(value));
  const words = people ? inSentence(people.label) : t('compare.people');
  const [first, second] = members;
  if (!reach.deduplicated.value) return <p className="panel-hint">{t('compare.nobody')}</p>;
  return (
    <div className="overlaps">
      {members.length === 2 && first && second ? (
        <Circles pair={pair(first.value, second.value)} members={[first, second]} alone={[step(first.value)?.alone.value ?? 0, step(second.value)?.alone.value ?? 0]} />
      ) : (
        <table className="overlap-matrix">
          <thead>
            <tr>
              <td />
              {members.map((member) => (
                <th key={member.value} scope="col" title={member.label}>
                  {partsOf(member.label).own}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {members.map((row) => (
              <tr key={row.value}>
                <th scope="row" title={row.label}>
                  {partsOf(row.label).own}
                </th>
                {members.map((column) => {
                  const overlap = row.value === column.value ? undefined : pair(row.value, column.value);
                  const jaccard = overlap?.jaccard.value ?? null;
                  return (
                    <td key={column.value} className={jaccard === null ? 'overlap-none' : `overlap-cell overlap-${Math.min(4, Math.floor(jaccard * 5))}`}>
                      {overlap ? <ReachText reach={overlap.both} /> : ''}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="overlap-words">
        <p>
          {rich('compare.together', {
            people: words,
            b: (
              <strong>
                <ReachText reach={reach.deduplicated} />
              </strong>
            ),
          })}
        </p>
        {first && second && members.length === 2 && <PairWords pair={pair(first.value, second.value)} />}
        {reach.steps.map(({ row, incremental, alone }, index) => (
          <p key={row} className="muted">
            {rich(index === 0 ? 'compare.reaches' : 'compare.adds', {
              label: rows[row]?.keys[0]?.label ?? '',
              name: <bdi />,
              n: <ReachText reach={incremental} />,
              alone: <ReachText reach={alone} />,
            })}
          </p>
        ))}
      </div>
    </div>
  );
}

function PairWords({ pair }: { readonly pair: Pair | undefined }) {
  if (!pair) return null;
  const { both, jaccard } = pair;
  return (
    <p>
      {jaccard.value === null
        ? rich('compare.both', { n: <ReachText reach={both} /> })
        : rich('compare.bothShare', {
            n: <ReachText reach={both} />,
            share: formatShare({ value: jaccard.value }),
            of: <span title={formatBounds({ ...jaccard, exactText: null, withheld: false }, PART) ?? ''} />,
          })}
      {both.cannotTell && ` ${t('compare.tooFew')}`}
    </p>
  );
}

interface CirclesProps {
  readonly pair: Pair | undefined;
  readonly members: readonly [{ readonly label: string }, { readonly label: string }];
  /** People whom none of the others reaches. */
  readonly alone: readonly [number, number];
}

const LARGEST = 84;
const HEIGHT = 190;

function Circles({ pair, members, alone }: CirclesProps) {
  const both = pair?.both.value ?? 0;
  const circles = circlesOf(alone[0] + both, alone[1] + both, both, LARGEST);
  const left = circles.left + 4;
  const width = left + circles.apart + circles.right + 4;
  return (
    <svg className="overlap-circles" viewBox={`0 0 ${Math.max(width, 2 * circles.left + 8)} ${HEIGHT}`} role="img" aria-label={t('compare.circles', { labels: formatList(members.map(({ label }) => label)) })}>
      <circle className="overlap-first" cx={left} cy={HEIGHT / 2} r={circles.left} />
      <circle className="overlap-second" cx={left + circles.apart} cy={HEIGHT / 2} r={circles.right} />
    </svg>
  );
}
