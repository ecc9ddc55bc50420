// The union of everything that the filter leaves, one number a measure. Choosing one draws it in the charts.

import type { Answered, Loaded } from '../../api/cube';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { isBusy, PanelBody } from '../../components/Panel';
import { formatBounds, formatRelativeError, formatValue, NO_VALUE, type Value } from '../../format';
import { measuresOf } from './columns';
import './Headline.css';

interface HeadlineProps {
  readonly dataset: Dataset;
  readonly loaded: Loaded<Answered>;
  readonly measure: string;
  readonly onChoose: (measure: string) => void;
}

export function Headline({ dataset, loaded, measure, onChoose }: HeadlineProps) {
  return (
    <section className="headline" aria-label="Totals" aria-busy={isBusy(loaded)}>
      <PanelBody loaded={loaded} announce={false}>
        {(data) => {
          const measures = measuresOf(data, dataset);
          return (
            <ul className="cards">
              {measures.map((info, index) => (
                <li key={info.name}>
                  <Card
                    info={info}
                    value={data.answer.total.values[index] ?? NO_VALUE}
                    chosen={info.name === measure}
                    onChoose={() => onChoose(info.name)}
                  />
                </li>
              ))}
            </ul>
          );
        }}
      </PanelBody>
    </section>
  );
}

interface CardProps {
  readonly info: MeasureInfo;
  readonly value: Value;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function Card({ info, value, chosen, onChoose }: CardProps) {
  const bounds = formatBounds(value, info);
  const relative = formatRelativeError(value, info);
  return (
    <button
      type="button"
      className="card"
      aria-pressed={chosen}
      title={info.expr === null ? `Draw ${info.label}` : `Draw ${info.label} = ${info.expr}`}
      onClick={onChoose}
    >
      <span className="card-label">{info.label}</span>{' '}
      <span className="card-value">{formatValue(value, info)}</span>{' '}
      <span className="card-bounds">
        {bounds ?? 'not defined here'}
        {relative !== null && <span className="card-relative"> {relative}</span>}
      </span>
    </button>
  );
}
