// This morning's outliers, of a lake with rates that mislead: planted, so that it is known what has to be found.

import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { formatDay, formatRatio, formatShare } from '../src/format';
import { askGateway, control, expect, expectAccessible, shownVersion, test } from './support';

test.use({ baseURL: process.env['CLIO_TRAPS_URL'] ?? '' });

interface Contrast {
  readonly own: number;
  readonly peers: number;
  readonly ratio: number;
  readonly lower: number;
  readonly upper: number;
}

interface Listed {
  readonly kind: string;
  readonly value: string;
  readonly label: string | null;
  readonly since: string;
  readonly error: number;
  readonly rate: Contrast;
}

interface Answer {
  readonly outliers: { readonly lastDay: string; readonly nJudged: number; readonly outliers: readonly Listed[]; readonly earlier: { readonly day: string; readonly outliers: readonly Listed[] } | null };
}

const ASK = `{ outliers { lastDay nJudged outliers { kind value label since error rate { own peers ratio lower upper } }
  earlier { day outliers { kind value label } } } }`;

/** The asset that is planted to be started by many, and watched on by few. */
function clickbait(): string {
  const truth = JSON.parse(readFileSync(process.env['CLIO_TRAPS'] ?? '', 'utf8')) as { planted: { kind: string; asset_id: string; beside: string | null }[] };
  const found = truth.planted.find((own) => own.kind === 'clickbait' && own.beside !== null);
  if (!found) throw new Error('no clickbait is planted');
  return found.asset_id;
}

/** A star that misleads is listed once. */
function shownOnce<One extends { readonly kind: string; readonly value: string }>(listed: readonly One[]): readonly One[] {
  return listed.filter(({ kind, value }) => kind !== 'STAR' || !listed.some((own) => own.kind === 'MISLEADING' && own.value === value));
}

const rows = (page: Page) => page.locator('.outlier-choose');
const tab = (page: Page, name: RegExp) => page.getByRole('radio', { name });
const barCount = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).getByRole('status');

