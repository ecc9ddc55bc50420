// Reports filter values that the field does not have, since their answer would look like a true zero. A click replaces
// one by a similar value that exists.

import { type Answered, type Loaded, shownOf } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { t } from '../../language';
import { replaceValue } from './changes';
import type { Change } from './useExplore';
import './Notes.css';
import './UnknownValues.css';

interface UnknownValuesProps {
  readonly dataset: Dataset;
  readonly loaded: Loaded<Answered>;
  readonly change: Change;
}

export function UnknownValues({ dataset, loaded, change }: UnknownValuesProps) {
  const answer = shownOf(loaded)?.answer;
  if (!answer || answer.notices.length === 0) return null;
  const more = answer.noticeCount - answer.notices.length;
  return (
    <div className="note note-caution unknown-values" role="status">
      <ul>
        {answer.notices.map(({ field, value, nearest }) => {
          const info = dataset.fields.find((candidate) => candidate.enumName === field);
          if (!info) return null;
          return (
            <li key={`${field} ${value}`}>
              {t('unknown.value', { field: info.label, value })}
              {nearest.length > 0 && ` ${t('unknown.nearest')} `}
              {nearest.map((known) => (
                <button
                  key={known}
                  type="button"
                  className="button"
                  onClick={() => change((now) => replaceValue(now, info.name, value, known))}
                >
                  <bdi>{known}</bdi>
                </button>
              ))}
            </li>
          );
        })}
      </ul>
      {more > 0 && <p>{t('unknown.more', { n: more })}</p>}
    </div>
  );
}
