// What became of those that were listed a week before.

import { Link } from '@tanstack/react-router';
import { type Dataset, pageOf } from '../../api/dataset';
import type { Became } from '../../api/outlierQueue';
import type { OutlierList } from '../../api/outliers';
import { StackedLabel } from '../../components/Label';
import { Thumbnail } from '../../components/Thumbnail';
import { formatDay, formatList } from '../../format';
import { t } from '../../language';
import { AcknowledgedBy } from './Actions';
import { KindMark } from './KindMark';
import { changeOf, labelOfOutlier } from './reason';
import './Earlier.css';

interface EarlierProps {
  readonly dataset: Dataset;
  readonly list: OutlierList;
  readonly became: readonly Became[];
  /** How many have come since that day. */
  readonly nNew: number;
}

export function Earlier({ dataset, list, became, nNew }: EarlierProps) {
  if (!list.earlier) return <p className="earlier-none">{t('outliers.noEarlier')}</p>;
  const day = formatDay(list.earlier.day);
  const field = dataset.field.get(list.dimension) ?? null;
  return (
    <>
      {became.length === 0 ? (
        <p className="earlier-none">{t('outliers.emptyEarlier', { day })}</p>
      ) : (
        <table className="earlier">
          <caption className="earlier-caption">{t('outliers.earlierTitle', { day })}</caption>
          <thead>
            <tr>
              <th scope="col">{t('outliers.asset')}</th>
              <th scope="col">{t('outliers.then')}</th>
              <th scope="col">{t('outliers.done')}</th>
              <th scope="col">{t('outliers.now')}</th>
            </tr>
          </thead>
          <tbody>
            {became.map((one) => {
              const { outlier, acknowledgement } = one;
              const page = pageOf(dataset, field, outlier.value);
              const name = <StackedLabel text={labelOfOutlier(outlier)} />;
              return (
                <tr key={`${outlier.kind} ${outlier.value}`}>
                  <th scope="row">
                    <span className="earlier-name">
                      <Thumbnail src={outlier.media ?? null} />
                      {page === null ? name : (
                        <Link to={page} params={{ member: outlier.value }} search={{}}>
                          {name}
                        </Link>
                      )}
                    </span>
                  </th>
                  <td>
                    <KindMark kind={outlier.kind} />
                  </td>
                  <td>{acknowledgement === null ? <span className="muted">{t('outliers.notDone')}</span> : <AcknowledgedBy acknowledgement={acknowledgement} />}</td>
                  <td>
                    <Now became={one} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <p className="earlier-none">{t('outliers.newSince', { n: nNew })}</p>
    </>
  );
}

function Now({ became: { outlier, fate } }: { readonly became: Became }) {
  const { rate, watching, kind, now, listedThrough } = outlier;
  const told = kind === 'MISLEADING' && watching ? watching : rate;
  const words =
    fate === 'still'
      ? t('outliers.still')
      : fate === 'turned'
        ? t('outliers.turned', { kind: formatList(now.map((one) => t(`outliers.kinds.${one}`))) })
        : t('outliers.gone', { day: formatDay(listedThrough) });
  return (
    <>
      {words}
      <span className="earlier-now">{told == null ? t('outliers.notCompared') : t('outliers.goneNow', { ratio: changeOf(told).text })}</span>
    </>
  );
}
