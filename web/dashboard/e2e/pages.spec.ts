// The pages besides Explore: a piece of media, a title, members side by side, the state of the data; and finding them.

import { formatCount, formatValue, NO_VALUE, type NumberStyle, type Value } from '../src/format';
import { askCube, askGateway, bodyRows, DISTINCT, expect, expectAccessible, open, test, topValues } from './support';

const RATE: NumberStyle = { kind: 'DERIVED', format: 'PERCENT' };

/** The title with the most media, and those in the order of the rate. */
async function assetsOfFirstTitle(request: Parameters<typeof askGateway>[0]) {
  const all = await askCube(request, { groupBy: ['ASSET_TITLE', 'ASSET'], measures: ['VIEWERS'], limit: 1000 });
  const counts = new Map<string, number>();
  for (const { keys } of all.rows) counts.set(keys[0]?.value ?? '', (counts.get(keys[0]?.value ?? '') ?? 0) + 1);
  const [title = ''] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  const where = { assetTitle: { anyOf: [title] } };
  const byRate = [{ measure: 'TAKE_RATE', direction: 'DESC' }];
  const assets = await askCube(request, { where, groupBy: ['ASSET'], measures: ['TAKE_RATE', 'VIEWERS'], orderBy: byRate });
  expect(assets.rows.length).toBeGreaterThan(2);
  return { title, where, assets };
}

const text = (value: Value | undefined, style: NumberStyle) => formatValue(value ?? NO_VALUE, style);

