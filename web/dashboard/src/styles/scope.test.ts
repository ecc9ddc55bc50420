// Every component has a stylesheet of its own, or none: a class is defined in one place, and used where that is imported.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

// The names alone come from Vite, which gives tests no styles to read.
const sheets = read(import.meta.glob(['../**/*.css', '!../pages/graphiql/**']));
const views = read(import.meta.glob(['../**/*.tsx', '!../**/*.test.tsx', '!../pages/graphiql/**']));

function read(files: Record<string, unknown>): Record<string, string> {
  const text = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
  return Object.fromEntries(Object.keys(files).map((name) => [name, text(name)]));
}

/** What every page may use: the theme, plain elements and plain controls. */
const isShared = (sheet: string) => /^(\.\/|\.\.\/styles\/)/.test(sheet);

/** The selectors of a stylesheet, those within media queries too. */
function selectorsOf(css: string): string[] {
  const heads = css.replaceAll(/\/\*.*?\*\//gs, '').matchAll(/([^{};]+)\{/g);
  return [...heads].flatMap(([, head = '']) => head.split(/,(?![^(]*\))/)).map((selector) => selector.trim());
}

const classesOf = (selector: string) => [...selector.matchAll(/\.([a-zA-Z][\w-]*)/g)].map(([, name = '']) => name);

/** The classes that a stylesheet is about: the outermost of each selector. */
const ownOf = (css: string) => new Set(selectorsOf(css).flatMap((selector) => classesOf(selector).slice(0, 1)));

const mentionedIn = (css: string) => new Set(selectorsOf(css).flatMap(classesOf));

/** The words in the class names of a view; one that is put together counts by its beginning. */
function usedIn(view: string): string[] {
  const attributes = view.matchAll(/className=(?:"([^"]*)"|\{((?:[^{}]|\{[^{}]*\})*)\})/g);
  return [...attributes].flatMap(([, plain, computed]) => {
    if (plain !== undefined) return plain.split(/\s+/);
    const texts = [...(computed ?? '').matchAll(/'([^']*)'|`([^`]*)`/g)].map(([, quoted, template]) => quoted ?? template ?? '');
    return texts.flatMap((text) => text.replaceAll(/\$\{[^}]*\}/g, '*').split(/\s+/));
  }).filter((word) => /^[a-z]/i.test(word));
}

function resolve(from: string, to: string): string {
  return new URL(to, `https://src/a/${from}`).pathname;
}

describe('stylesheets', () => {
  test('define each class in one place', () => {
    const places = new Map<string, string[]>();
    for (const [sheet, css] of Object.entries(sheets)) {
      for (const name of ownOf(css)) places.set(name, [...(places.get(name) ?? []), sheet]);
    }
    expect(places.size).toBeGreaterThan(80);
    expect([...places].filter(([, found]) => found.length > 1)).toEqual([]);
  });

  test('are next to the component that they are named after, which imports them', () => {
    const lonely = Object.keys(sheets).filter((sheet) => {
      const view = views[sheet.replace(/css$/, 'tsx')] ?? '';
      return !isShared(sheet) && !view.includes(`import './${sheet.split('/').at(-1) ?? ''}';`);
    });
    expect(lonely).toEqual([]);
  });

  test('are imported wherever one of their classes is used', () => {
    const shared = Object.entries(sheets).filter(([name]) => isShared(name));
    const unknown = Object.entries(views).flatMap(([name, view]) => {
      const imported = new Set([...view.matchAll(/^import '([^']+\.css)';/gm)].map(([, path = '']) => resolve(name, path)));
      const own = Object.entries(sheets).filter(([sheet]) => imported.has(resolve(sheet, '')));
      const known = new Set([...shared, ...own].flatMap(([, css]) => [...mentionedIn(css)]));
      const isKnown = (word: string) =>
        word.includes('*') ? [...known].some((one) => one.startsWith(word.split('*')[0] ?? '')) : known.has(word);
      return usedIn(view).filter((word) => !isKnown(word)).map((word) => `${name}: ${word}`);
    });
    expect(unknown).toEqual([]);
  });

  test('have no unused classes', () => {
    const all = Object.values(views).join('\n');
    // One that is put together is named by its beginning: `heat-${shade}`.
    const isPutTogether = (name: string) => [...name.matchAll(/-/g)].some(({ index }) => all.includes(`${name.slice(0, index + 1)}\${`));
    const unused = Object.entries(sheets).flatMap(([sheet, css]) =>
      [...mentionedIn(css)].filter((name) => !all.includes(name) && !isPutTogether(name)).map((name) => `${sheet}: ${name}`),
    );
    expect(unused).toEqual([]);
  });
});
