// The totals over everything that the filter leaves, one for each measure: the charted one large, the others small.
// Choosing one charts it and sorts the table by it.

import { type Answered, type Loaded, measuresOf, NO_CELL, shownOf } from '../../api/cube';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { ChangeText } from '../../components/ChangeText';
import { isBusy, PanelBody } from '../../components/Panel';
import { TakeButton } from '../../components/TakeButton';
import { VerdictText } from '../../components/verdict/VerdictText';
import { formatBounds, formatRelativeError, formatShort, formatValue, type Value } from '../../format';
import { t } from '../../language';
import { totalsOf } from '../../take/totals';
import '../../components/TakeButton.css';
import './Headline.css';

interface HeadlineProps {
  readonly dataset: Dataset;
  readonly loaded: Loaded<Answered>;
  readonly measure: string;
  readonly onChoose: (measure: string) => void;
}

export function Headline({ dataset, loaded, measure, onChoose }: HeadlineProps) {
  const shown = shownOf(loaded);
  return (
    <section className="headline take-place" aria-label={t('explore.totals')} data-tour="totals" aria-busy={isBusy(loaded)}>
      <PanelBody loaded={loaded} announce={false}>
        {(data) => {
          const measures = measuresOf(data, dataset);
          const compared = data.query.compare != null;
          return (
            <ul className={compared ? 'cards cards-compared' : 'cards'}>
              {measures.map((info, index) => (
                <li key={info.name} className={info.name === measure ? 'card-lead' : undefined}>
                  <Card
                    info={info}
                    value={data.answer.total.values[index] ?? NO_CELL}
                    compared={compared}
                    chosen={info.name === measure}
                    onChoose={() => onChoose(info.name)}
                  />
                  <div className="card-verdict">
                    <VerdictText dataset={dataset} measure={info} value={data.answer.total.values[index] ?? NO_CELL} of={t('words.allSmall')} />
                  </div>
                </li>
              ))}
            </ul>
          );
        }}
      </PanelBody>
      {shown && <TakeButton title={t('explore.totals')} answered={totalsOf(shown)} inCorner />}
    </section>
  );
}

interface CardProps {
  readonly info: MeasureInfo;
  readonly value: Answered['answer']['total']['values'][number];
  readonly compared: boolean;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function Card({ info, value, compared, chosen, onChoose }: CardProps) {
  const bounds = formatBounds(value, info);
  const relative = formatRelativeError(value, info);
  return (
    <button
      type="button"
      className="card"
      aria-pressed={chosen}
      title={info.expr === null ? t('explore.draw', { measure: info.label }) : t('explore.drawExpr', { measure: info.label, expr: info.expr })}
      onClick={onChoose}
    >
      <span className="card-label">{info.label}</span> <Figure value={value} info={info} />{' '}
      <span className="card-bounds">
        {bounds ?? t('explore.notDefined')}
        {relative !== null && <span className="card-relative"> {relative}</span>}
      </span>
      {compared && (
        <span className="card-change">
          {' '}
          <ChangeText compared={value.compared} style={info} />
        </span>
      )}
    </button>
  );
}

/** A large number in short form, and in full under the pointer, on focus, and for screen readers. */
function Figure({ value, info }: { readonly value: Value; readonly info: MeasureInfo }) {
  const short = formatShort(value, info);
  if (short === null) return <span className="card-value">{formatValue(value, info)}</span>;
  return (
    <span className="card-value card-shortened">
      <span className="card-short" aria-hidden="true">
        {short}
      </span>
      <span className="card-whole">{formatValue(value, info)}</span>
    </span>
  );
}
