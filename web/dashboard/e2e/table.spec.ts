import { formatValue, NO_VALUE } from '../src/format';
import { askCube, bodyRows, card, COUNT, expect, grid, open, test } from './support';

const MANY = { groupBy: ['ASSET', 'COUNTRY', 'DEVICE'], measures: ['IMPRESSIONS'] };
const MANY_ADDRESS = '/?group=asset,country,device';

test('thousands of groups keep the document small, and End reaches the last', async ({ page, request }) => {
  const byImpressions = [{ measure: 'IMPRESSIONS', direction: 'DESC' }];
  const { groupCount } = await askCube(request, { ...MANY, limit: 1 });
  expect(groupCount).toBeGreaterThan(200);
  const last = await askCube(request, { ...MANY, orderBy: byImpressions, limit: 1, offset: groupCount - 1 });
  await open(page, `${MANY_ADDRESS}&sort=-impressions`);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(groupCount + 2));
  expect(await bodyRows(page).count()).toBeLessThanOrEqual(60);

  await grid(page).focus();
  await page.keyboard.press('End');
  const row = page.locator(`[aria-rowindex="${groupCount + 1}"]`);
  await expect(row).toBeInViewport();
  await expect(row).toHaveAttribute('aria-selected', 'true');
  await expect(row).toContainText(formatValue(last.rows[0]?.values[0] ?? NO_VALUE, COUNT));
  // Said once in the column's head, and in no row.
  await expect(page.getByRole('columnheader', { name: 'Impressions' })).toContainText('exact');
  await expect(row.getByRole('gridcell').nth(2)).not.toContainText('exact');
  await expect(grid(page)).toHaveAttribute('aria-activedescendant', (await row.getAttribute('id')) ?? '');
  expect(await bodyRows(page).count()).toBeLessThanOrEqual(60);

  await page.keyboard.press('Home');
  await expect(page.locator('[aria-rowindex="2"]')).toBeInViewport();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  await expect(page.locator('[aria-rowindex="4"]')).toHaveAttribute('aria-selected', 'true');
});

test('a column is sorted by the server', async ({ page, request }) => {
  await open(page);
  const entries = await page.evaluate(() => history.length);
  // The charted measure sorts the table until readers sort it.
  await expect(page.getByRole('columnheader', { name: 'Viewers' })).toHaveAttribute('aria-sort', 'descending');
  await grid(page).getByRole('button', { name: 'Viewers' }).click();
  await expect(page).toHaveURL(/\?sort=viewers$/);
  const query = { groupBy: ['ASSET'], measures: ['VIEWERS'], limit: 1 };
  await grid(page).getByRole('button', { name: 'Viewers' }).click();
  await expect(page).toHaveURL(/\?sort=-viewers$/);
  await expect(page.getByRole('columnheader', { name: 'Viewers' })).toHaveAttribute('aria-sort', 'descending');
  const most = await askCube(request, { ...query, orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }] });
  await expect(bodyRows(page).first()).toContainText(most.rows[0]?.keys[0]?.label ?? '');

  await grid(page).getByRole('button', { name: 'Viewers' }).click();
  await expect(page).toHaveURL(/\?sort=viewers$/);
  const least = await askCube(request, { ...query, orderBy: [{ measure: 'VIEWERS', direction: 'ASC' }] });
  await expect(bodyRows(page).first()).toContainText(least.rows[0]?.keys[0]?.label ?? '');

  await grid(page).getByRole('button', { name: 'Asset' }).click();
  await expect(page.getByRole('columnheader', { name: 'Asset' })).toHaveAttribute('aria-sort', 'ascending');
  expect(await page.evaluate(() => history.length)).toBe(entries);
});

test('media has a preview', async ({ page }) => {
  await open(page);
  const preview = bodyRows(page).locator('img').first();
  await expect(preview).toBeVisible();
  expect(await preview.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBeGreaterThan(0);
});

test('overlapping groups are noted', async ({ page, request }) => {
  const cube = await askCube(request, { groupBy: ['AUDIENCE'], measures: ['IMPRESSIONS'] });
  await open(page, '/?group=audience');
  await expect(page.getByText(/Groups by Audience overlap/)).toBeVisible();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(cube.groupCount + 2));
  await page.getByRole('button', { name: /^Group by/ }).click();
  await page.getByRole('option', { name: /^Audience/ }).click();
  await page.getByRole('option', { name: 'Day', exact: true }).click();
  await expect(page).toHaveURL(/\?group=day$/);
  await expect(page.getByText(/Groups by Audience overlap/)).toHaveCount(0);
});

