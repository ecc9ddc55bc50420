import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, mockGateway, renderAt } from '../../testing/gateway';

let gateway: Gateway;
let asked: Record<string, unknown>[];
beforeEach(() => {
  localStorage.clear();
  gateway = mockGateway();
  asked = [];
  gateway.members = (variables) => {
    asked.push(variables);
    const all = [
      { field: 'ASSET_TITLE', value: 'Dune', label: 'Dune', media: null, nCells: 5, nCellsLeft: null },
      { field: 'ASSET', value: 'a1', label: 'Dune · artwork 1', media: '/media/a1.svg', nCells: 4, nCellsLeft: null },
      { field: 'COUNTRY', value: 'Dunes, ~', label: 'Dunes, ~', media: null, nCells: 3, nCellsLeft: null },
      { field: 'COUNTRY', value: null, label: '(none)', media: null, nCells: 3, nCellsLeft: null },
    ];
    return { members: all, total: all.length };
  };
});

async function find(text: string) {
  await screen.findByRole('grid');
  fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
  const dialog = within(await screen.findByRole('dialog', { name: 'Find' }));
  await userEvent.type(dialog.getByRole('combobox'), text);
  return dialog;
}

describe('the command menu', () => {
  it('finds members of all fields at once, and opens their pages', async () => {
    const { history } = renderAt('/', gateway);
    const dialog = await find('dune');
    await waitFor(() => expect(dialog.getAllByRole('option')).toHaveLength(3));
    expect(dialog.getAllByRole('option').map((option) => option.textContent)).toEqual(['DuneAsset title', 'Dune · artwork 1Asset', 'Dunes, ~Country']);
    await waitFor(() => expect(asked.at(-1)).toMatchObject({ field: null, search: 'dune' }));
    await userEvent.keyboard('{ArrowDown}{Enter}');
    await waitFor(() => expect(history.location.pathname).toBe('/assets/a1'));
    expect(screen.queryByRole('dialog', { name: 'Find' })).toBeNull();
  });

  it('filters by a member that has no page, whatever is in its name', async () => {
    const { history } = renderAt('/', gateway);
    const dialog = await find('dune');
    await waitFor(() => expect(dialog.getAllByRole('option')).toHaveLength(3));
    await userEvent.click(dialog.getByRole('option', { name: /Country$/ }));
    await waitFor(() => expect(history.location.search).toBe('?country.any=Dunes~,+~~'));
    await waitFor(() => expect(gateway.asks.at(-1)?.query.where).toEqual({ country: { anyOf: ['Dunes, ~'] } }));
  });

  it('offers pages, and first what was opened last', async () => {
    const { history } = renderAt('/', gateway);
    let dialog = await find('stat');
    const page = (await dialog.findAllByRole('option'))[0];
    expect(page?.textContent).toBe('StatusPage');
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(history.location.pathname).toBe('/status'));
    fireEvent.keyDown(document.body, { key: 'g' });
    fireEvent.keyDown(document.body, { key: 'e' });
    await waitFor(() => expect(history.location.pathname).toBe('/'));
    dialog = await find('dune');
    await waitFor(() => expect(dialog.getAllByRole('option')).toHaveLength(3));
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(history.location.pathname).toBe('/titles/Dune'));
    fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
    const again = within(await screen.findByRole('dialog', { name: 'Find' }));
    expect(again.getAllByRole('option').map((option) => option.textContent)).toEqual(['DuneAsset title']);
  });

  it('leaves letters to text fields', async () => {
    const { history } = renderAt('/', gateway);
    const dialog = await find('gs');
    expect(history.location.pathname).toBe('/');
    expect(dialog.getByRole('combobox')).toHaveProperty('value', 'gs');
  });
});
