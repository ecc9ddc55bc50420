// Chooses the values of one filter: search, tick, or paste a list.
//
// Every tick takes effect at once. The first one of an open editor is a new entry of the history and those after it
// replace that entry, so that Back undoes the whole edit.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ClipboardEvent, useEffect, useRef, useState } from 'react';
import { Autocomplete, Input, ListBox, ListBoxItem, SearchField } from 'react-aria-components';
import { asGatewayError, wordsOf } from '../../api/client';
import { type MembersAsked, membersOptions } from '../../api/cube';
import type { FieldInfo } from '../../api/dataset';
import { StackedLabel } from '../../components/Label';
import { Segments } from '../../components/Segments';
import { Thumbnail } from '../../components/Thumbnail';
import { useNewest } from '../../components/useNewest';
import { formatCount } from '../../format';
import { valueText } from './FilterChip';
import { type MemberValue, OPERATOR_NAMES, OPERATORS } from './operators';
import { findPasted, fold, MOST_MEMBERS, splitPasted } from './paste';
import type { Filter } from './state';
import type { ChangeOptions } from './useExplore';
import { useDebounced } from '../../components/useDebounced';
import { t } from '../../language';
import '../../components/CheckList.css';
import '../../components/Panel.css';
import './FilterEditor.css';

const FIRST_MEMBERS = 50;
const MORE_MEMBERS = 200;
/** How many chosen values are listed; the rest are counted. */
const MOST_TOKENS = 50;
/** The pause in typing after which the search is sent. */
const TYPING_PAUSE_MS = 120;

/** Keys of the list: values have a letter in front, so that none is mistaken for the missing value. */
const toKey = (value: MemberValue) => (value === null ? 'null' : `=${value}`);
const fromKey = (key: string): MemberValue => (key === 'null' ? null : key.slice(1));

/** The page's filter and days, by which the rows of each value are counted. */
export type Scope = Pick<MembersAsked, 'where' | 'from' | 'to'>;

interface FilterEditorProps {
  readonly field: FieldInfo;
  readonly version: number;
  readonly scope: Scope;
  readonly start: Filter;
  readonly onChange: (next: Filter, replaces: Filter, options?: ChangeOptions) => string | null;
  readonly onBack?: () => void;
  readonly onUnmount?: () => void;
}

