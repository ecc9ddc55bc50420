// What is taken away from a panel: its numbers on the clipboard, a picture in the downloads, the question behind it.

import { readFile, writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { formatSpoken, formatValue, NO_VALUE } from '../src/format';
import { askCube, askGateway, type Cube, DISTINCT, expect, expectAccessible, open, shownVersion, test, topValues } from './support';

async function menuOf(page: Page, title: string | RegExp) {
  const button = page.getByRole('button', { name: title }).first();
  await button.click();
  const menu = page.getByRole('dialog', { name: title });
  await expect(menu.getByRole('button', { name: 'Copy as table' })).toBeVisible();
  return menu;
}

test('the groups are copied to the clipboard, for spreadsheets and for documents', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, `/?group=device&measures=impressions,viewers&country.any=${country}`);
  const menu = await menuOf(page, 'Export: Measures by Device');
  await expectAccessible(page, '.popover');
  await menu.getByRole('button', { name: 'Copy as table' }).click();
  await expect(menu.getByRole('status')).toContainText('rows copied to the clipboard');
  const { plain, html } = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const read = async (type: string) => (await item?.getType(type))?.text() ?? '';
    return { plain: await read('text/plain'), html: await read('text/html') };
  });
  const cube = await askCube(request, { groupBy: ['DEVICE'], measures: ['IMPRESSIONS', 'VIEWERS'], where: { country: { anyOf: [country] } }, orderBy: [{ measure: 'VIEWERS' }] });
  const lines = plain.replaceAll('\r', '').trimEnd().split('\n');
  expect(lines[0]).toBe('Measures by Device');
  expect(lines.join('\n')).toContain(`Filter: Country is ${country}`);
  expect(lines.join('\n')).toContain(`snapshot ${await shownVersion(page)}`);
  const expected = cube.rows.map(({ keys, values }) => [keys[0]?.label, ...values.flatMap(({ value, lower, upper }) => [value, lower, upper])].join('\t'));
  const total = ['All', ...cube.total.values.flatMap(({ value, lower, upper }) => [value, lower, upper])].join('\t');
  expect(lines.slice(-expected.length - 1)).toEqual([...expected, total]);
  expect(html).toContain('<table');
  expect(html).toContain(String(cube.total.values[1]?.value));
});

