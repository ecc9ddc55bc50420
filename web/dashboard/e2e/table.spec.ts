import { askCube, bodyRows, COUNT, expect, grid, open, printed, test } from './support';

const MANY = { groupBy: ['ASSET', 'COUNTRY', 'DEVICE'], measures: ['IMPRESSIONS'] };
const MANY_ADDRESS = '/?group=asset,country,device';

test('thousands of groups keep the document small, and End reaches the last', async ({ page, request }) => {
  const byImpressions = [{ measure: 'IMPRESSIONS', direction: 'DESC' }];
  const { groupCount } = await askCube(request, { ...MANY, limit: 1 });
  expect(groupCount).toBeGreaterThan(200);
  const last = await askCube(request, { ...MANY, orderBy: byImpressions, limit: 1, offset: groupCount - 1 });
  await open(page, MANY_ADDRESS);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(groupCount + 1));
  expect(await bodyRows(page).count()).toBeLessThanOrEqual(60);

  await grid(page).focus();
  await page.keyboard.press('End');
  const row = page.locator(`[aria-rowindex="${groupCount + 1}"]`);
  await expect(row).toBeInViewport();
  await expect(row).toHaveAttribute('aria-selected', 'true');
  await expect(row).toContainText(printed(last.rows[0]?.values[0], COUNT));
  await expect(grid(page)).toHaveAttribute('aria-activedescendant', (await row.getAttribute('id')) ?? '');
  expect(await bodyRows(page).count()).toBeLessThanOrEqual(60);

  await page.keyboard.press('Home');
  await expect(page.locator('[aria-rowindex="2"]')).toBeInViewport();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  await expect(page.locator('[aria-rowindex="4"]')).toHaveAttribute('aria-selected', 'true');
});

test('a column sorts on the server', async ({ page, request }) => {
  await open(page);
  const entries = await page.evaluate(() => history.length);
  await grid(page).getByRole('button', { name: 'Viewers' }).click();
  await expect(page).toHaveURL(/\?sort=-viewers$/);
  await expect(page.getByRole('columnheader', { name: 'Viewers' })).toHaveAttribute('aria-sort', 'descending');
  const query = { groupBy: ['ASSET'], measures: ['VIEWERS'], limit: 1 };
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

test('groups that overlap are said to', async ({ page, request }) => {
  const cube = await askCube(request, { groupBy: ['AUDIENCE'], measures: ['IMPRESSIONS'] });
  await open(page, '/?group=audience');
  await expect(page.getByText(/Groups by Audience overlap/)).toBeVisible();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(cube.groupCount + 1));
  await page.getByRole('button', { name: /^Group by/ }).click();
  await page.getByRole('option', { name: /^Audience/ }).click();
  await page.getByRole('option', { name: 'Day' }).click();
  await expect(page).toHaveURL(/\?group=day$/);
  await expect(page.getByText(/Groups by Audience overlap/)).toHaveCount(0);
});
