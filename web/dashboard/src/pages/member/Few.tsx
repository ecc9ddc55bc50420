// Shown in place of a difference that rests on too few people.

import { FEW_PEOPLE } from './deciding';
import './Few.css';

export function Few() {
  return (
    <span className="few" title={`Fewer than ${FEW_PEOPLE} people: chance alone can move this rate`}>
      <span aria-hidden="true">◌</span> too few
    </span>
  );
}
