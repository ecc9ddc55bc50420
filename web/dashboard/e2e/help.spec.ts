// First steps: a tour that is offered once, and a page that explains bounds, verdicts and days with pictures.

import type { Page } from '@playwright/test';
import { bodyRows, expect, expectAccessible, open, test } from './support';

const LIGHTS = [
  ['390', 390, 'light'],
  ['dark', 1440, 'dark'],
  ['light', 1440, 'light'],
] as const;

const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

test('whoever comes first is shown around in a minute, and not asked again', async ({ browser }) => {
  // A browser that has seen nothing yet.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto('/');
  const tour = page.getByRole('complementary', { name: 'Tour' });
  await expect(tour.getByText('New here?')).toBeVisible();
  await expect(bodyRows(page).first()).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/tour-offer.png' });
  const begun = Date.now();
  await tour.getByRole('button', { name: 'Show me' }).click();
  for (let step = 1; step <= 6; step += 1) {
    await expect(tour.getByText(`${step} of 6`)).toBeVisible();
    const frame = page.locator('.tour-frame');
    await expect(frame).toBeVisible();
    expect((await frame.boundingBox())?.width).toBeGreaterThan(10);
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/tour-${step}.png` });
    if (step < 6) await tour.getByRole('button', { name: 'Next' }).click();
  }
  await tour.getByRole('link', { name: 'How to read the numbers' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How to read the numbers');
  expect(Date.now() - begun).toBeLessThan(60_000);
  await page.goto('/');
  await expect(bodyRows(page).first()).toBeVisible();
  await expect(tour).toHaveCount(0);
  await context.close();
});

test('the tour is usable on a phone, and by keys alone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/help');
  await page.getByRole('button', { name: 'Show the tour of Explore' }).click();
  const tour = page.getByRole('complementary', { name: 'Tour' });
  await expect(tour).toBeFocused();
  for (let step = 1; step < 6; step += 1) {
    await page.keyboard.press('Tab');
    while (!(await tour.getByRole('button', { name: 'Next' }).evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(tour.getByText(`${step + 1} of 6`)).toBeVisible();
    expect(await isTooWide(page)).toBe(false);
  }
  await page.screenshot({ path: 'e2e/screenshots/tour-390.png' });
  await page.keyboard.press('Escape');
  await expect(tour).toHaveCount(0);
});

test('Help explains bounds, verdicts and days with pictures, and is a key away', async ({ page }) => {
  await open(page);
  await page.keyboard.press('?');
  await expect(page).toHaveURL(/\/help$/);
  for (const name of ['A number and its bounds', 'Three intervals of a rate', 'Is it really higher?', 'Days that are missing, or may change']) {
    await expect(page.getByRole('region', { name }).locator('svg').first()).toBeVisible();
  }
  for (const [light, width, colorScheme] of LIGHTS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
    expect(await isTooWide(page), light).toBe(false);
    await page.screenshot({ path: `e2e/screenshots/help-${light}.png`, fullPage: true });
  }
});
