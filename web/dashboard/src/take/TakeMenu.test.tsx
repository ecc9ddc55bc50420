import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { mockGateway, renderAt } from '../testing/gateway';
import { wrapped } from './picture';

it('copies the rows of a panel, and says so', async () => {
  const user = userEvent.setup();
  const forms: Record<string, Blob>[] = [];
  vi.stubGlobal('ClipboardItem', function Item(data: Record<string, Blob>) {
    forms.push(data);
  });
  const write = vi.spyOn(navigator.clipboard, 'write').mockResolvedValue();
  renderAt('/?country.any=DE', mockGateway());
  const groups = await screen.findByRole('region', { name: 'Groups' });
  await user.click(await within(groups).findByRole('button', { name: 'Export: Measures by Asset' }));
  const menu = await screen.findByRole('dialog', { name: 'Export: Measures by Asset' });
  await user.click(await within(menu).findByRole('button', { name: 'Copy as table' }));
  await waitFor(() => expect(within(menu).getByRole('status').textContent).toBe('2 rows copied to the clipboard.'));
  expect(write).toHaveBeenCalledTimes(1);
  expect(Object.keys(forms[0] ?? {})).toEqual(['text/plain', 'text/html']);
  await user.click(within(menu).getByRole('button', { name: 'clio query' }));
  expect(within(menu).getByRole('group', { name: 'The question in clio query' }).textContent).toContain(`--where 'country anyOf ("DE")'`);
  await user.click(within(menu).getByRole('button', { name: 'SQL' }));
  expect(within(menu).getByRole('group', { name: 'The question in SQL' }).textContent).toContain('FROM cells');
});

it('breaks long lines between words', () => {
  expect(wrapped('one two three four', 9)).toEqual(['one two', 'three', 'four']);
  expect(wrapped('', 9)).toEqual(['']);
});