for (const scheme of ['light', 'dark'] as const) {
  test(`a piece of media has its picture, its main numbers and whom it works for: ${scheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const { title, assets } = await assetsOfFirstTitle(request);
    const [asset] = assets.rows;
    const key = asset?.keys[0];
    await page.goto(`/assets/${encodeURIComponent(key?.value ?? '')}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(key?.label ?? '');
    await expect(page.locator('.fact-figure')).toHaveText(text(asset?.values[0], RATE));
    await expect(page.getByRole('link', { name: title, exact: true })).toBeVisible();
    const picture = page.locator('.preview img, .preview video').first();
    await expect(picture).toBeVisible();
    const audiences = await askCube(request, {
      where: { asset: { anyOf: [key?.value] } },
      groupBy: ['AUDIENCE'],
      measures: ['TAKE_RATE', 'VIEWERS'],
      orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }],
      limit: 1,
    });
    const affinity = page.getByRole('region', { name: 'Take rate by Audience' });
    await expect(affinity.getByRole('row').nth(1)).toContainText(text(audiences.rows[0]?.values[0], RATE));
    await expect(affinity.getByRole('row').nth(1)).toContainText(text(audiences.rows[0]?.values[1], DISTINCT));
    await expect(page.locator('svg.trend')).toHaveCount(1);
    await expect(page.getByRole('region', { name: /by Device$/ }).getByRole('row').nth(1)).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/asset-${scheme}.png`, fullPage: true });
  });

  test(`a title shows its media large, their reach and where each works: ${scheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const { title, assets } = await assetsOfFirstTitle(request);
    await page.goto(`/titles/${encodeURIComponent(title)}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(page.locator('.fact-figure')).toHaveText(text(assets.rows[0]?.values[0], RATE));
    await expect(page.locator('.artwork-tile')).toHaveCount(assets.rows.length - 1);
    const whole = await askCube(request, { where: { assetTitle: { anyOf: [title] } }, measures: ['VIEWERS'] });
    const reach = page.getByRole('region', { name: 'Whom they reach together' });
    await expect(reach).toContainText(`${text(whole.total.values[0], DISTINCT)}`);
    await expect(reach.getByRole('listitem')).toHaveCount(assets.rows.length);
    await expect(page.getByRole('table', { name: /^Take rate by Asset and Country/ })).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/title-${scheme}.png`, fullPage: true });
  });

  test(`two stand side by side, with differences, in each country, and what they have in common: ${scheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const { assets } = await assetsOfFirstTitle(request);
    const [one, other] = assets.rows.map((row) => row.keys[0]?.value ?? '');
    const document = `query ($query: CubeQuery!) { cube(query: $query) { rows { keys { value } values { compared { difference { value } } } } reach { deduplicated { value } overlaps { both { value } } } } }`;
    const query = { where: { asset: { anyOf: [one, other] } }, groupBy: ['ASSET'], measures: ['TAKE_RATE', 'VIEWERS'], extras: ['REACH'], compare: { member: { field: 'ASSET', value: one } } };
    const { cube } = await askGateway<{ cube: { reach: { deduplicated: { value: number }; overlaps: { both: { value: number } }[] } } }>(request, document, { query });
    await page.goto(`/compare?sel=${one},${other}`);
    await expect(page.getByRole('list').filter({ has: page.locator('.picture') }).getByRole('listitem')).toHaveCount(2);
    const numbers = page.getByRole('region', { name: 'Side by side' });
    await expect(numbers).toContainText(text(assets.rows[0]?.values[0], RATE));
    await expect(numbers).toContainText(text(assets.rows[1]?.values[0], RATE));
    await expect(numbers.locator('.change').first()).toContainText('points');
    const common = page.getByRole('region', { name: 'Whom they have in common' });
    await expect(common).toContainText(`${formatCount(cube.reach.deduplicated.value)}`);
    await expect(common).toContainText(`${formatCount(cube.reach.overlaps[0]?.both.value ?? 0)}`);
    await expect(common.locator('circle')).toHaveCount(2);
    await expect(page.getByRole('region', { name: 'Take rate in each country' }).getByRole('row').nth(1)).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/compare-${scheme}.png`, fullPage: true });
  });

  test(`the state of the data: days, runs, snapshots: ${scheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const document = '{ serving { snapshot { version lastDay nDays } } runs(limit: 5) { id outcome steps { step } } snapshots(first: 5) { version } }';
    const told = await askGateway<{
      serving: { snapshot: { version: number; lastDay: string; nDays: number } };
      runs: { outcome: string; steps: { step: string }[] }[];
      snapshots: { version: number }[];
    }>(request, document);
    await page.goto('/status');
    await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeVisible();
    await expect(page.getByText('The newest snapshot is served.')).toBeVisible();
    await expect(page.locator('.day-there, .day-provisional').filter({ visible: true })).not.toHaveCount(0);
    const runs = page.getByRole('region', { name: 'Runs' });
    await expect(runs.locator('.run')).toHaveCount(told.runs.length);
    await expect(runs.locator('.run').first()).toContainText('published');
    await expect(runs.locator('.run').first()).toContainText(told.runs[0]?.steps[0]?.step ?? 'a step');
    await expect(page.getByRole('region', { name: 'Snapshots' }).getByRole('rowheader')).toHaveCount(told.snapshots.length);
    const days = await askCube(request, { groupBy: ['DAY'], measures: ['IMPRESSIONS'] });
    expect(days.rows.length).toBe(told.serving.snapshot.nDays);
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/status-${scheme}.png`, fullPage: true });
  });
}

test('Status lists refused versions of the lake, with time and reason', async ({ page }) => {
  const refused = { version: 99, committedAt: '2026-02-03T04:00:00Z', reason: 'it was not written by Clio' };
  // Faked, since the runs of later journeys would refuse a lake with such a version.
  await page.route('/graphql', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    if (body.data?.refusedSnapshots) body.data.refusedSnapshots = [refused];
    await route.fulfill({ response, json: body });
  });
  await page.routeWebSocket(/graphql/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const told = JSON.parse(String(message));
      if (told.payload?.data?.serving) told.payload.data.serving.refused = refused;
      socket.send(JSON.stringify(told));
    });
  });
  await page.goto('/status');
  const versions = page.getByRole('region', { name: 'Refused versions' });
  await expect(versions.getByRole('listitem')).toHaveText(/version 99 committed \d Feb 2026, .*it was not written by Clio/);
  await expect(page.getByRole('status', { name: 'Snapshot' })).toContainText('version 99 refused');
  await expectAccessible(page);
});

