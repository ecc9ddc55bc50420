// A link that is sent shows the numbers that were seen: those of its snapshot while serving holds it, afterwards those that
// were kept with it, beside the newest. Serving is stopped and started again, which holds the newest snapshot alone.

import type { Page } from '@playwright/test';
import { askCube, control, DISTINCT, expect, expectAccessible, open, printed, shownVersion, test } from './support';

const BY_DEVICE = { groupBy: ['DEVICE'], measures: ['VIEWERS'], orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }] };

/** Pictures of a state on a large screen, light and dark, and on a phone; each accessible, none wider than the screen. */
async function inAllLights(page: Page, name: string, scope = 'html'): Promise<void> {
  for (const [light, width, colorScheme] of [
    ['390', 390, 'light'],
    ['dark', 1440, 'dark'],
    ['light', 1440, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page, scope);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), light).toBe(true);
    await page.screenshot({ path: `e2e/screenshots/${name}-${light}.png` });
  }
}

test('a colleague sees what was sent, while its snapshot is held and afterwards', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/?group=device&measures=viewers');
  await expect(page.getByRole('region', { name: 'Totals' }).getByRole('button', { name: /^Viewers / })).toBeVisible();
  const sent = await shownVersion(page);
  const before = await askCube(request, BY_DEVICE);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const menu = page.getByRole('dialog', { name: 'Send to a colleague' });
  await expect(menu.getByRole('status')).toContainText(`as of snapshot ${sent}.`);
  await inAllLights(page, 'send', '.popover');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/l\/[0-9a-z]{13}$/);
  await page.keyboard.press('Escape');

  // While its snapshot is held, those are the numbers of the page.
  await page.goto(link);
  const bar = page.getByRole('region', { name: 'What was sent' });
  await expect(bar).toContainText(`The page stays at snapshot ${sent}, whose numbers were sent.`);
  await expect(page).toHaveURL(link);
  await inAllLights(page, 'sent-held');

  await control(request, '/publish-day');
  const tab = await context.newPage();
  await tab.goto('/');
  await expect.poll(() => shownVersion(tab)).toBeGreaterThan(sent);
  await tab.close();
  expect(await shownVersion(page)).toBe(sent);
  await bar.getByRole('button', { name: /^Show the newest, snapshot \d+/ }).click();
  await expect.poll(() => shownVersion(page)).toBeGreaterThan(sent);
  await expect(bar).toContainText(`are from snapshot ${sent}; the page shows snapshot`);

  // Once it is gone, they are what was kept with the link.
  await control(request, '/serving/stop');
  await control(request, '/serving/start');
  await page.goto(link);
  await expect(bar).toContainText(`are from snapshot ${sent}; the page shows snapshot`);
  const newest = await askCube(request, BY_DEVICE);
  const numbers = bar.getByRole('group', { name: 'Viewers by Device' }).first();
  for (const { keys, values } of before.rows) {
    const row = numbers.getByRole('row', { name: new RegExp(`^${keys[0]?.label}`) });
    const now = newest.rows.find((one) => one.keys[0]?.value === keys[0]?.value);
    await expect(row.locator('strong').first()).toHaveText(bounded(printed(values[0], DISTINCT)));
    await expect(row).toContainText(`now ${bounded(printed(now?.values[0], DISTINCT))}`);
  }
  await bar.getByRole('button', { name: `Show snapshot ${sent}` }).click();
  await expect(bar.getByRole('status')).toHaveText(`Snapshot ${sent} is not available any more.`);
  await inAllLights(page, 'sent-gone');
});

/** "1,234 1,200–1,260" as it stands there: "1,234 (1,200–1,260)". */
function bounded(text: string): string {
  const [value = '', bounds = ''] = text.split(' ');
  return `${value} (${bounds})`;
}

test('what is sent and changed then goes on at the snapshot that was sent', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/?group=country&last=2');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('to the clipboard');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto(link);
  await page.getByRole('button', { name: /^Dates/ }).click();
  await page.getByRole('button', { name: 'Last day' }).click();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL('/?last=1&group=country');
  const bar = page.getByRole('region', { name: 'What was sent' });
  await expect(bar).toContainText(/The page stays at snapshot \d+\./);
  await bar.getByRole('button', { name: 'Show the newest' }).click();
  await expect(bar).toHaveCount(0);
});
