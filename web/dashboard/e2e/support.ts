// What the journeys share: a page that reports violations, direct queries of the gateway, and how a number is printed.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type APIRequestContext, test as base, expect, type Locator, type Page } from '@playwright/test';
import { formatBounds, formatValue, type NumberStyle, type Value } from '../src/format';
import { setTexts } from '../src/language';
import { compileTexts } from '../src/language/compile';
import english from '../src/language/en/index';

export { expect };

// What journeys print is in English, as the pages are that they look at; the build, which compiles texts, has no part in them.
setTexts('en', { ...english, texts: compileTexts(english.texts as Readonly<Record<string, string>>) });

/** Every journey fails on a violation of the content security policy and on an uncaught error. */
export const test = base.extend<{ noViolations: void }>({
  noViolations: [
    async ({ page }, use) => {
      const violations: string[] = [];
      page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) violations.push(message.text().slice(0, 300));
      });
      page.on('pageerror', (error) => violations.push(String(error)));
      // The tour is offered to browsers that have not seen it.
      await page.addInitScript(() => localStorage.setItem('clio.toured', '1'));
      await use();
      expect(violations).toEqual([]);
    },
    { auto: true },
  ],
});

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** Runs axe over the page, or over one part of it, and expects nothing to report. */
export async function expectAccessible(page: Page, scope = 'html'): Promise<void> {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async (selector) => {
    const { axe } = globalThis as unknown as { axe: { run: (context: string, options: unknown) => Promise<AxeResult> } };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run(selector, { runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  }, scope);
  expect(found).toEqual([]);
}

export interface Cube {
  readonly rows: readonly { readonly keys: readonly { readonly value: string | null; readonly label: string }[]; readonly values: readonly Value[] }[];
  readonly total: { readonly values: readonly Value[] };
  readonly groupCount: number;
}

export async function askGateway<Data>(request: APIRequestContext, query: string, variables: unknown = {}): Promise<Data> {
  const response = await request.post('/graphql', { data: { query, variables } });
  const body = (await response.json()) as { data: Data; errors?: unknown };
  expect(body.errors).toBeUndefined();
  return body.data;
}

export async function askCube(request: APIRequestContext, query: Record<string, unknown>): Promise<Cube> {
  const document = `query ($query: CubeQuery!) {
    cube(query: $query) {
      rows { keys { value label } values { value lower upper exact exactText } }
      total { values { value lower upper exact exactText } }
      groupCount
    }
  }`;
  return (await askGateway<{ cube: Cube }>(request, document, { query })).cube;
}

/** The most frequent values of a field that are not missing. */
export async function topValues(request: APIRequestContext, field: string, n: number): Promise<string[]> {
  const document = `query ($field: Field!) { members(field: $field, first: 50) { members { value } } }`;
  const { members } = await askGateway<{ members: { members: { value: string | null }[] } }>(request, document, { field });
  const values = members.members.map((member) => member.value).filter((value) => value !== null && value !== '');
  expect(values.length).toBeGreaterThanOrEqual(n);
  return values.slice(0, n) as string[];
}

/** The country of the row that stands on top where assets are split by countries. */
export async function topCountry(request: APIRequestContext): Promise<string> {
  const { rows } = await askCube(request, { groupBy: ['ASSET', 'COUNTRY'], measures: ['VIEWERS'], orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }], limit: 1 });
  return rows[0]?.keys[1]?.label ?? '';
}

export const COUNT: NumberStyle = { kind: 'COUNT', format: 'NUMBER' };
export const DISTINCT: NumberStyle = { kind: 'DISTINCT', format: 'NUMBER' };

/** A value as the page prints it, bounds included. */
export function printed(value: Value | undefined, style: NumberStyle): string {
  if (!value) throw new Error('the gateway gave no such value');
  return `${formatValue(value, style)} ${formatBounds(value, style)}`;
}

export function card(page: Page, measure: string): Locator {
  return page.getByRole('region', { name: 'Totals' }).getByRole('button', { name: new RegExp(`^${measure} `) });
}

/** Expects the headline numbers to be those that the gateway gives for the same filter. */
export async function expectHeadline(page: Page, request: APIRequestContext, query: Record<string, unknown>): Promise<Cube> {
  const cube = await askCube(request, { ...query, measures: ['IMPRESSIONS', 'VIEWERS'], groupBy: [] });
  await expect(card(page, 'Impressions')).toContainText(printed(cube.total.values[0], COUNT));
  await expect(card(page, 'Viewers')).toContainText(printed(cube.total.values[1], DISTINCT));
  return cube;
}

export function grid(page: Page): Locator {
  return page.getByRole('grid');
}

export function bodyRows(page: Page): Locator {
  return page.locator('.grid-body [role="row"]');
}

export function badge(page: Page): Locator {
  return page.getByRole('status', { name: 'Snapshot' });
}

export async function shownVersion(page: Page): Promise<number> {
  await expect(badge(page)).toContainText(/snapshot \d+/);
  return Number(/snapshot (\d+)/.exec((await badge(page).textContent()) ?? '')?.[1]);
}

/** Opens an address and waits for its first rows. */
export async function open(page: Page, address = '/'): Promise<void> {
  await page.goto(address);
  await expect(bodyRows(page).first()).toBeVisible();
  await expect(page.locator('.waiting')).toHaveCount(0);
}

/** Marks the document, so that a test can tell whether it was reloaded. */
export async function markDocument(page: Page): Promise<void> {
  await page.evaluate(() => {
    (globalThis as unknown as { clioMark: boolean }).clioMark = true;
  });
}

export async function expectSameDocument(page: Page): Promise<void> {
  expect(await page.evaluate(() => (globalThis as unknown as { clioMark?: boolean }).clioMark)).toBe(true);
}

export async function control(request: APIRequestContext, path: string): Promise<void> {
  const response = await request.post(new URL(path, process.env['CLIO_CONTROL']).href, { timeout: 55_000 });
  expect(response.ok()).toBe(true);
}

/** What `clio query` says in JSON, by the command line and not by the gateway. */
export async function askCommand<Answer>(request: APIRequestContext, args: readonly string[]): Promise<Answer> {
  const response = await request.post(new URL('/query', process.env['CLIO_CONTROL']).href, { data: args });
  expect(response.ok(), await response.text()).toBe(true);
  return (await response.json()) as Answer;
}
