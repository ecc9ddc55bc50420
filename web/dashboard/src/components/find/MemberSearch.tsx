// Finds a member by part of its name, in one field or in all: a text field above a list that the arrow keys move in.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import { asGatewayError, wordsOf } from '../../api/client';
import { membersOptions } from '../../api/cube';
import type { Dataset, FieldInfo } from '../../api/dataset';
import { t } from '../../language';
import { StackedLabel } from '../Label';
import { Thumbnail } from '../Thumbnail';
import { useDebounced } from '../useDebounced';
import './MemberSearch.css';

const MOST_FOUND = 24;
/** The pause in typing after which the search is sent. */
const TYPING_PAUSE_MS = 120;

/** Something to choose. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  /** What it is: a field, or a page. */
  readonly kind: string;
  readonly media?: string | null;
  readonly choose: () => void;
}

export interface FoundMember {
  readonly field: FieldInfo;
  readonly value: string;
  readonly label: string;
  readonly media: string | null;
}

interface MemberSearchProps {
  readonly dataset: Dataset;
  readonly version: number;
  /** Null for all fields. */
  readonly field: FieldInfo | null;
  readonly label: string;
  readonly placeholder: string;
  /** Choices that precede the members, for a search text. */
  readonly before: (search: string) => readonly Choice[];
  readonly onChoose: (member: FoundMember) => void;
}

export function MemberSearch({ dataset, version, field, label, placeholder, before, onChoose }: MemberSearchProps) {
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const asked = useDebounced(search.trim(), TYPING_PAUSE_MS);
  const members = useQuery({
    ...membersOptions(version, { field: field?.enumName ?? null, search: asked, first: MOST_FOUND }),
    enabled: asked !== '' || field !== null,
    placeholderData: keepPreviousData,
  });
  const found = (asked === '' && field === null ? [] : (members.data?.members ?? [])).flatMap((member): Choice[] => {
    const of = dataset.fields.find(({ enumName }) => enumName === member.field);
    const { value, media } = member;
    if (!of || value === null) return [];
    const chosen = { field: of, value, label: member.label, media };
    return [{ id: `${of.name}=${value}`, label: member.label, kind: of.label, media, choose: () => onChoose(chosen) }];
  });
  const leading = before(search.trim());
  const known = new Set(leading.map(({ id }) => id));
  const choices = [...leading, ...found.filter(({ id }) => !known.has(id))];
  const active = Math.min(at, choices.length - 1);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && choices.length > 0) {
      event.preventDefault();
      const next = (active + step + choices.length) % choices.length;
      setAt(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      choices[active]?.choose();
    }
  };

  return (
    <div className="find">
      <input
        className="input find-input"
        // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
        aria-label={label}
        placeholder={placeholder}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={search}
        onChange={({ target }) => {
          setSearch(target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} className="find-list" role="listbox" aria-label={label}>
        {choices.map((choice, index) => (
          // The text field handles the keys.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={choice.id}
            id={`${list}-${index}`}
            className={index === active ? 'find-choice find-active' : 'find-choice'}
            role="option"
            aria-selected={index === active}
            tabIndex={-1}
            onClick={choice.choose}
            onPointerMove={() => setAt(index)}
          >
            {choice.media !== undefined && choice.media !== null && <Thumbnail src={choice.media} />}
            <span className="find-label">
              <StackedLabel text={choice.label} />
            </span>
            <span className="find-kind">{choice.kind}</span>
          </div>
        ))}
      </div>
      <p className="find-note" role="status">
        {members.error
          ? wordsOf(asGatewayError(members.error))
          : choices.length === 0 && !members.isFetching && asked !== ''
            ? t('find.none')
            : ''}
      </p>
    </div>
  );
}
