// What a resource of texts is, when the build has compiled its messages.

import type { CompiledMessage } from 'icu-minify/format';

/** Compiled messages, by key. */
export type Catalog = Readonly<Record<string, CompiledMessage>>;

/** What a language does to a text when all is filled in. */
export type Finish = (text: string) => string;

export interface Resource {
  readonly texts: Catalog;
  readonly finish: Finish;
}
