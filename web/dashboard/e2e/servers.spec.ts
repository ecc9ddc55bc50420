// Journeys that start and stop the servers behind the page. They run in order, and each leaves the servers as it found
// them, except for published days.

import { badge, bodyRows, card, control, COUNT, expect, expectAccessible, expectHeadline, expectSameDocument, grid, markDocument, open, printed, shownVersion, test, topCountry, topValues } from './support';

test('a new snapshot appears without a reload, and nothing of the reader is lost', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, `/?country.none=${encodeURIComponent(country)}&group=day,country,device`);
  await markDocument(page);
  const before = await shownVersion(page);
  await grid(page).focus();
  for (let step = 0; step < 30; step += 1) await page.keyboard.press('ArrowDown');
  const scrolled = await grid(page).evaluate((element) => element.scrollTop);
  expect(scrolled).toBeGreaterThan(0);
  const address = page.url();

  await control(request, '/publish-day');
  await expect.poll(() => shownVersion(page)).toBeGreaterThan(before);
  await expectHeadline(page, request, { where: { country: { noneOf: [country] } } });
  await expectSameDocument(page);
  expect(page.url()).toBe(address);
  await expect(grid(page)).toBeFocused();
  expect(await grid(page).evaluate((element) => element.scrollTop)).toBe(scrolled);
  await expect(page.locator('[role="row"][aria-selected="true"]')).toHaveCount(1);
});

test('serving down is reported, and recovers without a reload', async ({ page, request }) => {
  const country = await topCountry(request);
  await open(page);
  await markDocument(page);
  await control(request, '/serving/stop');
  try {
    await expect(badge(page)).toContainText('down');
    await expect(page.getByRole('alert').filter({ hasText: 'The query service is down' })).toBeVisible();
    // What is on the screen stays; a new question fails in its panel, with the reason.
    await expect(bodyRows(page).first()).toBeVisible();
    await page.getByRole('button', { name: /^Group by/ }).click();
    await page.getByRole('option', { name: 'Country' }).click();
    await page.keyboard.press('Escape');
    const groups = page.getByRole('region', { name: 'Groups', exact: true });
    await expect(groups.getByRole('alert')).toContainText('This could not be updated.');
    await expect(page.getByText(/os error|127\.0\.0\.1:\d+ does not/).filter({ visible: true })).toHaveCount(0);
    await expect(bodyRows(page).first()).toBeVisible();
    await page.screenshot({ path: 'e2e/screenshots/down.png' });
  } finally {
    await control(request, '/serving/start');
  }
  await expect(badge(page)).toContainText('live');
  await expect(bodyRows(page).filter({ hasText: country }).first()).toBeVisible();
  await expectHeadline(page, request, {});
  await expectSameDocument(page);
});

test('a page opened while serving is down fills by itself', async ({ page, request }) => {
  await control(request, '/serving/stop');
  try {
    await page.goto('/');
    await expect(page.getByRole('alert').first()).toContainText(/down|could not be loaded/);
    await markDocument(page);
  } finally {
    await control(request, '/serving/start');
  }
  await expect(bodyRows(page).first()).toBeVisible();
  await expect(badge(page)).toContainText('live');
  await expectHeadline(page, request, {});
  await expectSameDocument(page);
});

test('a snapshot published while serving was down is picked up', async ({ page, request }) => {
  await open(page);
  const before = await shownVersion(page);
  await control(request, '/serving/stop');
  try {
    await expect(badge(page)).toContainText('down');
    await control(request, '/publish-day');
  } finally {
    await control(request, '/serving/start');
  }
  await expect.poll(() => shownVersion(page), { timeout: 30_000 }).toBeGreaterThan(before);
  await expect(badge(page)).toContainText('live');
  await expectHeadline(page, request, {});
});

test('a page that has shown a new snapshot keeps it while serving is down', async ({ page, request }) => {
  await open(page);
  const before = await shownVersion(page);
  await control(request, '/publish-day');
  await expect.poll(() => shownVersion(page)).toBeGreaterThan(before);
  const after = await shownVersion(page);
  const { total } = await expectHeadline(page, request, {});
  const impressions = printed(total.values[0], COUNT);
  await control(request, '/serving/stop');
  try {
    await expect(badge(page)).toContainText('down');
    await expect(page.getByText(`The page still shows snapshot ${after}.`)).toBeVisible();
    expect(await shownVersion(page)).toBe(after);
    await expect(card(page, 'Impressions')).toContainText(impressions);
    await expectAccessible(page);
    await page.screenshot({ path: 'e2e/screenshots/kept.png' });
  } finally {
    await control(request, '/serving/start');
  }
  await expect(badge(page)).toContainText('live');
  expect(await shownVersion(page)).toBe(after);
});

test('a snapshot that an operator pins is shown, even after a newer one, and marked as pinned', async ({ page, request }) => {
  await open(page);
  await markDocument(page);
  const newest = await shownVersion(page);
  await control(request, `/pin/${newest - 1}`);
  try {
    await expect.poll(() => shownVersion(page)).toBe(newest - 1);
    await expect(badge(page)).toContainText('pinned by ada');
    await expectHeadline(page, request, {});
    await expectAccessible(page);
    await page.goto('/status');
    await expect(page.getByText(new RegExp(`Snapshot ${newest - 1} is pinned by ada since .*\\(plays are missing\\)`))).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: 'e2e/screenshots/pinned.png' });
    await open(page);
    await markDocument(page);
  } finally {
    await control(request, '/unpin');
  }
  await expect.poll(() => shownVersion(page)).toBe(newest);
  await expect(badge(page)).not.toContainText('pinned');
  await expectHeadline(page, request, {});
  await expectSameDocument(page);
});
