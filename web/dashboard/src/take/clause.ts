// A filter read back from the page's GraphQL, to be written in words, for the command line and in SQL.

import type { Dataset, FieldInfo } from '../api/dataset';
import type { CubeQuery } from '../api/generated';

type CubeFilter = NonNullable<CubeQuery['where']>;

/** The ways in which the values of a filter apply, as GraphQL names them. */
export type Operator = 'anyOf' | 'allOf' | 'noneOf';

export type Clause =
  | { readonly kind: 'all' | 'some'; readonly parts: readonly Clause[] }
  | { readonly kind: 'not'; readonly part: Clause }
  | { readonly kind: 'missing'; readonly field: FieldInfo; readonly is: boolean }
  | { readonly kind: 'values'; readonly field: FieldInfo; readonly operator: Operator; readonly values: readonly string[] };

/** Null if nothing is filtered. Throws on a part that the page never uses. */
export function readClause(where: CubeFilter | null, dataset: Dataset): Clause | null {
  const parts = where === null ? [] : Object.entries(where).flatMap(([name, part]) => partsOf(name, part, dataset));
  return joined('all', parts);
}

function joined(kind: 'all' | 'some', parts: readonly Clause[]): Clause | null {
  const [only] = parts;
  if (only === undefined) return null;
  return parts.length === 1 ? only : { kind, parts };
}

function partsOf(name: string, part: unknown, dataset: Dataset): Clause[] {
  if ((name === 'and' || name === 'or') && Array.isArray(part)) {
    const inner = part.flatMap((one) => readClause(one as CubeFilter, dataset) ?? []);
    const all = joined(name === 'and' ? 'all' : 'some', inner);
    return all === null ? [] : [all];
  }
  if (name === 'not') {
    const inner = readClause(part as CubeFilter, dataset);
    return inner === null ? [] : [{ kind: 'not', part: inner }];
  }
  const field = dataset.fields.find(({ fieldName }) => fieldName === name);
  if (field === undefined || typeof part !== 'object' || part === null) throw new Error(`a filter has the part ${name}`);
  return Object.entries(part).map(([operator, value]): Clause => {
    if (operator === 'isNull') return { kind: 'missing', field, is: value === true };
    if (operator === 'anyOf' || operator === 'allOf' || operator === 'noneOf') return { kind: 'values', field, operator, values: value as string[] };
    throw new Error(`a filter has the operator ${operator}`);
  });
}
