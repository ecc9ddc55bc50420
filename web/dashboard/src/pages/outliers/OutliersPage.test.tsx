import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerTo, failure, type Gateway, mockGateway, renderAt } from '../../testing/gateway';
import { acknowledgement, handled, LIST, mute, WITH_OUTLIERS } from '../../testing/outliers';

let gateway: Gateway;

beforeEach(() => {
  gateway = mockGateway();
  gateway.start = () => ({ data: { insecure: false, me: null, keeping: { isOn: true, hint: null, person: 'local' }, dataset: WITH_OUTLIERS, serving: gateway.status } });
  gateway.outliers = () => ({ data: { outliers: LIST } });
  gateway.cube = (ask) => (ask.query.groupBy?.[0] === 'ASSET' ? answerTo(ask, ['a7', 'a1', 'a8']) : {});
});

const rows = async () => (await screen.findAllByRole('button', { pressed: undefined })).filter((button) => button.classList.contains('outlier-choose'));
const names = async () => (await rows()).map((row) => row.textContent.replaceAll('\u202f', ' '));
const open = async (address = '/outliers') => {
  const view = renderAt(address, gateway);
  await screen.findByRole('list', { name: 'Queue' });
  return view;
};

describe('Outliers', () => {
  it('says of each why it is listed, since when, and what is new', async () => {
    gateway.handled = { ...handled({}), lastOutlierVisit: { at: '2026-01-31T08:00:00Z', through: '2026-01-30', listed: [{ value: 'a1', kind: 'MISLEADING' }, { value: 'a3', kind: 'STAR' }] } };
    await open();
    const texts = await names();
    expect(texts).toHaveLength(3);
    expect(texts[0]).toContain('Misleading');
    expect(texts[0]).toContain('Impressions per Viewers +25.0 %, beside what its 4 peers would have: 12.50 %, where they have 10.00 %.');
    expect(texts[0]).toContain('since 20 Jan 2026');
    expect(texts[0]).not.toContain('new');
    expect(texts[1]).toContain('Fatigue');
    expect(texts[1]).toContain('new');
    expect(texts[2]).toContain('since 18 Jan 2026 or before');
    expect(screen.getByText(/Through 31 Jan 2026: 3 are open, one of them new\. 41 were compared/)).toBeTruthy();
    // Being shown the list is noted, and the mark stays while one looks at it.
    await waitFor(() => expect(gateway.changes).toEqual([{ name: 'VisitOutliers', variables: { snapshot: 1 } }]));
  });

  it('counts the new ones in the bar, politely', async () => {
    renderAt('/', gateway);
    const bar = within(await screen.findByRole('navigation', { name: 'Pages' }));
    const status = await bar.findByRole('status');
    await waitFor(() => expect(status.textContent).toContain('3 new outliers'));
  });

  it('shows the reason in full, the peers on one scale, and the way to all of them', async () => {
    await open();
    const aside = within(document.querySelector<HTMLElement>('.outlier-detail') ?? document.body);
    expect(aside.getByText(/But people leave sooner: share of Watch from 30 s on 25\.00 %, where its peers have 75\.00 %\. Half of them leave before 10 s, of its peers before 3\.3 min\./)).toBeTruthy();
    expect(aside.getByText('6.3 %')).toBeTruthy();
    const peers = within(await aside.findByRole('region', { name: 'Take rate of its peers' }));
    await waitFor(() => expect(peers.getAllByRole('listitem')).toHaveLength(3));
    expect(peers.getAllByRole('listitem')[1]?.textContent).toContain('this one');
    const link = (name: string) => aside.getByRole('link', { name }).getAttribute('href');
    expect(link('Open')).toBe('/assets/a1?from=2026-01-04&to=2026-01-31');
    expect(link('Compare')).toBe('/compare?from=2026-01-04&to=2026-01-31&by=asset&sel=a1,a7');
    expect(link('Explore its peers')).toBe('/?from=2026-01-04&to=2026-01-31&asset.title.any=Dune&group=asset&chart=take_rate&sort=-take_rate');
    expect(gateway.asks.find(({ query }) => query.groupBy?.[0] === 'ASSET')?.query).toMatchObject({ from: '2026-01-04', to: '2026-01-31', where: { assetTitle: { anyOf: ['Dune'] } }, measures: ['TAKE_RATE'] });
  });

  it('is walked, acknowledged with a note and muted by keys, each with a way back', async () => {
    gateway.change = ({ name, variables }) => {
      if (name === 'AddAcknowledgement') gateway.handled = handled({ acknowledgements: [acknowledgement({ value: 'a2', kind: 'FATIGUE' })] });
      if (name === 'AddMute') gateway.handled = handled({ mutes: [mute({ value: 'a2', kind: 'FATIGUE' })] });
      if (name.startsWith('Remove')) gateway.handled = handled({});
      const added = { ...acknowledgement(), id: '5', revision: 1 };
      return { data: { addAcknowledgement: added, addMute: mute({ id: '6' }), removeAcknowledgement: added, removeMute: mute(), visitOutliers: { at: '' }, variables } };
    };
    await open();
    fireEvent.keyDown(document.body, { key: 'j' });
    await waitFor(async () => expect((await rows())[1]?.getAttribute('aria-pressed')).toBe('true'));
    expect(document.activeElement).toBe((await rows())[1]);
    fireEvent.keyDown(document.body, { key: 'a' });
    const note = screen.getByRole('textbox', { name: 'Note to the others' });
    expect(document.activeElement).toBe(note);
    // Letters in a text are letters.
    await userEvent.type(note, 'jam{Enter}');
    const expected = { field: 'ASSET', value: 'a2', kind: 'FATIGUE', since: '2026-01-20', through: '2026-01-31', note: 'jam' };
    await waitFor(() => expect(gateway.changes.at(-1)).toEqual({ name: 'AddAcknowledgement', variables: { acknowledgement: expected } }));
    await waitFor(async () => expect(await rows()).toHaveLength(2));
    // The next one takes its place.
    expect((await rows())[1]?.getAttribute('aria-pressed')).toBe('true');
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(async () => expect(await rows()).toHaveLength(3));
    expect(gateway.changes.at(-1)).toEqual({ name: 'RemoveAcknowledgement', variables: { id: '5', revision: 1 } });
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();

    fireEvent.keyDown(document.body, { key: 'k' });
    fireEvent.keyDown(document.body, { key: 'j' });
    fireEvent.keyDown(document.body, { key: 'm' });
    await waitFor(() => expect(gateway.changes.at(-1)).toMatchObject({ name: 'AddMute', variables: { mute: { field: 'ASSET', until: '2026-02-07' } } }));
  });

  it('says who was first', async () => {
    gateway.change = ({ name }) => (name === 'AddAcknowledgement' ? failure('CONFLICT', 'the acknowledgement was changed in the meantime by ada at 2026-02-01T05:00:00Z') : { data: { visitOutliers: { at: '' } } });
    await open();
    await userEvent.click(screen.getByRole('button', { name: /^Acknowledge/ }));
    expect((await screen.findByText(/changed in the meantime by ada/)).getAttribute('role')).toBe('alert');
  });

  it('keeps filters and lists in the address', async () => {
    const { history } = await open('/outliers?kind=star');
    expect(await names()).toHaveLength(1);
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Kind' }), 'MISLEADING');
    await waitFor(() => expect(history.location.href).toBe('/outliers?kind=misleading'));
    await userEvent.click(screen.getByRole('radio', { name: 'Last week 3' }));
    await waitFor(() => expect(history.location.href).toBe('/outliers?tab=earlier&kind=misleading'));
    const table = within(await screen.findByRole('table', { name: 'What became of those of 24 Jan 2026' }));
    expect(table.getAllByRole('row').slice(1).map((row) => row.textContent)).toEqual([
      expect.stringContaining('still listed'),
      expect.stringContaining('turned round: now Weak'),
      expect.stringContaining('listed through 25 Jan 2026'),
    ]);
  });

  it('lists what is acknowledged and muted, and takes it back', async () => {
    gateway.handled = handled({ acknowledgements: [acknowledgement(), acknowledgement({ id: '2', value: 'old', note: null, isMine: false, createdBy: 'ada' })], mutes: [mute({ value: 'a2', revision: 3 })] });
    await open('/outliers?tab=acknowledged');
    expect(await names()).toHaveLength(1);
    expect(screen.getByText('asked the team', { selector: 'bdi' })).toBeTruthy();
    expect(within(screen.getByRole('region', { name: 'Acknowledged before, and not listed' })).getByText('old')).toBeTruthy();
    gateway.change = () => ({ data: { removeAcknowledgement: acknowledgement(), removeMute: mute(), visitOutliers: { at: '' } } });
    await userEvent.click(screen.getByRole('button', { name: 'Put back into the queue' }));
    await waitFor(() => expect(gateway.changes.at(-1)).toEqual({ name: 'RemoveAcknowledgement', variables: { id: '1', revision: 1 } }));
    await userEvent.click(screen.getByRole('radio', { name: 'Muted 1' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Unmute' }));
    await waitFor(() => expect(gateway.changes.at(-1)).toEqual({ name: 'RemoveMute', variables: { id: '1', revision: 3 } }));
  });

  it('says so where there are none, where days are too few, and where it fails', async () => {
    gateway.outliers = () => failure('INVALID_ARGUMENT', 'outliers are told from 10 settled days on, and the snapshot has 3; ask again when there are more');
    const first = renderAt('/outliers', gateway);
    expect(await screen.findByText(/Outliers are told from 10 settled days on/)).toBeTruthy();
    first.unmount();
    gateway.outliers = () => failure('UNAVAILABLE', 'away');
    const second = renderAt('/outliers', gateway);
    expect(await screen.findByRole('alert')).toBeTruthy();
    second.unmount();
    gateway.outliers = () => ({ data: { outliers: { ...LIST, outliers: [], earlier: null } } });
    const third = renderAt('/outliers', gateway);
    expect(await screen.findByText('Nothing is left to look at.')).toBeTruthy();
    third.unmount();
    // A model without outliers has no page in the bar.
    gateway = mockGateway();
    renderAt('/outliers', gateway);
    expect(await screen.findByText(/This dataset has no outliers/)).toBeTruthy();
    expect(within(screen.getByRole('navigation', { name: 'Pages' })).queryByRole('link', { name: /Outliers/ })).toBeNull();
  });

  it('works without a store, and says what is missing', async () => {
    gateway.start = () => ({ data: { insecure: false, me: null, keeping: { isOn: false, hint: 'Start the gateway with `--store FILE`.', person: 'local' }, dataset: WITH_OUTLIERS, serving: gateway.status } });
    await open();
    expect(await names()).toHaveLength(3);
    expect(screen.getByText(/Nothing can be acknowledged or muted here\. Start the gateway/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Acknowledge/ })).toBeNull();
    expect(gateway.changes).toEqual([]);
  });
});

describe('The page of a piece of media', () => {
  it('says why it stands out', async () => {
    renderAt('/assets/a1', gateway);
    const why = within(await screen.findByRole('region', { name: 'Why it stands out' }));
    expect(why.getByText(/Half of them leave before/)).toBeTruthy();
    expect(why.getByRole('link', { name: 'To the outliers' }).getAttribute('href')).toBe('/outliers');
  });
});
