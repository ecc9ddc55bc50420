import { bodyRows, expect, expectAccessible, expectHeadline, open, test } from './support';

for (const scheme of ['light', 'dark'] as const) {
  test(`the page loads, is accessible and keeps the policy: ${scheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const response = await page.goto('/');
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('unsafe');

    await expect(bodyRows(page).first()).toBeVisible();
    await expect(page.locator('svg.trend')).toHaveCount(1);
    await expectHeadline(page, request, {});
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/explore-${scheme}.png` });

    const editors: [button: RegExp, scope: string][] = [
      [/^Dates/, 'Dates'],
      [/^Compared with/, 'Compared with'],
      [/^Group by/, 'Group by'],
      [/^Measures/, 'Measures'],
      [/Add filter/, 'Add a filter'],
      [/Condition/, 'Conditions'],
    ];
    for (const [button, title] of editors) {
      await page.getByRole('button', { name: button }).click();
      await expect(page.getByRole('dialog', { name: title })).toBeVisible();
      await expectAccessible(page, '.popover');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await expect(page.getByRole('button', { name: button })).toBeFocused();
    }

    await page.getByRole('button', { name: /Add filter/ }).click();
    await page.getByRole('option', { name: /^Audience/ }).click();
    await expect(page.getByRole('listbox', { name: 'Values of Audience' }).getByRole('option').first()).toBeVisible();
    await expectAccessible(page, '.popover');
    await page.screenshot({ path: `e2e/screenshots/filter-${scheme}.png` });
  });
}

test('the charts speak their values to a keyboard, and are tables on demand', async ({ page }) => {
  await open(page);
  const slider = page.getByRole('slider').first();
  await slider.focus();
  await expect(slider).toBeFocused();
  await page.keyboard.press('End');
  const last = await slider.getAttribute('aria-valuemax');
  await expect(slider).toHaveAttribute('aria-valuenow', last ?? '');
  await expect(slider).toHaveAttribute('aria-valuetext', /^\d+ \w+ \d{4}: /);
  await page.getByRole('button', { name: 'Show as table' }).first().click();
  await expect(page.getByRole('columnheader', { name: '95 % bounds' })).toBeVisible();
  await expectAccessible(page);
});

test('the page is usable at 390 pixels', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/');
  await expect(page.locator('.group-card').first()).toBeVisible();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  await expect(page.getByRole('combobox', { name: 'Search Country' })).toBeInViewport();
  await expectAccessible(page, '.popover');
  await page.keyboard.press('Escape');
  // The table becomes cards, sorted by the choice above them.
  const groups = page.getByRole('region', { name: 'Groups', exact: true });
  await groups.scrollIntoViewIfNeeded();
  await expect(groups.locator('.group-card img').first()).toBeVisible();
  await groups.getByRole('combobox', { name: 'Sorted by' }).selectOption({ label: 'Impressions' });
  await expect(page).toHaveURL(/sort=-impressions/);
  await expect(page.locator('.updating')).toHaveCount(0);
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/explore-390.png', fullPage: true });
});

test('the layout does not jump while the page loads', async ({ page }) => {
  await page.addInitScript(() => {
    const sum = { value: 0 };
    Object.assign(globalThis, { clioShift: sum });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) sum.value += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await open(page);
  await expect(page.locator('svg.trend')).toHaveCount(1);
  const shift = await page.evaluate(() => (globalThis as unknown as { clioShift: { value: number } }).clioShift.value);
  expect(shift).toBeLessThan(0.02);
});

test('GraphiQL works from the binary alone', async ({ page }) => {
  const home = new URL(process.env['CLIO_URL'] ?? '').origin;
  const elsewhere: string[] = [];
  page.on('request', (sent) => {
    if (new URL(sent.url()).origin !== home) elsewhere.push(sent.url());
  });
  await page.goto('/graphiql');
  // GraphiQL loads its editors after its buttons, and a click before then does nothing.
  await expect(page.locator('.graphiql-query-editor .CodeMirror')).toContainText('dataset');
  await expect(page.locator('.result-window .CodeMirror')).toBeVisible();
  await page.getByRole('button', { name: /Execute query/ }).click();
  await expect(page.locator('.graphiql-response')).toContainText('"name": "media"');
  expect(elsewhere).toEqual([]);
});