export default function FilterEditor({ field, version, scope, start, onChange, onBack, onUnmount }: FilterEditorProps) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(start);
  const [search, setSearch] = useState('');
  const [pasteNote, setPasteNote] = useState<string | null>(null);
  const asked = useDebounced(search.trim(), TYPING_PAUSE_MS);
  const [first, setFirst] = useState(FIRST_MEMBERS);
  // As of the editor's opening, so that ticking moves no value away from the pointer; nothing else changes meanwhile.
  const [held] = useState(scope);
  const members = useQuery({
    ...membersOptions(version, { field: field.enumName, search: asked, first, ...held }),
    placeholderData: keepPreviousData,
  });

  const unmount = useNewest(onUnmount);
  useEffect(() => () => unmount.current?.(), [unmount]);

  const edited = useRef(false);
  const newest = useRef(draft);
  const [refusal, setRefusal] = useState<string | null>(null);
  /** Whether the change was made; it is refused if the address would be too long. */
  const update = (part: Partial<Filter>): boolean => {
    const next = { ...newest.current, ...part };
    const previous = newest.current;
    if (next.values.length > 0 || previous.values.length > 0) {
      const refused = onChange(next, previous, { replace: edited.current });
      setRefusal(refused);
      if (refused !== null) return false;
      edited.current = true;
    }
    newest.current = next;
    setDraft(next);
    return true;
  };

  // Until the search is answered, the old list is narrowed here, so that Enter never ticks a value that does not match
  // the typed text.
  const settled = asked === search.trim() && !members.isPlaceholderData;
  const shown = (members.data?.members ?? []).filter(
    (member) => (OPERATORS[draft.operator].takesMissing || member.value !== null) && (settled || matches(member, search.trim())),
  );
  const shownKeys = new Set(shown.map((member) => toKey(member.value)));
  const chosenKeys = new Set(draft.values.map(toKey));

  const lookUp = (text: string, count: number, offset: number) =>
    client.fetchQuery(membersOptions(version, { field: field.enumName, search: text, first: count, offset }));
  const addFound = async () => {
    setPasteNote(t('filter.lookingAll'));
    try {
      const found = await lookUp(asked, MOST_MEMBERS, 0);
      const values = found.members.map(({ value }) => value).filter((value) => value !== null || OPERATORS[draft.operator].takesMissing);
      const isDone = update({ values: [...new Set([...newest.current.values, ...values])] });
      setPasteNote(isDone ? t('filter.added', { added: values.length, all: found.total }) : t('filter.noneAdded'));
    } catch (error) {
      setPasteNote(t('filter.notLooked', { why: wordsOf(asGatewayError(error)) }));
    }
  };
  const addPasted = async (pasted: readonly string[]) => {
    setPasteNote(t('filter.looking', { n: pasted.length }));
    try {
      const { found, unknown } = await findPasted(pasted, lookUp);
      if (found.length > 0 && !update({ values: [...new Set([...newest.current.values, ...found])] })) {
        setPasteNote(t('filter.pastedNone', { n: pasted.length }));
        return;
      }
      const counts = { added: found.length, all: pasted.length };
      setPasteNote(unknown.length > 0 ? t('filter.pastedUnknown', { ...counts, unknown: unknown.join(', ') }) : t('filter.pasted', counts));
    } catch (error) {
      setPasteNote(t('filter.notLooked', { why: wordsOf(asGatewayError(error)) }));
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = splitPasted(event.clipboardData.getData('text'));
    if (pasted.length < 2) return;
    event.preventDefault();
    void addPasted(pasted);
  };

  const operators = OPERATOR_NAMES.filter((operator) => OPERATORS[operator].applies(field));
  return (
    <div className="filter-editor">
      <div className="filter-head">
        {onBack && (
          <button type="button" className="button button-quiet" onClick={onBack} aria-label={t('filter.back')}>
            <span aria-hidden="true">‹</span>
          </button>
        )}
        <strong>{field.label}</strong>
        <span className="filter-operators">
          <Segments
            legend={t('filter.how')}
            name="operator"
            options={operators.map((id) => ({ id, label: t(OPERATORS[id].words) }))}
            value={draft.operator}
            onChange={(operator) =>
              update({
                operator,
                values: OPERATORS[operator].takesMissing ? draft.values : draft.values.filter((value) => value !== null),
              })
            }
          />
        </span>
      </div>
      <Autocomplete inputValue={search} onInputChange={setSearch} disableAutoFocusFirst>
        <SearchField aria-label={t('filter.search', { field: field.label })} autoFocus>
          {/* A combobox, since the list below belongs to this input and is always open. Autocomplete adds
              `aria-controls`. */}
          <Input
            className="input"
            // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props
            role="combobox"
            aria-expanded
            aria-haspopup="listbox"
            placeholder={t('filter.hint')}
            onPaste={onPaste}
          />
        </SearchField>
        <ListBox
          className={!settled ? 'checklist members updating' : 'checklist members'}
          aria-label={t('filter.valuesOf', { field: field.label })}
          selectionMode="multiple"
          escapeKeyBehavior="none"
          items={shown.map((member) => ({ ...member, id: toKey(member.value) }))}
          selectedKeys={chosenKeys}
          renderEmptyState={() => (
            <p className="panel-hint">
              {members.error ? wordsOf(asGatewayError(members.error)) : settled && members.data ? t('filter.noMatch') : t('words.loading')}
            </p>
          )}
          onSelectionChange={(keys) => {
            if (keys === 'all') return;
            // Chosen values stay chosen when the search hides them.
            const hidden = draft.values.filter((value) => !shownKeys.has(toKey(value)));
            const ticked = [...keys].map(String).filter((key) => shownKeys.has(key));
            update({ values: [...hidden, ...ticked.map(fromKey)] });
          }}
        >
          {(member) => (
            <ListBoxItem
              id={member.id}
              textValue={member.label}
              className={countOf(member) === 0 ? 'checklist-item member-gone' : 'checklist-item'}
            >
              <span className="tick" aria-hidden="true" />
              {field.hasMedia && <Thumbnail src={member.media} />}
              <span className="member-label">
                <StackedLabel text={member.label} />
              </span>{' '}
              <span className="muted checklist-note">
                {countOf(member) === null ? '' : formatCount(countOf(member) ?? 0)}
                <span className="visually-hidden"> {t('filter.rows')}</span>
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Autocomplete>
      <div className="filter-more">
        {settled && members.data !== undefined && members.data.total > shown.length && (
          <button type="button" className="button button-quiet" onClick={() => setFirst(first + MORE_MEMBERS)}>
            {t('filter.more')}
          </button>
        )}
        {settled && asked !== '' && shown.length > 0 && (
          <button type="button" className="button button-quiet" onClick={() => void addFound()}>
            {t('filter.selectAll', { n: members.data?.total ?? 0 })}
          </button>
        )}
      </div>
      {/* Below the list, so that ticking moves no row away from the pointer. */}
      {draft.values.length > 0 && (
        <ul className="tokens" aria-label={t('filter.chosen')}>
          {draft.values.slice(0, MOST_TOKENS).map((value) => (
            <li key={toKey(value)}>
              <button
                type="button"
                className="token"
                aria-label={t('words.remove', { label: valueText(value) })}
                onClick={() => update({ values: draft.values.filter((other) => other !== value) })}
              >
                <bdi>{valueText(value)}</bdi> <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
          {draft.values.length > MOST_TOKENS && (
            <li className="muted">{t('filter.andMore', { n: draft.values.length - MOST_TOKENS })}</li>
          )}
        </ul>
      )}
      {refusal !== null && (
        <p className="filter-refusal" role="alert">
          {refusal}
        </p>
      )}
      <p className="filter-foot muted" role="status">
        {pasteNote ?? (settled ? membersNote(members.data?.total, shown.length) : '')}
      </p>
    </div>
  );
}

function matches(member: { readonly value: string | null; readonly label: string }, text: string): boolean {
  const folded = fold(text);
  return [member.value ?? '', member.label].some((candidate) => fold(candidate).includes(folded));
}

/** How many rows of a value the rest of the filter leaves; null if unknown. */
function countOf(member: { readonly nCells: number; readonly nCellsLeft: number | null }): number | null {
  return member.nCellsLeft ?? member.nCells ?? null;
}

function membersNote(total: number | undefined, nShown: number): string {
  if (total === undefined) return '';
  if (total > nShown) return t('filter.someOf', { shown: nShown, all: total });
  return t('filter.count', { n: total });
}