test('find leads to a title, an asset and a country, by the keyboard alone', async ({ page, request }) => {
  const { title } = await assetsOfFirstTitle(request);
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page);
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Find' });
  await expect(dialog.getByRole('combobox')).toBeFocused();
  await page.keyboard.type(title.slice(0, 12));
  await expect(dialog.getByRole('option').first()).toBeVisible();
  await expectAccessible(page, 'dialog');
  await page.screenshot({ path: 'e2e/screenshots/find.png' });
  const option = dialog.getByRole('option').filter({ hasText: 'Asset title' }).filter({ hasText: title }).first();
  await expect(option).toBeVisible();
  while ((await option.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp('/titles/'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);

  // What was opened last stands first.
  await page.keyboard.press('Control+k');
  await expect(dialog.getByRole('option').first()).toContainText(title);
  await page.keyboard.type(country);
  const found = dialog.getByRole('option').filter({ hasText: 'Country' }).first();
  await expect(found).toContainText(country);
  await found.click();
  await expect(page).toHaveURL(new RegExp(`country\\.any=${encodeURIComponent(country)}`));
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await expect(page).toHaveURL(/\/status$/);
});

test('ticked rows are compared, and members are added and removed', async ({ page }) => {
  await open(page);
  await bodyRows(page).nth(0).getByRole('checkbox').check();
  await bodyRows(page).nth(1).getByRole('checkbox').check();
  await page.getByRole('link', { name: 'Compare', exact: true }).last().click();
  await expect(page).toHaveURL(/\/compare\?by=asset&sel=/);
  await expect(page.locator('.picture')).toHaveCount(2);
  await page.getByRole('button', { name: '+ Add asset' }).click();
  await page.getByRole('combobox', { name: 'Search Asset' }).fill('trailer');
  // Until the search has answered, trailers are among the others, and move when it does.
  const options = page.getByRole('dialog').getByRole('option');
  await expect(options.filter({ hasNotText: 'trailer' })).toHaveCount(0);
  await options.filter({ hasText: 'trailer' }).last().click();
  await expect(page.locator('.picture')).toHaveCount(3);
  // Three are shown as a matrix.
  await expect(page.getByRole('region', { name: 'Whom they have in common' }).getByRole('table')).toBeVisible();
  await expect(page.locator('.updating')).toHaveCount(0);
  await expectAccessible(page);
  await page.locator('.picture-remove').first().click();
  await expect(page.locator('.picture')).toHaveCount(2);
});

test('pages of members keep days and filters, and are usable at 390 pixels', async ({ page, request }) => {
  const { title, assets } = await assetsOfFirstTitle(request);
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await page.setViewportSize({ width: 390, height: 844 });
  const [one, other] = assets.rows.map((row) => row.keys[0]?.value ?? '');
  const filter = `country.any=${encodeURIComponent(country)}`;
  for (const [address, name] of [
    [`/titles/${encodeURIComponent(title)}?${filter}`, 'title'],
    [`/assets/${encodeURIComponent(one ?? '')}?${filter}`, 'asset'],
    [`/compare?sel=${one},${other}&${filter}`, 'compare'],
    ['/status', 'status'],
  ] as const) {
    await page.goto(address);
    await expect(page.getByRole('main').getByRole('region').first()).toBeVisible();
    await expect(page.locator('.placeholder')).toHaveCount(0);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, name).toBeLessThanOrEqual(0);
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/${name}-390.png`, fullPage: true });
  }
  await page.goto(`/titles/${encodeURIComponent(title)}?${filter}`);
  await page.locator('.artwork-tile').first().click();
  await expect(page).toHaveURL(new RegExp(`/assets/[^?]+\\?${filter.replace('.', '\\.').replace('+', '\\+')}`));
});

test('an asset that does not exist has a page without data', async ({ page }) => {
  await page.goto('/assets/no-such-poster.png');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('no-such-poster.png');
  await expect(page.getByText('There is no data for it in these days with these filters.')).toBeVisible();
  await expectAccessible(page);
});
