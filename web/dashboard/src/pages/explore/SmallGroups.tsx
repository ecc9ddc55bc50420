// Says that small groups are withheld, since without a word they would look like groups without data.

import { type Answered, type Loaded, shownOf } from '../../api/cube';
import { formatCount } from '../../format';
import './Notes.css';

export function SmallGroups({ loaded }: { readonly loaded: Loaded<Answered> }) {
  const withheld = shownOf(loaded)?.answer.withheld;
  if (!withheld) return null;
  const { minPeople, rowCount } = withheld;
  return (
    <p className="note" role="status">
      Groups of fewer than {formatCount(minPeople)} people are withheld{rowCount > 0 && ` (${formatCount(rowCount)} here)`}. People are rounded to
      multiples of {formatCount(minPeople)}.
    </p>
  );
}
