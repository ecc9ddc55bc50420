// What a click on a member does: it opens the member's page, or filters this page by the member.

import { Link } from '@tanstack/react-router';
import { createContext, type ReactNode, useContext } from 'react';
import type { CubeRow } from '../../api/cube';
import { type Dataset, type GroupKeyInfo, pageOf } from '../../api/dataset';
import { t } from '../../language';
import type { MemberValue } from './operators';
import { withOnly } from './changes';
import type { ExploreState } from './state';
import { type Change, carriedSearch } from './usePageState';

export interface Actions {
  readonly dataset: Dataset;
  readonly state: ExploreState;
  readonly change: Change;
  /** The field whose members can be ticked; null if none can. */
  readonly tickable: string | null;
  readonly ticked: ReadonlySet<string>;
  readonly tick: (value: string) => void;
}

/** For lists whose members can be clicked, but not ticked. */
export const NOTHING_TICKED: Pick<Actions, 'tickable' | 'ticked' | 'tick'> = { tickable: null, ticked: new Set(), tick: () => {} };

/** Null where rows cannot be clicked. */
export const ActionsContext = createContext<Actions | null>(null);

interface KeyActionProps {
  readonly info: GroupKeyInfo;
  readonly cell: CubeRow['keys'][number];
  readonly className: string;
  /** -1 where rows have keys of their own, and the Tab key skips them. */
  readonly tabIndex?: number;
  readonly children: ReactNode;
}

export function KeyAction({ info, cell, className, tabIndex, children }: KeyActionProps) {
  const actions = useContext(ActionsContext);
  if (actions === null) return <span className={className}>{children}</span>;
  const { dataset, state, change } = actions;
  const page = pageOf(dataset, info.field, cell.value);
  if (page !== null && cell.value !== null) {
    return (
      <Link
        to={page}
        params={{ member: cell.value }}
        search={carriedSearch(state, dataset, { filters: state.filters.filter(({ field }) => field !== info.name) })}
        className={className}
        tabIndex={tabIndex}
        title={t('words.open', { label: cell.label })}
      >
        {children}
      </Link>
    );
  }
  const [words, update] = narrowed(info, cell.value, cell.label);
  if (update === null) return <span className={className}>{children}</span>;
  return (
    <button type="button" className={className} tabIndex={tabIndex} title={words} onClick={() => change(update)}>
      {children}
    </button>
  );
}

/** The words and the change that narrow the page to a member, or to the days of a step. */
function narrowed(
  info: GroupKeyInfo,
  value: MemberValue,
  label: string,
): readonly [string, ((state: ExploreState) => ExploreState) | null] {
  if (info.field !== null) return [t('words.only', { label }), (now) => withOnly(now, info.name, [value])];
  const step = value === null ? null : info.grain.stepOf(value);
  if (step === null) return ['', null];
  return [t('words.only', { label: info.grain.print(step.value) }), (now) => ({ ...now, last: null, from: step.first, to: step.last })];
}

/** The member of a row that can be ticked; null if there is none. */
export function tickOf(row: CubeRow, keys: readonly GroupKeyInfo[], tickable: string | null): string | null {
  const position = keys.findIndex((key) => key.name === tickable);
  return position < 0 ? null : (row.keys[position]?.value ?? null);
}
