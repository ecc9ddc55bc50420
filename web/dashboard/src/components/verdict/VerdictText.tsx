// A verdict in words; a click opens what it rests on.

import { lazy, Suspense } from 'react';
import type { CellValue } from '../../api/cube';
import type { Dataset, MeasureInfo } from '../../api/dataset';
import { CHANGE_MARKS } from '../../format';
import { t } from '../../language';
import { Dropdown } from '../Dropdown';
import { VERDICT_WORDS, verdictWords } from './words';
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
  const words = verdictWords(verdict.word);
  return (
    <Dropdown
      title={t('verdict.of', { measure: measure.label, of, verdict: words })}
      className={`verdict-word change-${direction}`}
      label={
        <>
          <span aria-hidden="true">{CHANGE_MARKS[direction]}</span> <span className="change-text verdict-text">{words}</span>
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
