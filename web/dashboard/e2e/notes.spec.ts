// What happened on some days: noted, changed, deleted and brought back, on every page with a trend and in taken pictures; and
// of two windows the second is told who was first.

import { readFile } from 'node:fs/promises';
import { askCube, askGateway, expect, expectAccessible, open, test } from './support';

/** All journeys share one store. */
test.beforeEach(async ({ request }) => {
  interface Kept {
    readonly annotations: { readonly annotations: readonly { readonly id: string; readonly revision: number }[] };
  }
  const { annotations } = await askGateway<Kept>(request, '{ annotations(first: 1000) { annotations { id revision } } }');
  for (const note of annotations.annotations) {
    await askGateway(request, 'mutation ($id: ID!, $revision: Int!) { removeAnnotation(id: $id, revision: $revision) { id } }', note);
  }
});

const ADD = 'mutation ($note: AnnotationInput!) { addAnnotation(annotation: $note) { id } }';

test('a day is noted, changed, taken away in a picture, deleted and brought back', async ({ page }) => {
  await open(page, '/?group=device&measures=viewers');
  await page.getByRole('button', { name: '+ Note' }).click();
  const dialog = page.getByRole('dialog', { name: 'Note what happened' });
  await dialog.getByLabel('What happened').fill('Premiere of the season');
  await dialog.getByLabel('First day').fill('2026-01-05');
  await expectAccessible(page, '.popover');
  await page.screenshot({ path: 'e2e/screenshots/note-editor.png' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  const notes = page.getByRole('list', { name: 'What was noted' });
  await expect(notes.getByRole('listitem')).toHaveText(/5 Jan 2026 Premiere of the season · local, /);
  const slider = page.getByRole('slider').first();
  await slider.focus();
  for (let day = 1; day < 5; day += 1) await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', /^5 Jan 2026: .*; noted: Premiere of the season$/);

  await notes.getByRole('button', { name: 'Edit: Premiere of the season' }).click();
  const editor = page.getByRole('dialog');
  await editor.getByLabel('Last day, if different').fill('2026-01-08');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(notes).toContainText('5–8 Jan 2026');
  // On a reload it is there.
  await page.reload();
  await expect(notes).toContainText('5–8 Jan 2026');

  await page.getByRole('button', { name: /^Export: Viewers by day$/ }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as SVG' }).click();
  const svg = await readFile(await (await saving).path(), 'utf8');
  expect(svg).toContain('Premiere of the season');
  expect(svg).toContain('5–8 Jan 2026');
  expect(svg).not.toContain('>Delete<');
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as PNG' }).click();
  await (await saved).saveAs('e2e/screenshots/taken-notes.png');
  await page.keyboard.press('Escape');

  await notes.getByRole('button', { name: 'Delete: Premiere of the season' }).click();
  await expect(notes).toHaveCount(0);
  await page.getByRole('status').filter({ hasText: 'was deleted' }).getByRole('button', { name: 'Undo' }).click();
  await expect(notes).toContainText('Premiere of the season');
});

test('notes about a member stand where the trend is of it, on every page', async ({ page, request }) => {
  const { rows } = await askCube(request, { groupBy: ['ASSET'], measures: ['VIEWERS'], orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }], limit: 2 });
  const [one = '', other = ''] = rows.map(({ keys }) => keys[0]?.value ?? '');
  await askGateway(request, ADD, { note: { from: '2026-01-03', text: 'Outage of the player' } });
  await askGateway(request, ADD, { note: { from: '2026-01-09', to: '2026-01-12', text: 'New crop of the picture', member: { field: 'ASSET', value: one } } });
  await askGateway(request, ADD, { note: { from: '2026-01-20', text: 'בכורה בתל אביב', member: { field: 'COUNTRY', value: 'IL' } } });
  const notes = page.getByRole('list', { name: 'What was noted' }).getByRole('listitem');
  for (const [name, address, count] of [
    ['explore', '/', 1],
    ['explore-split', '/?group=asset&split=1', 2],
    ['country', '/?country.any=IL', 2],
    ['asset', `/assets/${encodeURIComponent(one)}`, 2],
    ['asset-other', `/assets/${encodeURIComponent(other)}`, 1],
    ['compare', `/compare?sel=${one},${other}`, 2],
  ] as const) {
    await page.goto(address);
    await expect(notes, name).toHaveCount(count);
  }
  await expect(page.locator('.updating, .placeholder')).toHaveCount(0);
  for (const [light, width, colorScheme] of [
    ['390', 390, 'light'],
    ['dark', 1440, 'dark'],
    ['light', 1440, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`/assets/${encodeURIComponent(one)}`);
    await expect(notes).toHaveCount(2);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), light).toBe(true);
    await page.getByRole('list', { name: 'What was noted' }).scrollIntoViewIfNeeded();
    await page.screenshot({ path: `e2e/screenshots/notes-${light}.png` });
  }
});

test('of two windows that change a note the second is told who was first', async ({ page, request }) => {
  const { addAnnotation } = await askGateway<{ addAnnotation: { id: string } }>(request, ADD, { note: { from: '2026-01-05', text: 'Premiere' } });
  await open(page);
  await page.getByRole('button', { name: 'Edit: Premiere' }).click();
  const change = 'mutation ($id: ID!) { changeAnnotation(id: $id, revision: 1, annotation: { from: "2026-01-06", text: "Theirs" }) { id } }';
  await askGateway(request, change, { id: addAnnotation.id });
  const editor = page.getByRole('dialog');
  await editor.getByLabel('What happened').fill('Mine');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(editor.getByRole('alert')).toContainText('changed in the meantime by local');
  await expect(page.getByText('Theirs', { exact: true })).toBeVisible();
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('list', { name: 'What was noted' })).toContainText('Mine');
});
