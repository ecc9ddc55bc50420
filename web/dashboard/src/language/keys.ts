// The keys of texts, with what each takes, read by the compiler from the English ones.

import type { GetICUArgs } from '@schummar/icu-type-parser';
import type { ReactElement } from 'react';
import type { English } from './en/index';

export type TextKey = keyof English;

/** A text with elements in it. */
export type RichKey = { [Key in TextKey]: English[Key] extends `${string}</${string}` ? Key : never }[TextKey];

export type PlainKey = Exclude<TextKey, RichKey>;

/** A key that takes nothing, for lists of them. */
export type BareKey = { [Key in PlainKey]: English[Key] extends `${string}{${string}` ? never : Key }[PlainKey];

/** A number is printed by the text itself, where it is counted; whatever else is a text that `src/format` has printed. */
interface Options {
  readonly ICUArgument: string;
  readonly ICUNumberArgument: number;
  readonly ICUDateArgument: never;
}

export type ValuesOf<Key extends TextKey> = GetICUArgs<English[Key], Options>;

export type Arguments<Key extends TextKey> = keyof ValuesOf<Key> extends never ? [] : [values: ValuesOf<Key>];

type TagsIn<Message extends string> = Message extends `${string}</${infer Tag}>${infer Rest}` ? Tag | TagsIn<Rest> : never;

export type Tags<Key extends TextKey> = Readonly<Record<TagsIn<English[Key]>, ReactElement>>;
