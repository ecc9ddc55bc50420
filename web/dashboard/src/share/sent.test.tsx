import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DATASET } from '../testing/dataset';
import { answerTo, failure, type Gateway, mockGateway, renderAt } from '../testing/gateway';
import { nameOf, questionsOf, readName, type SentLink, titleOf } from './sent';

const QUERY = { from: '2026-01-01', to: '2026-01-03', where: { country: { anyOf: ['DE'] } }, groupBy: ['ASSET'], measures: ['VIEWERS', 'TAKE_RATE'], limit: 200, offset: 0 };

describe('the names of what is sent', () => {
  it('say measures and keys, and are the same on other days alone', () => {
    const name = nameOf(QUERY);
    expect(titleOf(readName(name, DATASET))).toBe('Viewers, Take rate by Asset');
    expect(nameOf({ ...QUERY, from: '2026-02-01', to: null })).toBe(name);
    expect(nameOf({ ...QUERY, where: null })).not.toBe(name);
    expect(titleOf(readName('VIEWERS||x', DATASET))).toBe('Viewers');
    expect(titleOf(readName('CLICKS|PLANET|x', DATASET))).toBe('CLICKS by PLANET');
  });

  it('leave out what is too long or too much, and what is shown of no link', () => {
    const answered = (query: typeof QUERY) => ({ version: 1, query: { ...query, extras: ['RANKS' as const] }, answer: answerTo({ query, snapshot: 1 }, []) });
    const shown = new Map(Array.from({ length: 10 }, (_, index) => [`${index === 0 ? 'V'.repeat(201) : index}`, answered(QUERY)]));
    const questions = questionsOf(shown);
    expect(questions.map(({ name }) => name)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(questions[0]?.query).toEqual(QUERY);
  });
});

const exact = (value: number) => ({ value, lower: value, upper: value, exact: true, exactText: null, withheld: false });

let gateway: Gateway;
const link = (part: Partial<SentLink> = {}): SentLink => ({
  id: '0000000000001',
  address: '/?group=asset&measures=viewers',
  snapshot: 1,
  createdBy: 'ada',
  createdAt: '2026-02-01T04:00:00Z',
  answers: [],
  ...part,
});

beforeEach(() => {
  gateway = mockGateway();
});

/** The link that the page would make of what it shows. */
async function sendFrom(address: string): Promise<SentLink['answers'][number]['name'][]> {
  gateway.change = () => ({ data: { addLink: { id: '0000000000001' } } });
  vi.stubGlobal('ClipboardItem', undefined);
  document.execCommand = () => false;
  const view = renderAt(address, gateway);
  await screen.findByRole('grid');
  await userEvent.click(screen.getByRole('button', { name: 'Send' }));
  expect(await screen.findByText(/It keeps the numbers of 2 panels as of snapshot 1/)).toBeTruthy();
  expect(screen.getByRole('textbox', { name: 'The link' })).toHaveProperty('value', `${location.origin}/l/0000000000001`);
  const sent = gateway.changes[0]?.variables['link'] as { readonly answers: readonly { readonly name: string }[] } | undefined;
  expect(sent).toMatchObject({ address, snapshot: 1 });
  view.unmount();
  return (sent?.answers ?? []).map(({ name }) => name);
}

describe('a link that is sent', () => {
  it('keeps the questions of the page, and shows where their snapshot is gone what was sent, beside the newest', async () => {
    const names = await sendFrom('/?group=asset&measures=viewers');
    const table = names.find((name) => name.startsWith('VIEWERS|ASSET|')) ?? '';
    const keys = [{ value: 'Sunrise', label: 'Sunrise' }];
    const answer = { rows: [{ keys, values: [exact(42)] }], total: { keys: [], values: [exact(99)] }, groupCount: 1 };
    gateway.link = () => ({ data: { link: link({ snapshot: 7, answers: [{ name: table, answer, problem: null }] }) } });
    gateway.held = () => failure('NOT_FOUND', 'snapshot 7 is not held');
    const { history } = renderAt('/l/0000000000001', gateway);
    const bar = within(await screen.findByRole('region', { name: 'What was sent' }));
    expect(bar.getByText(/^Sent by ada, 1 Feb 2026.*snapshot 7; the page shows snapshot 1/)).toBeTruthy();
    expect(history.location.href).toBe('/?group=asset&measures=viewers');
    const row = await bar.findByRole('row', { name: /^Sunrise/ });
    expect(row.textContent).toContain('42');
    await waitFor(() => expect(row.textContent).toContain('now 1,000'));
    expect(bar.getByRole('row', { name: /^All/ }).textContent).toContain('99');
    await userEvent.click(bar.getByRole('button', { name: 'Show snapshot 7' }));
    expect(await bar.findByText('Snapshot 7 is not available any more.')).toBeTruthy();
  });

  it('holds the snapshot that it was sent with, until the newest is asked for', async () => {
    gateway.status = { ...gateway.status, snapshot: gateway.status.snapshot && { ...gateway.status.snapshot, version: 5 } };
    gateway.link = () => ({ data: { link: link({ snapshot: 3, answers: [{ name: 'VIEWERS||x', answer: null, problem: null }] }) } });
    renderAt('/l/0000000000001', gateway);
    expect(await screen.findByText(/The page stays at snapshot 3, whose numbers were sent/)).toBeTruthy();
    expect(new Set(gateway.asks.map(({ snapshot }) => snapshot))).toEqual(new Set([3]));
    await userEvent.click(screen.getByRole('button', { name: 'Show the newest, snapshot 5' }));
    await waitFor(() => expect(gateway.asks.at(-1)?.snapshot).toBe(5));
    expect(screen.getByText(/sent numbers are from snapshot 3; the page shows snapshot 5/)).toBeTruthy();
  });

  it('goes on to the newest where people have withdrawn what was sent', async () => {
    gateway.status = { ...gateway.status, snapshot: gateway.status.snapshot && { ...gateway.status.snapshot, version: 5 } };
    gateway.link = () => ({ data: { link: link({ snapshot: 3, answers: [{ name: 'VIEWERS||x', answer: null, problem: null }] }) } });
    const { link: server } = renderAt('/l/0000000000001', gateway);
    await screen.findByText(/The page stays at snapshot 3/);
    server.move({ status: { ...gateway.status, refused: { version: 3, committedAt: '2026-02-01T04:00:00Z', reason: 'plays are missing', isMarkedBad: true } } });
    expect(await screen.findByText(/sent numbers are from snapshot 3; the page shows snapshot 5/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Show snapshot 3' }));
    expect(await screen.findByText('Snapshot 3 is not available any more.')).toBeTruthy();
    expect(screen.queryByText(/The page stays at snapshot 3/)).toBeNull();
  });

  it('leads on without a word where it only makes an address short', async () => {
    gateway.link = () => ({ data: { link: link({ snapshot: null }) } });
    const { history } = renderAt('/l/0000000000001', gateway);
    await screen.findByRole('grid');
    expect(history.location.href).toBe('/?group=asset&measures=viewers');
    expect(screen.queryByRole('region', { name: 'What was sent' })).toBeNull();
  });

  it('says that there is none', async () => {
    renderAt('/l/nowhere', gateway);
    expect(await screen.findByText('There is no page at this address.')).toBeTruthy();
  });

  it('is the address where nothing is kept', async () => {
    gateway.views = null;
    document.execCommand = () => false;
    renderAt('/?last=2', gateway);
    await screen.findByRole('grid');
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    expect(await screen.findByText(/start the gateway with `--store FILE`/)).toBeTruthy();
    expect(screen.getByRole('textbox', { name: 'The link' })).toHaveProperty('value', `${location.origin}/?last=2`);
  });
});