test('a planted clickbait is listed once, acknowledged with a note, and stays so with the next snapshot', async ({ page, request }) => {
  // A build for debugging takes many seconds for a list.
  test.setTimeout(180_000);
  const { outliers: list } = await askGateway<Answer>(request, ASK);
  const shown = shownOnce(list.outliers);
  const bait = shown.find(({ kind, value }) => kind === 'MISLEADING' && value === clickbait());
  if (!bait) throw new Error(`the clickbait is not listed: ${JSON.stringify(list)}`);

  // One number in the bar, for all that are new; the keys lead to the page.
  await page.goto('/');
  await expect(barCount(page)).toContainText(String(shown.length));
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await expect(page).toHaveURL(/\/outliers$/);
  await expect(rows(page)).toHaveCount(shown.length);
  await expect(page.locator('.outliers-summary')).toContainText(`Through ${formatDay(list.lastDay)}`);
  await expect(barCount(page)).not.toContainText(/\d/);

  // Its row has serving's own numbers, and it is there once.
  const own = rows(page).filter({ hasText: bait.label ?? bait.value });
  await expect(own).toHaveCount(1);
  await expect(own).toContainText('Misleading');
  await expect(own).toContainText(formatRatio({ ...bait.rate, value: bait.rate.ratio }).text);
  await own.click();
  const detail = page.locator('.outlier-detail');
  await expect(detail).toContainText('But people leave sooner');
  await expect(detail).toContainText(formatRatio({ ...bait.rate, value: bait.rate.ratio }).bounds ?? 'bounds');
  await expect(detail).toContainText(bait.error < 0.001 ? 'below' : formatShare({ value: bait.error }));
  await expect(detail.locator('.outlier-peer')).not.toHaveCount(0);
  await expect(page.locator('.updating, .placeholder')).toHaveCount(0);
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/outliers.png', fullPage: true });
  // For the documentation, when new ones are asked for.
  if (process.env['CLIO_BLESS'] === '1') await page.screenshot({ path: '../pictures/outliers.png' });

  await page.keyboard.press('a');
  await page.keyboard.type('asked for another cut');
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(shown.length - 1);
  await expect(page.getByText(/is acknowledged\./)).toBeVisible();

  // It persists: after a reload, and with the next snapshot.
  await page.reload();
  await expect(rows(page)).toHaveCount(shown.length - 1);
  const before = await shownVersion(page);
  await control(request, '/outliers/publish-day');
  await expect(page.getByRole('status', { name: 'Snapshot' })).not.toContainText(`snapshot ${before} `);
  // The list of the new snapshot is worked out when it is first asked for; until then the former one stays.
  await expect(page.locator('.outliers-summary')).not.toContainText(`Through ${formatDay(list.lastDay)}`, { timeout: 60_000 });
  await expect(rows(page).filter({ hasText: bait.label ?? bait.value })).toHaveCount(0);
  await tab(page, /^Acknowledged/).check({ force: true });
  await expect(rows(page)).toHaveCount(1);
  await expect(detail).toContainText('asked for another cut');
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/outliers-acknowledged.png', fullPage: true });

  // Its own page says why, and by whom it was seen.
  await detail.getByRole('link', { name: 'Open' }).click();
  const why = page.getByRole('region', { name: 'Why it stands out' });
  await expect(why).toContainText('But people leave sooner');
  await expect(why).toContainText('asked for another cut');
  await expectAccessible(page);
  await page.goBack();

  // Put back, and the way back from that.
  await page.getByRole('button', { name: 'Put back into the queue' }).click();
  await expect(page.getByText(/is in the queue again\./)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(rows(page)).toHaveCount(1);
});

test('the queue is walked, muted and filtered by keys and in the address', async ({ page }) => {
  await page.goto('/outliers');
  await expect(rows(page).first()).toBeVisible();
  const count = await rows(page).count();
  expect(count).toBeGreaterThan(1);
  await page.keyboard.press('j');
  await expect(rows(page).nth(1)).toBeFocused();
  await expect(rows(page).nth(1)).toHaveAttribute('aria-pressed', 'true');
  const second = (await rows(page).nth(1).locator('.outlier-name').textContent()) ?? '';
  await page.keyboard.press('m');
  await expect(rows(page)).toHaveCount(count - 1);
  await tab(page, /^Muted 1/).check({ force: true });
  await expect(page).toHaveURL(/tab=muted/);
  await expect(rows(page).locator('.outlier-name')).toHaveText([second]);
  await page.getByRole('button', { name: 'Unmute' }).click();
  await expect(page.getByText('You have muted nothing that is listed.')).toBeVisible();
  await tab(page, /^Queue/).check({ force: true });
  await expect(rows(page)).toHaveCount(count);
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('WEAK');
  await expect(page).toHaveURL(/kind=weak/);
  await page.reload();
  for (const row of await rows(page).all()) await expect(row).toContainText('Weak');
});

test('what became of those of a week before is told of each', async ({ page, request }) => {
  const { outliers: list } = await askGateway<Answer>(request, ASK);
  if (!list.earlier) throw new Error('there is a list of a week before');
  await page.goto('/outliers?tab=earlier');
  const table = page.getByRole('table', { name: `What became of those of ${formatDay(list.earlier.day)}` });
  const told = shownOnce(list.earlier.outliers);
  await expect(table.locator('tbody tr')).toHaveCount(told.length);
  for (const { value, label } of told) await expect(table).toContainText((label ?? value).split(' · ').at(-1) ?? value);
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/outliers-earlier.png', fullPage: true });
});

for (const [name, width, scheme] of [
  ['phone', 390, 'light'],
  ['dark', 1440, 'dark'],
] as const) {
  test(`outliers are readable: ${name}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 1000 });
    for (const address of ['/outliers', '/outliers?tab=earlier', '/outliers?tab=acknowledged']) {
      await page.goto(address);
      await expect(page.getByRole('radiogroup').or(page.getByRole('group', { name: 'Which outliers' }))).toBeVisible();
      await expect(page.locator('.updating, .placeholder')).toHaveCount(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
      await expectAccessible(page);
      await page.screenshot({ path: `e2e/screenshots/outliers-${name}-${address.split('=')[1] ?? 'queue'}.png`, fullPage: true });
    }
  });
}
