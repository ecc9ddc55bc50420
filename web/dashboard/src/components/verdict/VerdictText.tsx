// A verdict in words; a click opens what it rests on.

import { lazy, Suspense } from 'react';
import type { CellValue } from '../../api/cube';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { CHANGE_MARKS } from '../../format';
import { Dropdown } from '../Dropdown';
import { VERDICT_WORDS } from './words';
import '../ChangeText.css';
import './VerdictText.css';

const VerdictDetails = lazy(() => import('./VerdictDetails'));

interface VerdictTextProps {
  readonly dataset: Dataset;
  readonly measure: MeasureInfo;
  readonly value: CellValue;
  /** What the verdict is about. */
  readonly of: string;
}

export function VerdictText({ dataset, measure, value, of }: VerdictTextProps) {
  const { verdict } = value;
  if (!verdict) return null;
  const { direction } = VERDICT_WORDS[verdict.word];
  return (
    <Dropdown
      title={`${measure.label} of ${of}: ${verdict.text}`}
      className={`verdict-word change-${direction}`}
      label={
        <>
          <span aria-hidden="true">{CHANGE_MARKS[direction]}</span> <span className="change-text verdict-text">{verdict.text}</span>
        </>
      }
    >
      {() => (
        <Suspense fallback={null}>
          <VerdictDetails dataset={dataset} measure={measure} value={value} verdict={verdict} takesFocus />
        </Suspense>
      )}
    </Dropdown>
  );
}