test('charting a measure sorts the table by it', async ({ page, request }) => {
  await open(page);
  await card(page, 'Impressions').click();
  await expect(page.getByRole('columnheader', { name: 'Impressions' })).toHaveAttribute('aria-sort', 'descending');
  const orderBy = [{ measure: 'IMPRESSIONS', direction: 'DESC' }];
  const most = await askCube(request, { groupBy: ['ASSET'], measures: ['IMPRESSIONS'], orderBy, limit: 1 });
  await expect(bodyRows(page).first()).toContainText(most.rows[0]?.keys[0]?.label ?? '');
});

test('End shows the last of a million groups, and every row can be reached', async ({ page }) => {
  const groupCount = 1_000_000;
  await page.route('**/graphql', async (route) => {
    const { query, variables } = route.request().postDataJSON() as {
      query: string;
      variables: { query: { measures: string[]; groupBy: string[]; limit: number; offset: number } };
    };
    if (!query.includes('query Explore') || variables.query.groupBy.includes('DAY')) return route.continue();
    // The gateway's own answer, with the number of groups and the rows of a larger lake.
    const response = await route.fetch();
    const body = (await response.json()) as { data: { cube: { rows: unknown[]; groupCount: number } } };
    const { measures, offset, limit } = variables.query;
    const count = Math.max(0, Math.min(limit, groupCount - offset));
    body.data.cube.groupCount = groupCount;
    body.data.cube.rows = Array.from({ length: count }, (_, index) => {
      const label = `group ${offset + index}`;
      const value = groupCount - offset - index;
      const values = measures.map(() => ({ value, lower: value, upper: value, exact: true, exactText: null }));
      return { keys: [{ value: label, label, media: null }], values };
    });
    return route.fulfill({ json: body });
  });
  await open(page, '/?group=country');
  const row = (index: number) => page.locator(`.grid-body [aria-rowindex="${index + 2}"]`);
  await expect(row(0)).toContainText('group 0');
  await grid(page).focus();

  await page.keyboard.press('End');
  await expect(row(groupCount - 1)).toContainText('group 999999');
  await expect(row(groupCount - 1)).toBeInViewport({ ratio: 0.9 });
  await expect(row(groupCount - 1)).toHaveAttribute('aria-selected', 'true');
  await page.screenshot({ path: 'e2e/screenshots/million-end.png' });

  // Up from the end row by row and page by page, through the part that browsers would have cut off.
  await page.keyboard.press('ArrowUp');
  await expect(row(groupCount - 2)).toHaveAttribute('aria-selected', 'true');
  let at = groupCount - 2;
  for (let step = 0; step < 5; step += 1) {
    await page.keyboard.press('PageUp');
    const active = page.locator('.grid-body [aria-selected="true"]');
    await expect(active).toBeInViewport();
    const index = Number(await active.getAttribute('aria-rowindex')) - 2;
    expect(index).toBeLessThan(at);
    at = index;
  }

  // Drags the thumb to the middle, then turns the wheel: no row is skipped.
  await grid(page).evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2;
  });
  const inView = () =>
    page.evaluate(() => {
      const box = document.querySelector('.grid')?.getBoundingClientRect();
      return [...document.querySelectorAll('.grid-body [role="row"]')]
        .filter((element) => {
          const { top, bottom } = element.getBoundingClientRect();
          return box && bottom > box.top + 36 && top < box.bottom;
        })
        .map((element) => Number(element.getAttribute('aria-rowindex')) - 2);
    });
  await expect.poll(async () => Math.round(((await inView())[0] ?? 0) / 1000)).toBe(500);
  const before = await inView();
  await expect(row(before[0] ?? 0)).toContainText(`group ${before[0]}`);
  await grid(page).hover();
  await page.mouse.wheel(0, 88);
  await expect.poll(async () => (await inView())[0]).toBeGreaterThan(before[0] ?? 0);
  const after = await inView();
  expect((after[0] ?? 0) - (before[0] ?? 0)).toBeLessThanOrEqual(3);

  await page.keyboard.press('Home');
  await expect(row(0)).toBeInViewport();
  expect(await bodyRows(page).count()).toBeLessThanOrEqual(60);
});
