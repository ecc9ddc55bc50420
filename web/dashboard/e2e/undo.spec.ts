// Undo and redo.

import { expect, expectAccessible, open, test } from './support';

test('changes are undone one by one, by key and by button, and redone', async ({ page }) => {
  await open(page, '/?group=device');
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toHaveCount(0);
  await page.getByRole('columnheader', { name: 'Impressions' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=-impressions/);
  await page.getByRole('columnheader', { name: 'Impressions' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=impressions/);
  await page.keyboard.press('Control+z');
  await expect(page).toHaveURL(/sort=-impressions/);
  await expect(page.getByRole('columnheader', { name: 'Impressions' })).toHaveAttribute('aria-sort', 'descending');
  await undo.click();
  await expect(page).toHaveURL(/\?group=device$/);
  await expect(undo).toHaveCount(0);
  await page.keyboard.press('Control+Shift+z');
  await expect(page).toHaveURL(/sort=-impressions/);
  await expectAccessible(page);
  // In a text field the key applies to the text.
  await page.getByRole('button', { name: '+ Add filter' }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  await page.getByRole('combobox', { name: 'Search Country' }).press('Control+z');
  await expect(page).toHaveURL(/sort=-impressions/);
});
