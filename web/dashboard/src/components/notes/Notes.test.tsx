import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Annotation } from '../../api/annotations';
import { failure, type Gateway, mockGateway, renderAt } from '../../testing/gateway';

const note = (part: Partial<Annotation> = {}): Annotation => ({
  id: '1',
  from: '2026-01-02',
  to: '2026-01-02',
  text: 'premiere',
  member: null,
  createdBy: 'local',
  changedBy: 'local',
  changedAt: '2026-02-01T04:00:00Z',
  revision: 3,
  ...part,
});

let gateway: Gateway;
beforeEach(() => {
  gateway = mockGateway();
});

const list = async () => within(await screen.findByRole('list', { name: 'What was noted' }));

describe('what is noted of days', () => {
  it('stands below the trend, who, when and what, and is spoken at its day', async () => {
    gateway.annotations = [note(), note({ id: '2', text: 'outage', createdBy: 'ada', changedBy: 'ada', member: { field: 'country', value: 'DE' } })];
    renderAt('/?country.any=DE', gateway);
    const items = (await list()).getAllByRole('listitem');
    expect(items[0]?.textContent).toMatch(/^12 Jan 2026 premiere · local, 1 Feb 2026/);
    expect(items[1]?.textContent).toMatch(/^22 Jan 2026 outage · Country DE · ada, 1 Feb 2026/);
    // What others wrote only they change.
    expect(screen.queryByRole('button', { name: 'Delete: outage' })).toBeNull();
    const slider = screen.getAllByRole('slider')[0];
    slider?.focus();
    await userEvent.keyboard('{ArrowRight}');
    expect(slider?.getAttribute('aria-valuetext')).toMatch(/^2 Jan 2026: .*; noted: premiere; outage$/);
    expect(gateway.annotationsAsked.at(-1)).toEqual({ from: '2026-01-01', to: '2026-01-03', members: [{ field: 'COUNTRY', value: 'DE' }] });
    await userEvent.click(screen.getAllByRole('button', { name: 'Show as table' })[0] as HTMLElement);
    expect(screen.getByRole('cell', { name: 'no rows; premiere; outage' })).toBeTruthy();
  });

  it('is written of days, about a member of the filter', async () => {
    gateway.change = ({ variables }) => {
      gateway.annotations = [note({ ...(variables['annotation'] as Partial<Annotation>), member: null })];
      return { data: { addAnnotation: gateway.annotations[0] } };
    };
    renderAt('/?country.any=DE', gateway);
    await userEvent.click(await screen.findByRole('button', { name: '+ Note' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Note what happened' }));
    const text = await dialog.findByLabelText('What happened');
    expect(dialog.getByRole('button', { name: 'Save' })).toHaveProperty('disabled', true);
    await userEvent.type(text, ' campaign ');
    await userEvent.selectOptions(dialog.getByRole('combobox', { name: 'About' }), 'Country DE');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect((await list()).getByText('campaign')).toBeTruthy();
    const annotation = { from: '2026-01-03', to: '2026-01-03', text: 'campaign', member: { field: 'COUNTRY', value: 'DE' } };
    expect(gateway.changes).toEqual([{ name: 'AddAnnotation', variables: { annotation } }]);
  });

  it('says who was faster, keeps what was typed, and saves over what is there by then', async () => {
    gateway.annotations = [note()];
    gateway.change = () => {
      gateway.annotations = [note({ text: 'theirs', revision: 4 })];
      gateway.change = () => ({ data: { changeAnnotation: note() } });
      return failure('CONFLICT', 'the annotation was changed in the meantime by ada at 2026-02-01T05:00:00Z');
    };
    renderAt('/', gateway);
    await userEvent.click((await list()).getByRole('button', { name: 'Edit: premiere' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.type(await dialog.findByLabelText('What happened'), ' at noon');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    expect((await dialog.findByRole('alert')).textContent).toContain('changed in the meantime by ada');
    await waitFor(() => expect(screen.getByText('theirs')).toBeTruthy());
    expect(dialog.getByLabelText('What happened')).toHaveProperty('value', 'premiere at noon');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(gateway.changes.map(({ variables }) => variables['revision'])).toEqual([3, 4]);
  });

  it('is deleted, and brought back', async () => {
    gateway.annotations = [note()];
    gateway.change = ({ name }) => {
      gateway.annotations = name === 'RemoveAnnotation' ? [] : [note({ revision: 5 })];
      return { data: { removeAnnotation: note({ revision: 4 }), restoreAnnotation: note({ revision: 5 }) } };
    };
    renderAt('/', gateway);
    await userEvent.click((await list()).getByRole('button', { name: 'Delete: premiere' }));
    await waitFor(() => expect(screen.queryByRole('list', { name: 'What was noted' })).toBeNull());
    await userEvent.click(within(screen.getByText(/“premiere” was deleted/)).getByRole('button', { name: 'Undo' }));
    await list();
    expect(gateway.changes.map(({ name, variables }) => [name, variables['revision']])).toEqual([
      ['RemoveAnnotation', 3],
      ['RestoreAnnotation', 4],
    ]);
  });

  it('is not offered where nothing can be kept', async () => {
    gateway.views = null;
    renderAt('/', gateway);
    await screen.findAllByRole('slider');
    expect(screen.queryByRole('button', { name: '+ Note' })).toBeNull();
    expect(gateway.annotationsAsked).toEqual([]);
  });
});
