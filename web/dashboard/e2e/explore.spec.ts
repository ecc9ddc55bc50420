// What Explore offers besides filters and rows: other days, nested groups, a heat map, conditions, ranks, clicks.

import { formatChange, formatPlaces, formatShare, formatValue, NO_VALUE, type Compared, type Value } from '../src/format';
import { askGateway, bodyRows, card, COUNT, DISTINCT, expect, expectAccessible, grid, open, test, topValues } from './support';

interface Row {
  readonly keys: readonly { readonly value: string | null; readonly label: string }[];
  readonly values: readonly (Value & { readonly compared: Compared | null; readonly share: { readonly value: number } | null })[];
}

interface Cube {
  readonly rows: readonly Row[];
  readonly total: Row;
  readonly others: Row | null;
  readonly ranks: readonly { readonly best: number; readonly worst: number }[];
  readonly groupCount: number;
}

const NUMBER = 'value lower upper exact exactText';
const ROW = `keys { value label } values { ${NUMBER} share { value } compared { other { ${NUMBER} } difference { ${NUMBER} } ratio { ${NUMBER} } } }`;

async function ask(request: Parameters<typeof askGateway>[0], query: Record<string, unknown>): Promise<Cube> {
  const document = `query ($query: CubeQuery!) { cube(query: $query) { rows { ${ROW} } total { ${ROW} } others { ${ROW} } ranks { best worst } groupCount } }`;
  return (await askGateway<{ cube: Cube }>(request, document, { query })).cube;
}

async function lastDay(request: Parameters<typeof askGateway>[0]): Promise<string> {
  const { serving } = await askGateway<{ serving: { snapshot: { lastDay: string } } }>(request, '{ serving { snapshot { lastDay } } }');
  return serving.snapshot.lastDay;
}

const groups = (page: Parameters<typeof grid>[0]) => page.getByRole('region', { name: 'Groups', exact: true });

test('the last day compared with the day before: headline, trend and columns show what serving says', async ({ page, request }) => {
  const day = await lastDay(request);
  await open(page, '/?last=1');
  await page.getByRole('button', { name: /^Compared with/ }).click();
  await page.getByRole('button', { name: /^The days just before: / }).click();
  await expect(page).toHaveURL(/beside=previous/);
  const cube = await ask(request, {
    from: day,
    to: day,
    groupBy: ['ASSET'],
    measures: ['IMPRESSIONS', 'VIEWERS'],
    orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }],
    compare: { previousPeriod: true },
    limit: 1,
  });
  await expect(card(page, 'Viewers')).toContainText(formatChange(cube.total.values[1]?.compared, DISTINCT).text);
  await expect(card(page, 'Impressions')).toContainText(formatChange(cube.total.values[0]?.compared, COUNT).text);
  await expect(bodyRows(page).first()).toContainText(formatChange(cube.rows[0]?.values[1]?.compared, DISTINCT).text);
  await expect(page.getByText(/^Compared with \d+ \w+ \d{4}/)).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/beside.png' });
  await page.reload();
  await expect(card(page, 'Viewers')).toContainText(formatChange(cube.total.values[1]?.compared, DISTINCT).text);
});

test('groups open to nested groups, and each level has the numbers of serving', async ({ page, request }) => {
  await open(page, '/?group=asset.title,asset&view=table');
  await groups(page).getByRole('radio', { name: 'Nested' }).check();
  await expect(page).toHaveURL(/view=nested/);
  const orderBy = [{ measure: 'VIEWERS', direction: 'DESC' }];
  const titles = await ask(request, { groupBy: ['ASSET_TITLE'], measures: ['VIEWERS'], orderBy, limit: 2 });
  const [title] = titles.rows;
  const label = title?.keys[0]?.label ?? '';
  const row = groups(page).getByRole('row').filter({ has: page.getByRole('rowheader', { name: label }) }).first();
  await expect(row).toContainText(formatValue(title?.values[0] ?? NO_VALUE, DISTINCT));
  await row.getByRole('button', { name: `Rows of ${label}` }).click();
  const inside = await ask(request, { groupBy: ['ASSET'], measures: ['VIEWERS'], orderBy, where: { assetTitle: { anyOf: [title?.keys[0]?.value] } }, limit: 1 });
  const asset = inside.rows[0]?.keys[0]?.label ?? '';
  await expect(groups(page).getByRole('row').filter({ hasText: asset.split(' · ').at(-1) ?? asset }).first()).toContainText(
    formatValue(inside.rows[0]?.values[0] ?? NO_VALUE, DISTINCT),
  );
  await expectAccessible(page);
  await groups(page).scrollIntoViewIfNeeded();
  await page.screenshot({ path: 'e2e/screenshots/nested.png' });
});

