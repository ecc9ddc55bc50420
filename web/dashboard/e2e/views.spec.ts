// Views: saved on Explore, opened, changed, renamed, shared, made the default, deleted and restored; and the second of two
// windows is told who was first.

import { askGateway, expect, expectAccessible, open, test } from './support';

/** All journeys share one store. */
test.beforeEach(async ({ request }) => {
  interface Kept {
    readonly views: readonly { readonly id: string; readonly revision: number }[];
  }
  const { views } = await askGateway<Kept>(request, '{ views { id revision } }');
  for (const view of views) {
    await askGateway(request, 'mutation ($id: ID!, $revision: Int!) { removeView(id: $id, revision: $revision) { id } }', view);
  }
});

test('a view is saved, reopened after a reload, changed, reset and saved again', async ({ page }) => {
  await open(page, '/?last=2&group=country');
  const bar = page.getByRole('region', { name: 'View', exact: true });
  await bar.getByRole('button', { name: 'Save as…' }).click();
  await bar.getByRole('textbox', { name: 'Name of the new view' }).fill('Two days by country');
  await page.keyboard.press('Enter');
  await expect(bar).toContainText('Two days by country');
  await expect(bar).not.toContainText('changed');

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Views' }).click();
  await page.getByRole('link', { name: 'Two days by country' }).click();
  await expect(page).toHaveURL('/?last=2&group=country');
  await page.goto('/?last=3&group=country');
  await expect(bar).toContainText('changed');
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/view-changed.png' });
  await bar.getByRole('button', { name: 'Reset' }).click();
  await expect(page).toHaveURL('/?last=2&group=country');
  await page.goto('/?last=3&group=country');
  await bar.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(bar).not.toContainText('changed');
});

for (const [name, width, scheme] of [
  ['light', 1280, 'light'],
  ['dark', 1280, 'dark'],
  ['390', 390, 'light'],
] as const) {
  test(`views are renamed, shared, made the default, deleted and restored: ${name}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    const add = 'mutation ($view: ViewInput!) { addView(view: $view) { id } }';
    for (const view of [
      { name: 'Mornings', address: '/?last=2' },
      { name: 'Everything by device', address: '/?group=device', isShared: true },
    ]) {
      await askGateway(request, add, { view });
    }
    await page.goto('/views');
    const list = page.getByRole('region', { name: 'Views' });
    await list.getByRole('button', { name: 'Rename Mornings' }).click();
    await list.getByRole('textbox').fill('Evenings');
    await page.keyboard.press('Enter');
    await expect(list.getByRole('link', { name: 'Evenings' })).toBeVisible();
    await list.getByRole('button', { name: 'Share Evenings' }).click();
    await expect(list.getByText('shared', { exact: true })).toHaveCount(2);
    await list.getByRole('button', { name: 'Start with Evenings' }).click();
    await expect(list.getByText('★ default')).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: `e2e/screenshots/views-${name}.png`, fullPage: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);

    const tab = await page.context().newPage();
    await tab.goto('/');
    await expect(tab).toHaveURL('/?last=2');
    await tab.close();

    await list.getByRole('button', { name: 'Delete Evenings' }).click();
    await expect(list.getByRole('link', { name: 'Evenings' })).toHaveCount(0);
    await list.getByRole('button', { name: 'Undo' }).click();
    await expect(list.getByRole('link', { name: 'Evenings' })).toBeVisible();
  });
}

test('tells the second of two windows who was first', async ({ page, request }) => {
  const add = 'mutation ($view: ViewInput!) { addView(view: $view) { id } }';
  const added = await askGateway<{ addView: { id: string } }>(request, add, { view: { name: 'Mornings', address: '/?last=2' } });
  await page.goto('/views');
  const list = page.getByRole('region', { name: 'Views' });
  await expect(list.getByRole('link', { name: 'Mornings' })).toBeVisible();
  const change = 'mutation ($id: ID!) { changeView(id: $id, revision: 1, view: { name: "Theirs", address: "/" }) { id } }';
  await askGateway(request, change, { id: added.addView.id });
  await list.getByRole('button', { name: 'Share Mornings' }).click();
  await expect(list.getByRole('alert')).toContainText('changed in the meantime by local');
  await expect(list.getByRole('link', { name: 'Theirs' })).toBeVisible();
});
