// The members opened last, kept by the browser for each dataset.

import type { Dataset } from '../../api/dataset';
import type { FoundMember } from './MemberSearch';

const MOST = 8;

interface Kept {
  readonly field: string;
  readonly value: string;
  readonly label: string;
  readonly media: string | null;
}

const keyOf = (dataset: string) => `clio-recent-${dataset}`;

export function readRecent(dataset: Dataset): readonly FoundMember[] {
  return readKept(dataset.name).flatMap(({ field, ...member }) => {
    const info = dataset.field.get(field);
    return info ? [{ ...member, field: info }] : [];
  });
}

export function remember(dataset: string, { field, value, label, media }: FoundMember): void {
  const kept: Kept = { field: field.name, value, label, media };
  const others = readKept(dataset).filter((one) => one.field !== kept.field || one.value !== kept.value);
  try {
    localStorage.setItem(keyOf(dataset), JSON.stringify([kept, ...others].slice(0, MOST)));
  } catch {
    // A browser that forbids storage remembers nothing.
  }
}

function readKept(dataset: string): readonly Kept[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(dataset)) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(one: unknown): one is Kept {
  const { field, value, label, media } = (one ?? {}) as Record<string, unknown>;
  return [field, value, label].every((text) => typeof text === 'string') && (media === null || typeof media === 'string');
}
