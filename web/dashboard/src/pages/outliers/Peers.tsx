// The member among its peers, each with its rate and bounds on one scale.

import { type CubeRow, type Answered, type Loaded, shownOf } from '../../api/cube';
import type { MeasureInfo } from '../../api/dataset';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { StackedLabel } from '../../components/Label';
import { PanelBody } from '../../components/Panel';
import { formatBounds, formatDay, formatValue } from '../../format';
import { t } from '../../language';
import './Peers.css';

/** Enough to see where it stands; the others are counted. */
const MOST_SHOWN = 8;

interface PeersProps {
  readonly loaded: Loaded<Answered>;
  readonly measure: MeasureInfo;
  /** The member. */
  readonly value: string;
  readonly days: { readonly from: string; readonly to: string };
  /** The rate by which they are compared, if that is another one. */
  readonly otherRate: string | null;
}

export function Peers({ loaded, measure, value, days, otherRate }: PeersProps) {
  const isNone = shownOf(loaded)?.answer.rows.length === 0;
  if (isNone) return null;
  return (
    <section aria-label={t('outliers.beside', { measure: measure.label })}>
      <h3 className="outlier-peers-title">{t('outliers.beside', { measure: measure.label })}</h3>
      <PanelBody loaded={loaded}>{({ answer }) => <Rows rows={answer.rows} count={answer.groupCount} measure={measure} value={value} />}</PanelBody>
      <p className="outlier-peers-note">
        {otherRate !== null && `${t('outliers.otherMeasure', { measure: measure.label, rate: otherRate })} `}
        {t('outliers.rawNote', { from: formatDay(days.from), to: formatDay(days.to) })}
      </p>
    </section>
  );
}

interface RowsProps {
  readonly rows: readonly CubeRow[];
  readonly count: number;
  readonly measure: MeasureInfo;
  readonly value: string;
}

function Rows({ rows, count, measure, value }: RowsProps) {
  const isOwn = (row: CubeRow) => row.keys[0]?.value === value;
  const first = rows.slice(0, MOST_SHOWN);
  const own = rows.find(isOwn);
  const shown = own === undefined || first.includes(own) ? first : [...first.slice(0, -1), own];
  const scale = intervalScale(shown.map(({ values }) => values[0]));
  return (
    <ul>
      {shown.map((row) => {
        const cell = row.values[0] ?? null;
        return (
          <li key={row.keys[0]?.value ?? ''} className={isOwn(row) ? 'outlier-peer outlier-self' : 'outlier-peer'}>
            <span className="outlier-peer-name">
              <StackedLabel text={row.keys[0]?.label ?? ''} />
              {isOwn(row) && <span className="outlier-peer-own"> {t('outliers.own')}</span>}
            </span>
            {scale !== null && <Interval value={cell} scale={scale} open={!isOwn(row)} />}
            {cell !== null && (
              <span className="outlier-peer-value" title={formatBounds(cell, measure) ?? undefined}>
                {formatValue(cell, measure)}
                <span className="visually-hidden"> {formatBounds(cell, measure)}</span>
              </span>
            )}
          </li>
        );
      })}
      {count > shown.length && <li className="outlier-peers-note">{t('outliers.nMore', { n: count - shown.length })}</li>}
    </ul>
  );
}
