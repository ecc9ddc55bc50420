// Takes the pictures of the documentation from the real system.

import { askCube, expect, test } from './support';

/** Where they are saved, when new ones are asked for. */
const FOLDER = process.env['CLIO_BLESS'] === '1' ? '../pictures' : 'e2e/screenshots/pictures';

test('pictures for the documentation', async ({ page, request }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 1080 });
  await page.goto('/?chart=take_rate&split=1&group=asset.title,asset&view=nested');
  await expect(page.locator('.trend-name').first()).toBeVisible();
  await expect(page.locator('.nested .thumbnail, .nested-name').first()).toBeVisible();
  await page.screenshot({ path: `${FOLDER}/explore.png` });

  // A title with much to show.
  const byTitle = await askCube(request, { groupBy: ['ASSET_TITLE', 'ASSET'], measures: ['VIEWERS'], limit: 1000 });
  const titles = byTitle.rows.map((row) => row.keys[0]?.value ?? '');
  const title = titles.toSorted((a, b) => titles.filter((one) => one === b).length - titles.filter((one) => one === a).length)[0] ?? '';
  const orderBy = [{ measure: 'VIEWERS', direction: 'DESC' }];
  const assets = await askCube(request, { groupBy: ['ASSET'], measures: ['VIEWERS'], orderBy, limit: 2 });
  await page.goto(`/titles/${encodeURIComponent(title)}`);
  await expect(page.locator('.artwork-tile img').first()).toBeVisible();
  await expect(page.locator('.trend-name').first()).toBeVisible();
  await expect(page.locator('.placeholder')).toHaveCount(0);
  await page.screenshot({ path: `${FOLDER}/title.png` });

  await page.goto(`/compare?sel=${assets.rows.map((row) => row.keys[0]?.value).join(',')}`);
  await expect(page.locator('.overlap-circles')).toBeVisible();
  await expect(page.locator('.placeholder')).toHaveCount(0);
  await page.setViewportSize({ width: 1440, height: 1240 });
  await page.screenshot({ path: `${FOLDER}/compare.png` });
});
