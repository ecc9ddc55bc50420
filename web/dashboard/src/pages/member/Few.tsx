// Stands where a difference would: what it rests on is too little.

import { FEW_PEOPLE } from './deciding';
import './Few.css';

export function Few() {
  return (
    <span className="few" title={`Fewer than ${FEW_PEOPLE} people: chance alone moves their rate`}>
      <span aria-hidden="true">◌</span> too few
    </span>
  );
}