test('two keys make a heat map with the numbers of serving', async ({ page, request }) => {
  await open(page, '/?group=device,country');
  await groups(page).getByRole('radio', { name: 'Heat map' }).check();
  const table = groups(page).getByRole('table', { name: 'Viewers by Device and Country' });
  await expect(table).toBeVisible();
  const [device = ''] = await topValues(request, 'DEVICE', 1);
  const orderBy = [{ measure: 'VIEWERS', direction: 'DESC' }];
  const cells = await ask(request, { groupBy: ['COUNTRY'], measures: ['VIEWERS'], orderBy, where: { device: { anyOf: [device] } }, limit: 5000 });
  const row = table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: device }) });
  for (const { values } of cells.rows.slice(0, 3)) await expect(row).toContainText(formatValue(values[0] ?? NO_VALUE, DISTINCT));
  await expectAccessible(page);
  await groups(page).scrollIntoViewIfNeeded();
  await page.screenshot({ path: 'e2e/screenshots/heat.png' });
});

test('a condition leaves the groups that meet it, and a click removes it', async ({ page, request }) => {
  await open(page);
  await page.getByRole('button', { name: '+ Condition' }).click();
  await page.getByLabel('Viewers, at least', { exact: true }).fill('500');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/viewers\.min=500/);
  await page.keyboard.press('Escape');
  const kept = await ask(request, { groupBy: ['ASSET'], measures: ['VIEWERS'], having: { viewers: { atLeast: 500 } }, limit: 1 });
  const all = await ask(request, { groupBy: ['ASSET'], measures: ['VIEWERS'], limit: 1 });
  expect(kept.groupCount).toBeLessThan(all.groupCount);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(kept.groupCount + 2));
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Remove the condition Viewers at least 500' }).click();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(all.groupCount + 2));
});

test('ranks and shares are columns, and the groups without a bar have a number', async ({ page, request }) => {
  const orderBy = [{ measure: 'IMPRESSIONS', direction: 'DESC' }];
  const cube = await ask(request, { groupBy: ['ASSET'], measures: ['IMPRESSIONS'], orderBy, extras: ['RANKS', 'SHARES', 'OTHERS'], limit: 7 });
  await open(page, '/?sort=-impressions&chart=impressions&show=ranks,shares');
  const [rank] = cube.ranks;
  await expect(bodyRows(page).first().getByRole('gridcell').first()).toHaveText(formatPlaces(rank ?? { best: null, worst: null }));
  await expect(bodyRows(page).first()).toContainText(formatShare(cube.rows[0]?.values[0]?.share ?? { value: 0 }));
  const bars = page.getByRole('region', { name: 'Impressions by Asset' });
  await expect(bars).toContainText(`${cube.groupCount - 7} others ${formatValue(cube.others?.values[0] ?? NO_VALUE, COUNT)}`);
  await expectAccessible(page);
});

test('rows, bars and points can be clicked', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, '/?group=country&sort=-impressions&chart=impressions');
  // A member without a page of its own becomes a filter.
  await bodyRows(page).filter({ hasText: country }).getByRole('button', { name: country }).click();
  await expect(page).toHaveURL(new RegExp(`country\\.any=${encodeURIComponent(country)}`));
  await page.goBack();
  await page.getByRole('list', { name: 'Impressions by Country' }).getByRole('button').first().click();
  await expect(page).toHaveURL(/country\.any=/);
  await page.goBack();
  // A point of the trend narrows to its day.
  const day = await lastDay(request);
  const slider = page.getByRole('slider').first();
  await slider.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`from=${day}&to=${day}`));
  await page.goBack();
  // Ticked rows are kept or excluded together.
  await grid(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  await expect(page.getByRole('group', { name: 'Chosen rows' })).toContainText('2 chosen');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Not these' }).click();
  await expect(page).toHaveURL(/country\.none=[^&]+,[^&]+/);
});

