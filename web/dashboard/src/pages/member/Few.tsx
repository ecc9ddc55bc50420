// Shown in place of a difference that rests on too few people.

import { t } from '../../language';
import { FEW_PEOPLE } from './deciding';
import './Few.css';

export function Few() {
  return (
    <span className="few" title={t('member.fewTitle', { people: FEW_PEOPLE })}>
      <span aria-hidden="true">◌</span> {t('member.few')}
    </span>
  );
}