for (const scheme of ['light', 'dark'] as const) {
  test(`panels are pictures with title, filter, snapshot and bounds: ${scheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const [country = ''] = await topValues(request, 'COUNTRY', 1);
    await open(page, `/?country.any=${country}&group=asset`);
    const version = await shownVersion(page);
    for (const [name, title] of [
      ['trend', /^Export: .* by day$/],
      ['bars', /^Export: Viewers by Asset$/],
      ['table', /^Export: Measures by Asset$/],
    ] as const) {
      const menu = await menuOf(page, title);
      const saving = page.waitForEvent('download');
      await menu.getByRole('button', { name: 'Save as SVG' }).click();
      const svgFile = await saving;
      expect(svgFile.suggestedFilename()).toMatch(/\.svg$/);
      const svg = await readFile(await svgFile.path(), 'utf8');
      expect(svg).toContain(`Filter: Country is ${country}`);
      expect(svg).toContain(`snapshot ${version}`);
      // The line may be broken, but not within its last words.
      expect(svg).toContain('95\u202f%');
      if (name === 'table') expect(svg).toMatch(/\d+ of \d+ rows are shown/);
      // Nothing in it depends on the page that it comes from.
      const surface = await page.locator('.panel').first().evaluate((panel) => getComputedStyle(panel).backgroundColor);
      expect(/<rect[^>]*fill="([^"]*)"/.exec(svg)?.[1]).toBe(surface);
      expect(svg).not.toMatch(/var\(|class=|light-dark|oklab|<script|href="http/);
      const pngSaving = page.waitForEvent('download');
      await menu.getByRole('button', { name: 'Save as PNG' }).click();
      const png = await readFile(await (await pngSaving).path());
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      const [width] = /width="(\d+)"/.exec(svg)?.slice(1) ?? [];
      expect(png.readUInt32BE(16)).toBe(2 * Number(width));
      await writeFile(`e2e/screenshots/taken-${name}-${scheme}.png`, png);
      await page.keyboard.press('Escape');
      await expect(menu).toHaveCount(0);
    }
  });
}

test('a picture without bounds has the total with its bounds', async ({ page, request }) => {
  await page.goto('/?group=country,device&measures=viewers&view=heat');
  await expect(page.getByRole('table', { name: 'Viewers by Country and Device' })).toBeVisible();
  const cube = await askCube(request, { groupBy: [], measures: ['VIEWERS'] });
  const menu = await menuOf(page, 'Export: Measures by Country and Device');
  const saving = page.waitForEvent('download');
  await menu.getByRole('button', { name: 'Save as SVG' }).click();
  const svg = await readFile(await (await saving).path(), 'utf8');
  expect(svg).toContain(`All: Viewers ${formatSpoken(cube.total.values[0] ?? NO_VALUE, DISTINCT)}`);
});

test('the question behind a panel has the same numbers', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, `/?group=device&measures=viewers&country.none=${country}`);
  const menu = await menuOf(page, 'Export: Measures by Device');
  const text = await menu.getByRole('group', { name: 'The question in GraphQL' }).textContent();
  const { cube } = await askGateway<{ cube: Cube }>(request, text ?? '');
  const asked = await askCube(request, { groupBy: ['DEVICE'], measures: ['VIEWERS'], where: { country: { noneOf: [country] } }, orderBy: [{ measure: 'VIEWERS' }] });
  expect(cube.rows.map((row) => row.values[0]?.value)).toEqual(asked.rows.map((row) => row.values[0]?.value));
  await menu.getByRole('button', { name: 'clio query' }).click();
  await expect(menu.getByRole('group', { name: 'The question in clio query' })).toContainText(`--where 'country noneOf ("${country}")'`);
  await menu.getByRole('button', { name: 'SQL' }).click();
  await expect(menu.getByRole('group', { name: 'The question in SQL' })).toContainText('FROM cells');
  await expectAccessible(page, '.popover');
});

test('the totals are taken by themselves: one row, a picture with their bounds, and the question of them', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, `/?group=device&measures=impressions,viewers&viewers.min=10&country.any=${country}`);
  const menu = await menuOf(page, 'Export: Totals');
  await menu.getByRole('button', { name: 'Copy as table' }).click();
  await expect(menu.getByRole('status')).toHaveText('One row copied to the clipboard.');
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).replaceAll('\r', '').trimEnd().split('\n');
  const cube = await askCube(request, { measures: ['IMPRESSIONS', 'VIEWERS'], where: { country: { anyOf: [country] } } });
  expect(lines.at(-1)).toBe(cube.total.values.flatMap(({ value, lower, upper }) => [value, lower, upper]).join('\t'));
  const { cube: asked } = await askGateway<{ cube: Cube }>(request, (await menu.getByRole('group', { name: 'The question in GraphQL' }).textContent()) ?? '');
  expect(asked.total.values.map(({ value }) => value)).toEqual(cube.total.values.map(({ value }) => value));
  const saving = page.waitForEvent('download');
  await menu.getByRole('button', { name: 'Save as SVG' }).click();
  const svg = await readFile(await (await saving).path(), 'utf8');
  expect(svg).toContain(formatValue(cube.total.values[1] ?? NO_VALUE, DISTINCT));
  const saved = page.waitForEvent('download');
  await menu.getByRole('button', { name: 'Save as PNG' }).click();
  await (await saved).saveAs('e2e/screenshots/taken-totals.png');
});

test('every panel of every page can be taken away', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { rows } = await askCube(request, { groupBy: ['ASSET_TITLE', 'ASSET'], measures: ['VIEWERS'], orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }], limit: 2 });
  const [title = '', one = ''] = rows[0]?.keys.map(({ value }) => value ?? '') ?? [];
  const other = rows[1]?.keys[1]?.value ?? '';
  for (const address of ['/?group=asset', `/titles/${encodeURIComponent(title)}`, `/assets/${encodeURIComponent(one)}`, `/compare?sel=${one},${other}`, '/status']) {
    await page.goto(address);
    await expect(page.getByRole('button', { name: /^Export: / }).first()).toBeVisible();
    await expect(page.locator('.placeholder, .updating')).toHaveCount(0);
    const without = await page.locator('.panel-body').evaluateAll((bodies) => bodies.filter((body) => body.closest('section')?.querySelector('[data-take="no"]') == null).map((body) => body.textContent?.slice(0, 80)));
    expect(without, address).toEqual([]);
    await expectAccessible(page);
  }
  const figures = await menuOf(page, 'Export: Figures');
  await figures.getByRole('button', { name: 'Copy as table' }).click();
  await expect(figures.getByRole('status')).toHaveText('7 rows copied to the clipboard.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^Snapshot\t\d+\tcommitted /m);
  await page.keyboard.press('Escape');
  const words = await menuOf(page, 'Export: What the bounds mean');
  await words.getByRole('button', { name: 'Copy as table' }).click();
  await expect(words.getByRole('status')).toHaveText('Text copied to the clipboard.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('People are counted by sketches');
});

test('panels are slides, turned by keys, and one page each in print', async ({ page }) => {
  await open(page, '/?group=asset');
  const menu = await menuOf(page, /^Export: .* by day$/);
  await menu.getByRole('button', { name: 'Show as slides' }).click();
  const slides = page.getByRole('dialog', { name: 'Slides' });
  // The totals stand before it.
  await expect(slides.getByRole('status')).toHaveText('2 of 4');
  const shown = slides.locator('img').filter({ visible: true });
  await expect(shown).toHaveCount(1);
  await expect(shown).toHaveAttribute('alt', /by day.*Jan 2026/);
  expect(await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(400);
  await page.screenshot({ path: 'e2e/screenshots/slides.png' });
  await page.keyboard.press('ArrowRight');
  await expect(slides.getByRole('status')).toHaveText('3 of 4');
  await expectAccessible(page, '.slides');
  const pdf = (await page.pdf()).toString('latin1');
  expect([...pdf.matchAll(/\/Type \/Page\b(?!s)/g)]).toHaveLength(4);
  await page.keyboard.press('Escape');
  await expect(slides).toHaveCount(0);
});

test('in print the page is light, names its snapshot, and has no controls', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page, '/?group=asset');
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  expect(await ground()).not.toBe(dark);
  await expect(page.getByRole('status', { name: 'Snapshot' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeHidden();
  await expect(page.getByRole('button', { name: /^Dates/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /Add filter|Show as table|Export/ }).filter({ visible: true })).toHaveCount(0);
  await page.screenshot({ path: 'e2e/screenshots/paper.png', fullPage: true });
});
