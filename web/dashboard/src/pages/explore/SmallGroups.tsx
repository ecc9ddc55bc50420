// Says that small groups are withheld, since without a word they would look like groups without data.

import { type Answered, type Loaded, shownOf } from '../../api/cube';
import { t } from '../../language';
import './Notes.css';

export function SmallGroups({ loaded }: { readonly loaded: Loaded<Answered> }) {
  const withheld = shownOf(loaded)?.answer.withheld;
  if (!withheld) return null;
  const { minPeople, rowCount } = withheld;
  return (
    <p className="note" role="status">
      {rowCount > 0 ? t('small.withheldHere', { people: minPeople, n: rowCount }) : t('small.withheld', { people: minPeople })}
    </p>
  );
}