test('Enter opens a row, and Back returns to the same place', async ({ page }) => {
  await open(page);
  await grid(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/assets\/[^/?]+/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.goBack();
  await expect(bodyRows(page).first()).toBeVisible();
  await expect(page).toHaveURL(/\/$/);
});

test('the trend is split by the first grouping, in steps and windows', async ({ page, request }) => {
  await open(page, '/?group=country');
  await page.getByRole('button', { name: 'Split by Country' }).click();
  await expect(page).toHaveURL(/split=1/);
  const orderBy = [{ measure: 'VIEWERS', direction: 'DESC' }];
  const first = await ask(request, { groupBy: ['COUNTRY'], measures: ['VIEWERS'], orderBy, limit: 7 });
  const names = page.locator('.trend-name');
  for (const { keys } of first.rows) await expect(names.filter({ hasText: keys[0]?.label.slice(0, 20) ?? '' }).first()).toBeVisible();
  expect(await names.count()).toBeLessThanOrEqual(8);
  await page.screenshot({ path: 'e2e/screenshots/split.png' });
  await page.getByRole('combobox', { name: 'Window' }).selectOption('all');
  await expect(page).toHaveURL(/window=all/);
  await page.getByRole('button', { name: 'Split by Country' }).click();
  const whole = await ask(request, { groupBy: ['DAY'], measures: ['VIEWERS'], window: { cumulative: true } });
  const slider = page.getByRole('slider').first();
  await slider.focus();
  await page.keyboard.press('End');
  await expect(slider).toHaveAttribute('aria-valuetext', new RegExp(formatValue(whole.rows.at(-1)?.values[0] ?? NO_VALUE, DISTINCT)));
  await page.getByRole('combobox', { name: 'Steps' }).selectOption({ label: 'by week' });
  await expect(page).toHaveURL(/step=week/);
  await expect(page.getByRole('region', { name: 'Viewers by week' })).toBeVisible();
  // An incomplete week says so.
  await expect(page.getByRole('slider').first()).toHaveAttribute('aria-valuetext', /of 7 days/);
});

test('an incomplete month says so in its row', async ({ page }) => {
  await open(page, '/?group=month');
  await expect(bodyRows(page).first()).toContainText(/\d+ of 31 days/);
});

test('a picker counts what is left, folds accents, loads more and selects all that it found', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  const document = `query ($where: CubeFilter) { members(field: DEVICE, where: $where, first: 50) { members { value nCellsLeft } total } }`;
  const { members } = await askGateway<{ members: { members: { value: string | null; nCellsLeft: number }[]; total: number } }>(request, document, {
    where: { country: { anyOf: [country] } },
  });
  await open(page, `/?country.any=${encodeURIComponent(country)}`);
  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Device' }).click();
  const options = page.getByRole('listbox', { name: 'Values of Device' }).getByRole('option');
  const first = members.members[0];
  await expect(options.first()).toContainText(formatValue({ ...NO_VALUE, value: first?.nCellsLeft ?? null }, COUNT));
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Asset', exact: true }).click();
  const search = page.getByRole('combobox', { name: 'Search Asset' });
  const assets = page.getByRole('listbox', { name: 'Values of Asset' }).getByRole('option');
  await expect(assets.nth(49)).toBeAttached();
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(assets.nth(60)).toBeAttached();
  await search.fill('ÁRTWORK 1');
  const button = page.getByRole('button', { name: /^Select all \d+ found/ });
  await expect(button).toBeVisible();
  const count = Number(/\d+/.exec((await button.textContent()) ?? '')?.[0]);
  expect(count).toBeGreaterThan(1);
  await button.click();
  await expect(page.getByText(`Added ${count} of ${count} values.`)).toBeVisible();
  await expect(page).toHaveURL(/asset\.any=/);
  await expectAccessible(page, '.popover');
});

test('rows keep the last of two steps of time that are ticked', async ({ page }) => {
  await open(page, '/?group=day,country');
  await page.getByRole('button', { name: /^Group by/ }).click();
  await page.getByRole('option', { name: 'Month', exact: true }).click();
  await expect(page).toHaveURL(/group=country,month$/);
});
