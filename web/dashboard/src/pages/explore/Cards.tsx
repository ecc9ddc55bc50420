// The table on a narrow screen: one card for each row, with the measure that it is sorted by and two more.

import { type Answered, keysOf, measuresOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { Failure } from '../../components/Panel';
import { StackedLabel } from '../../components/Label';
import { useVirtualRows } from '../../components/rows/useVirtualRows';
import { Thumbnail } from '../../components/Thumbnail';
import { formatBounds, formatValue, NO_VALUE } from '../../format';
import { t } from '../../language';
import { KeyAction } from './actions';
import { incomplete, keyLabel, styleOf } from './columns';
import { CARD_HEIGHT } from './query';
import { usePages } from './usePages';
import './Cards.css';

const OVERSCAN = 4;
/** Measures below the first one. */
const MOST_SMALL = 2;

interface CardsProps {
  readonly dataset: Dataset;
  readonly data: Answered;
  /** The measure shown large. */
  readonly measure: string;
  readonly label: string;
}

export default function Cards({ dataset, data, measure, label }: CardsProps) {
  const keys = keysOf(data, dataset);
  const measures = measuresOf(data, dataset);
  const lead = Math.max(0, measures.findIndex(({ name }) => name === measure));
  const small = measures.map((_, index) => index).filter((index) => index !== lead).slice(0, MOST_SMALL);
  const count = data.answer.groupCount;
  const virtual = useVirtualRows({ count, rowHeight: CARD_HEIGHT, headHeight: 0, overscan: OVERSCAN });
  const { rows, scroller } = virtual;
  const pages = usePages(data, { from: rows[0]?.index ?? 0, to: rows.at(-1)?.index ?? 0 });
  const styles = measures.map((info, index) => styleOf(info, index, data));
  return (
    <>
      <div ref={scroller} className="group-cards" tabIndex={0} role="region" aria-label={label}>
        <ul style={{ height: virtual.height }}>
          {rows.map(({ index, start }) => {
            const row = pages.rowAt(index);
            const style = styles[lead];
            const value = row?.values[lead] ?? NO_VALUE;
            return (
              <li key={index} className="group-card" style={{ transform: `translateY(${start}px)` }} aria-setsize={count} aria-posinset={index + 1}>
                {row && keys.some((key) => key.field?.hasMedia) && (
                  <Thumbnail src={row.keys.find((key) => key.media !== null)?.media ?? null} />
                )}
                <div className="group-names">
                  {row
                    ? keys.map((key, position) => {
                        const cell = row.keys[position];
                        return (
                          cell && (
                            <KeyAction key={key.name} info={key} cell={cell} className="group-name">
                              <StackedLabel text={keyLabel(row, position, key)} />
                              <span className="group-note">{incomplete(row, position, key, data)}</span>
                            </KeyAction>
                          )
                        );
                      })
                    : t('words.loading')}
                </div>
                {row && style && (
                  <p className="group-lead">
                    <strong>{formatValue(value, style)}</strong> <span className="muted">{formatBounds(value, style)}</span>
                  </p>
                )}
                {row && (
                  <p className="group-small">
                    {small.map((at) => {
                      const info = measures[at];
                      const smallStyle = styles[at];
                      return info && smallStyle ? (
                        <span key={info.name}>
                          {info.label} <strong>{formatValue(row.values[at] ?? NO_VALUE, smallStyle)}</strong>
                        </span>
                      ) : null;
                    })}
                  </p>
                )}
              </li>
            );
          })}
        </ul>
      </div>
      {pages.error && <Failure error={pages.error} retry={pages.retry} retrying={false} />}
    </>
  );
}
