// No text that people read stands outside of the resources.

import { readFileSync } from 'node:fs';
import { parseSync, Visitor } from 'vite';
import { describe, expect, it } from 'vitest';

/** Pictures and questions, which are code that is written out; GraphiQL, which has English only; and what only developers see. */
const FREE = /^(\.\/|\.\.\/(testing\/|api\/generated|pages\/(graphiql|components)\/|take\/(testing|drawing|questions)\.ts))/;

/** Names, keys of a keyboard, and words of queries, which are the same in every language. */
const NAMES = new Set(['Clio', 'GraphiQL', 'Ctrl K', 'Ctrl Z', 'Ctrl Shift Z', 'Ctrl Z, Ctrl Shift Z', 'Home, End', 'clio query', 'no pong']);
/** Values of attributes and keys of events. */
const KEYS = /^(Arrow(Up|Down|Left|Right)|Page(Up|Down)|Home|End|Enter|Escape|Tab|Backspace|Delete|TypeError|AbortError|Invalid)$/;
const READ = /^(aria-(label|valuetext|description|roledescription)|title|placeholder|alt|label|legend|note|accessibleName|text|hint)$/;

/** Two words of a sentence, or one with a capital that may be a label. */
const isProse = (text: string) => (/[a-z]{2,}[,:;.]? [a-z]{2,}/i.test(text) || /^[A-Z][a-z]+[.…]?$/.test(text.trim())) && !isCode(text);
/** Classes of elements, and HTML. */
const isCode = (text: string) => /^([a-z]+ )?[a-z]+(-[a-z]*)+$/.test(text.trim()) || text.startsWith('<');
const hasWord = (text: string) => /\p{L}{2,}/u.test(text);

interface Found {
  readonly line: number;
  readonly text: string;
}

function proseIn(name: string, code: string): Found[] {
  const { program, errors } = parseSync(name, code);
  if (errors.length > 0) throw new Error(`${name} cannot be parsed`);
  const found: Found[] = [];
  const silent: (readonly [number, number])[] = [];
  const isSilent = (at: number) => silent.some(([from, to]) => at >= from && at < to);
  const report = (at: number, text: string) => {
    const trimmed = text.trim();
    if (!NAMES.has(trimmed) && !KEYS.test(trimmed) && !isSilent(at)) found.push({ line: code.slice(0, at).split('\n').length, text: trimmed });
  };
  const silence = ({ start, end }: { readonly start: number; readonly end: number }) => silent.push([start, end]);
  new Visitor({
    // Of a mistake in the code.
    ThrowStatement: (node) => {
      if (code.startsWith('throw new Error(', node.start)) silence(node);
    },
    ImportDeclaration: silence,
    TSLiteralType: silence,
    CallExpression: (node) => {
      const callee = code.slice(node.callee.start, node.callee.end);
      // Texts by their keys, selectors of elements, and types of events.
      if (/^(t|rich|.*\.(querySelector|querySelectorAll|closest|matches|includes|startsWith|endsWith|setAttribute|getAttribute|test|exec))$/.test(callee)) {
        for (const argument of node.arguments) if (argument.type === 'Literal' || argument.type === 'TemplateLiteral') silence(argument);
      }
    },
    JSXAttribute: (node) => {
      const attribute = code.slice(node.name.start, node.name.end);
      if (/^(className|d|style|viewBox|transform|points|key|id|to|rel|autoComplete)$/.test(attribute)) silence(node);
      else if (READ.test(attribute) && node.value?.type === 'Literal' && hasWord(String(node.value.value))) {
        report(node.value.start, String(node.value.value));
        silence(node.value);
      }
    },
    JSXText: (node) => {
      if (hasWord([...NAMES].reduce((text, word) => text.replaceAll(word, ''), node.value))) report(node.start, node.value);
    },
    Literal: (node) => {
      if (typeof node.value === 'string' && isProse(node.value)) report(node.start, node.value);
    },
    TemplateElement: (node) => {
      if (isProse(node.value.raw)) report(node.start, node.value.raw);
    },
  }).visit(program);
  return found;
}

const names = Object.keys(import.meta.glob(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}'])).filter((name) => !FREE.test(name));

describe('texts outside of the resources', () => {
  it('are there none', () => {
    expect(names.length).toBeGreaterThan(100);
    const found = names.flatMap((name) => proseIn(name, readFileSync(new URL(name, import.meta.url), 'utf8')).map(({ line, text }) => `${name}:${line}: ${text}`));
    expect(found).toEqual([]);
  });

  // Otherwise nothing would ever be found.
  it('are found in every form', () => {
    const code = [
      "const a = <p>Not here</p>;",
      "const b = <p aria-label=\"Snapshot\">{n} days</p>;",
      'const c = `${n} of the people`;',
      "const d = { label: 'Explore' };",
      "const e = <p className=\"panel kept\">{t('panel.kept')} · Clio</p>;",
      "throw new Error('no such thing here');",
    ];
    expect(proseIn('a.tsx', code.join('\n')).map(({ line, text }) => `${line}: ${text}`)).toEqual(['1: Not here', '2: Snapshot', '2: days', '3: of the people', '4: Explore']);
  });
});
