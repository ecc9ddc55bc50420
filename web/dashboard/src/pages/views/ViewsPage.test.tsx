import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { View } from '../../api/views';
import { failure, type Gateway, mockGateway, renderAt } from '../../testing/gateway';

const view = (part: Partial<View>): View => ({
  id: '1',
  name: 'Mornings',
  address: '/?last=7',
  isShared: false,
  isMine: true,
  isDefault: false,
  openedAt: null,
  createdBy: 'local',
  changedAt: '2026-02-01T04:00:00Z',
  revision: 3,
  ...part,
});

let gateway: Gateway;

beforeEach(() => {
  sessionStorage.clear();
  gateway = mockGateway();
  gateway.views = [
    view({}),
    view({ id: '2', name: 'Ours', isShared: true, isDefault: true, openedAt: '2026-02-02T04:00:00Z' }),
    view({ id: '3', name: 'Ada’s', isShared: true, isMine: false, openedAt: '2026-02-03T04:00:00Z' }),
  ];
});

const names = () => screen.getAllByRole('listitem').map((item) => within(item).getByRole('link').textContent);
const list = async () => within(await screen.findByRole('region', { name: 'Views' }));

describe('Views', () => {
  it('lists mine, those that are shared, and the last opened first', async () => {
    renderAt('/views', gateway);
    await list();
    expect(names()).toEqual(['Mornings', 'Ours']);
    expect(screen.getByText('★ default')).toBeTruthy();
    await userEvent.click(screen.getByRole('radio', { name: 'Shared' }));
    expect(names()).toEqual(['Ours', 'Ada’s']);
    expect(screen.queryByRole('button', { name: 'Delete Ada’s' })).toBeNull();
    await userEvent.click(screen.getByRole('radio', { name: 'Recent' }));
    expect(names()).toEqual(['Ada’s', 'Ours']);
  });

  it('names the revision that was seen, and gives back what was deleted', async () => {
    gateway.change = ({ name }) => {
      if (name === 'RemoveView') gateway.views = gateway.views?.slice(1) ?? [];
      else gateway.views = [view({}), ...(gateway.views ?? [])];
      return { data: { removeView: view({ revision: 4 }), restoreView: view({ revision: 5 }) } };
    };
    renderAt('/views', gateway);
    await userEvent.click((await list()).getByRole('button', { name: 'Delete Mornings' }));
    await waitFor(() => expect(names()).toEqual(['Ours']));
    expect(screen.getByText(/“Mornings” was deleted/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(names()).toEqual(['Mornings', 'Ours']));
    expect(gateway.changes.map(({ name, variables }) => [name, variables['revision']])).toEqual([
      ['RemoveView', 3],
      ['RestoreView', 4],
    ]);
  });

  it('renames and shares a view, and makes it the default', async () => {
    gateway.change = () => ({ data: {} });
    renderAt('/views', gateway);
    await userEvent.click((await list()).getByRole('button', { name: 'Rename Mornings' }));
    const input = screen.getByRole('textbox', { name: 'New name of Mornings' });
    await userEvent.clear(input);
    await userEvent.type(input, ' Evenings {Enter}');
    await userEvent.click(screen.getByRole('button', { name: 'Share Ours' }));
    await userEvent.click(screen.getByRole('button', { name: 'Start with Ours' }));
    await waitFor(() => expect(gateway.changes).toHaveLength(3));
    const kept = (name: string, isShared: boolean) => ({ name, address: '/?last=7', isShared });
    expect(gateway.changes.map(({ variables }) => variables)).toEqual([
      { id: '1', revision: 3, view: kept('Evenings', false) },
      { id: '2', revision: 3, view: kept('Ours', false) },
      { id: null },
    ]);
  });

  it('says who was first, and shows their version', async () => {
    gateway.change = () => {
      gateway.views = [view({ name: 'Theirs', revision: 4 })];
      return failure('CONFLICT', 'the view was changed in the meantime by ada at 2026-02-01T05:00:00Z');
    };
    renderAt('/views', gateway);
    await userEvent.click((await list()).getByRole('button', { name: 'Share Mornings' }));
    expect((await screen.findByText(/changed in the meantime by ada/)).getAttribute('role')).toBe('alert');
    await waitFor(() => expect(names()).toEqual(['Theirs']));
  });

  it('says how to turn saving on where it is off', async () => {
    gateway.views = null;
    renderAt('/views', gateway);
    expect(await screen.findByText(/start the gateway with `--store FILE`/)).toBeTruthy();
  });
});

describe('The view of Explore', () => {
  const bar = async () => within(await screen.findByRole('region', { name: 'View' }));

  it('saves the address under a name', async () => {
    gateway.views = [];
    gateway.change = ({ variables }) => {
      gateway.views = [view({ id: '9', ...(variables['view'] as Partial<View>) })];
      return { data: { addView: gateway.views[0] } };
    };
    renderAt('/?last=2', gateway);
    await userEvent.click((await bar()).getByRole('button', { name: 'Save as…' }));
    await userEvent.type(screen.getByRole('textbox', { name: 'Name of the new view' }), 'Two days{Enter}');
    expect(await screen.findByText('Two days')).toBeTruthy();
    expect(gateway.changes[0]?.variables).toEqual({ view: { name: 'Two days', address: '/?last=2', isShared: false } });
    expect(screen.queryByText('● changed')).toBeNull();
  });

  it('marks a view that was changed, and resets or saves it', async () => {
    sessionStorage.setItem('clio.view', '1');
    gateway.change = () => ({ data: {} });
    const { history } = renderAt('/?last=3', gateway);
    expect((await bar()).getByText('Mornings')).toBeTruthy();
    expect(screen.getByText('● changed')).toBeTruthy();
    await userEvent.click((await bar()).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(gateway.changes).toHaveLength(1));
    expect(gateway.changes[0]?.variables).toEqual({ id: '1', revision: 3, view: { name: 'Mornings', address: '/?last=3', isShared: false } });
    await userEvent.click((await bar()).getByRole('button', { name: 'Reset' }));
    await waitFor(() => expect(screen.queryByText('● changed')).toBeNull());
    expect(history.location.href).toBe('/?last=7');
  });

  it('opens the default view in a new tab, and plain Explore after that', async () => {
    const { history, unmount } = renderAt('/', gateway);
    await waitFor(() => expect(history.location.href).toBe('/?last=7'));
    unmount();
    const again = renderAt('/', gateway);
    await bar();
    expect(again.history.location.href).toBe('/');
  });
});
