// How the values of a filter apply, as data: the words of each operator, where it makes sense, and its filter in GraphQL.

import type { FieldInfo } from '../../api/dataset';
import { type BareKey } from '../../language';

/** A member of a field; null is the missing value. */
export type MemberValue = string | null;

export type CubeFilter = { readonly [name: string]: unknown };

interface OperatorInfo {
  /** The key of its words. */
  readonly words: BareKey;
  /** Whether it applies to a field. */
  readonly applies: (field: FieldInfo) => boolean;
  /** Whether its values may include the missing value. */
  readonly takesMissing: boolean;
  readonly clause: (field: string, values: readonly MemberValue[]) => CubeFilter;
}

/** In the order in which they are offered, and filters are sorted. */
export const OPERATORS = {
  any: {
    words: 'filter.any',
    applies: () => true,
    takesMissing: true,
    // The conditions of one object are joined with AND, so the missing value needs a branch of its own.
    clause: (field, values) => {
      const present = presentOf(values);
      if (present.length === values.length) return { [field]: { anyOf: present } };
      const isNull = { [field]: { isNull: true } };
      return present.length > 0 ? { or: [{ [field]: { anyOf: present } }, isNull] } : isNull;
    },
  },
  all: {
    words: 'filter.all',
    applies: (field) => field.multi,
    takesMissing: false,
    clause: (field, values) => ({ [field]: { allOf: presentOf(values) } }),
  },
  none: {
    words: 'filter.none',
    applies: () => true,
    takesMissing: true,
    clause: (field, values) => {
      const present = presentOf(values);
      const isNull = present.length < values.length;
      return { [field]: { ...(present.length > 0 && { noneOf: present }), ...(isNull && { isNull: false }) } };
    },
  },
} as const satisfies Readonly<Record<string, OperatorInfo>>;

export type Operator = keyof typeof OPERATORS;

export const OPERATOR_NAMES = Object.keys(OPERATORS) as readonly Operator[];

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(OPERATORS, text);
}

function presentOf(values: readonly MemberValue[]): string[] {
  return values.filter((value) => value !== null);
}
