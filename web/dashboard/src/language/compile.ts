// Compiles the messages of a resource, so that the page needs no parser: for the build, and for tests that run without it.

import compile from 'icu-minify/compile';
import type { Catalog } from './catalog';

export function compileTexts(messages: Readonly<Record<string, string>>): Catalog {
  return Object.fromEntries(
    Object.entries(messages).map(([key, message]) => {
      try {
        return [key, compile(message)];
      } catch (cause) {
        throw new Error(`the text \`${key}\` is no ICU message: ${String(cause)}`, { cause });
      }
    }),
  );
}
