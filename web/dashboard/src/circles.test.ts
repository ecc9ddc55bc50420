// Folders have an order: no circle of imports goes through one. Two files beside each other may need each other.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// The gateway's types, which a program writes, know nothing of ours: they count as part of no folder.
const names = Object.keys(import.meta.glob(['./**/*.ts', './**/*.tsx', '!./**/*.test.ts', '!./**/*.test.tsx', '!./testing/**', '!./take/testing.ts', '!./api/generated.ts']));

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(name: string, code: string, known: ReadonlySet<string>): Import[] {
  const paths = code.matchAll(/(?:\bfrom|\bimport\(|^import) ?'(\.[^']+)'/gm);
  return [...paths].flatMap(([, path = '']) => {
    const base = `.${new URL(path, `https://src/${name}`).pathname}`;
    const to = [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((one) => known.has(one));
    return to === undefined ? [] : [{ from: name, to }];
  });
}

/** Of the files and folders in one folder, which import which; a folder imports what its files do. */
function neighboursIn(folder: string, imports: readonly Import[]): ReadonlyMap<string, ReadonlySet<string>> {
  const neighbours = new Map<string, Set<string>>();
  const partOf = (name: string) => (name.startsWith(folder) ? name.slice(folder.length).replace(/\/.*/, '/') : null);
  for (const { from, to } of imports) {
    const [one, other] = [partOf(from), partOf(to)];
    if (one === null || other === null || one === other) continue;
    neighbours.set(one, (neighbours.get(one) ?? new Set()).add(other));
  }
  return neighbours;
}

/** A way from a folder back to itself; null where there is none. */
function circleThrough(start: string, neighbours: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | null {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const next of neighbours.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, start];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return null;
}

function circlesOf(imports: readonly Import[]): string[] {
  const folders = new Set(imports.flatMap(({ from }) => [...from.matchAll(/\//g)].map(({ index }) => from.slice(0, index + 1))));
  return [...folders].flatMap((folder) => {
    const neighbours = neighboursIn(folder, imports);
    const circles = [...neighbours.keys()].filter((part) => part.endsWith('/')).map((part) => circleThrough(part, neighbours));
    return circles.filter((circle) => circle !== null).map((circle) => `${folder}: ${circle.join(' → ')}`);
  });
}

describe('imports', () => {
  it('lead through no folder back to it', () => {
    const known = new Set(names);
    const imports = names.flatMap((name) => importsOf(name, readFileSync(new URL(name, import.meta.url), 'utf8'), known));
    expect(imports.length).toBeGreaterThan(400);
    expect(circlesOf(imports)).toEqual([]);
  });

  // Otherwise nothing would ever be found.
  it('are read in every form, and circles of folders are found', () => {
    const known = new Set(['./a/one.ts', './b/two.tsx', './b/three.ts', './b/index.ts', './b/four.css']);
    const code = ["import { x } from '../b/two';", "import type { y } from '../b';", "const z = () => import('../b/three');", "import '../b/four.css';", "import w from 'react';"];
    const found = importsOf('./a/one.ts', code.join('\n'), known);
    expect(found.map(({ to }) => to)).toEqual(['./b/two.tsx', './b/index.ts', './b/three.ts', './b/four.css']);
    expect(circlesOf([...found, { from: './b/three.ts', to: './a/one.ts' }])).toEqual(['./: a/ → b/ → a/', './: b/ → a/ → b/']);
    expect(circlesOf([{ from: './b/two.tsx', to: './b/three.ts' }, { from: './b/three.ts', to: './b/two.tsx' }, ...found])).toEqual([]);
    expect(circlesOf([{ from: './b/in/deep.ts', to: './b/two.tsx' }, { from: './b/two.tsx', to: './b/in/deep.ts' }])).toEqual(['./b/: in/ → two.tsx → in/']);
  });
});
