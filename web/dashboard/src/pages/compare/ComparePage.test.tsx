import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { answerTo, type Gateway, mockGateway, renderAt } from '../../testing/gateway';
import { Overlaps } from './Overlaps';

let gateway: Gateway;
const number = (value: number) => ({ value, lower: value, upper: value, exact: true, exactText: null, withheld: false });
const people = (value: number) => ({ value, lower: value, upper: value, exact: true, cannotTell: false });
const reachOf = (n: number) => ({
  deduplicated: people(140),
  steps: Array.from({ length: n }, (_, row) => ({ row, incremental: people(100 - row), alone: people(60), cumulative: people(140) })),
  overlaps: Array.from({ length: n }, (_, left) => left).flatMap((left) =>
    Array.from({ length: n - left - 1 }, (__, step) => ({ left, right: left + step + 1, both: people(40 + left), jaccard: people(0.25) })),
  ),
});

const difference = (value: number, lower: number, upper: number) => ({ value, lower, upper, exact: false, exactText: null, withheld: false });
const TOLD = {
  intervals: { basis: 'PEOPLE', sampling: { lower: 0.18, upper: 0.22 }, combined: { lower: 0.17, upper: 0.23 } },
  verdict: {
    word: 'LOWER' as const,
    text: 'lower (observational)',
    own: 0.0664,
    other: 0.0954,
    difference: difference(-0.029, -0.044, -0.0141),
    days: 21,
    smallestLift: 0.05,
    moreDays: null,
    exposure: { own: 3, other: 1.5, ownByEvent: 0.02, otherByEvent: 0.06, explains: true },
    mix: { field: 'COUNTRY', raw: -0.01, difference: difference(0.02, 0.01, 0.03), withoutCounterpart: 0.1, explains: true, isReversed: true },
  },
};

beforeEach(() => {
  gateway = mockGateway();
  gateway.cube = (ask) => {
    const { groupBy = [], compare } = ask.query;
    if (groupBy[0] !== 'ASSET') return {};
    const answer = answerTo(ask, ['a2', 'a1']);
    const rows = answer.rows.map((row) => ({
      ...row,
      values: row.values.map((value) => ({ ...value, ...(compare && { compared: { other: number(1), difference: number(0.02), ratio: number(1.1) } }) })),
    }));
    return { ...answer, rows, reach: reachOf(2) };
  };
});

describe('Compare', () => {
  it('shows members side by side in the order of the address, compared with the first', async () => {
    renderAt('/compare?sel=a1,a2&country.any=US', gateway);
    const numbers = within(await screen.findByRole('region', { name: 'Side by side' }));
    expect((await numbers.findAllByRole('columnheader')).map((head) => head.textContent)).toEqual(['Measure', 'a1', 'a2']);
    const [, first] = numbers.getAllByRole('row');
    const cells = within(first as HTMLElement).getAllByRole('cell').map((cell) => cell.textContent);
    expect(cells[0]).not.toContain('points');
    expect(cells[1]).toContain('+2.00\u202fpoints');
    const asked = gateway.asks.find(({ query }) => query.groupBy?.[0] === 'ASSET' && query.extras?.includes('REACH'))?.query;
    expect(asked).toMatchObject({
      where: { and: [{ country: { anyOf: ['US'] } }, { asset: { anyOf: ['a1', 'a2'] } }] },
      compare: { member: { field: 'ASSET', value: 'a1' } },
      extras: ['REACH'],
    });
  });

  it('says in words whether they really differ, with the evidence', async () => {
    const { cube } = gateway;
    gateway.cube = (ask) => {
      if (!ask.query.extras?.includes('VERDICTS')) return cube(ask);
      const answer = answerTo(ask, ['a1', 'a2']);
      const values = [{ ...answer.total.values[0], ...number(0.2), exact: false, lower: 0.19, upper: 0.21, ...TOLD }] as typeof answer.total.values;
      return { ...answer, rows: answer.rows.map((row) => ({ ...row, values: row.keys[0]?.value === 'a2' ? values : row.values })) };
    };
    renderAt('/compare?sel=a1,a2', gateway);
    const panel = within(await screen.findByRole('region', { name: 'Is the take rate really different?' }));
    const side = within((await panel.findByRole('heading', { level: 3 })).closest('li') as HTMLElement);
    expect(side.getByText('lower (observational)')).toBeTruthy();
    const rows = side.getAllByRole('row').map((row) => row.textContent);
    expect(rows[0]).toContain('counting19.00\u202f%–21.00\u202f%');
    expect(rows[1]).toContain('sampling18.00\u202f%–22.00\u202f%');
    expect(rows[2]).toContain('combined17.00\u202f%–23.00\u202f%');
    expect(side.getByText(/over 21 settled common days/).textContent).toContain('6.64\u202f% against 9.54\u202f%, a difference of −2.90\u202fpoints (−4.40\u202fpoints to −1.41\u202fpoints)');
    expect(side.getByText(/needs no more data/).textContent).toContain('5.0\u202f% of the other rate');
    expect(side.getByText(/People saw it 3.00 times a day/).textContent).toMatch(/may explain the difference\.$/);
    expect(side.getByText(/^With the same mix of Country/).textContent).toMatch(/The mix reverses it\.$/);
  });

  it('says why there is no verdict', async () => {
    renderAt('/compare?sel=a1,a2', gateway);
    expect(await screen.findByText('No verdict: there is no data for it here.')).toBeTruthy();
  });

  it('asks for the difference within each country', async () => {
    renderAt('/compare?sel=a1,a2', gateway);
    await waitFor(() => expect(gateway.asks.some(({ query }) => query.groupBy?.[0] === 'COUNTRY')).toBe(true));
    const asked = gateway.asks.find(({ query }) => query.groupBy?.[0] === 'COUNTRY')?.query;
    expect(asked).toMatchObject({ groupBy: ['COUNTRY', 'ASSET'], compare: { member: { field: 'ASSET', value: 'a1' } } });
    await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'In each' }), 'audience');
    await waitFor(() => expect(gateway.asks.some(({ query }) => query.groupBy?.[0] === 'AUDIENCE')).toBe(true));
  });

  it('removes members and adds others, up to six', async () => {
    gateway.members = () => ({ members: [{ field: 'ASSET', value: 'a3', label: 'Sunset', media: null, nCells: 1, nCellsLeft: null }], total: 1 });
    const { history } = renderAt('/compare?sel=a1,a2', gateway);
    await userEvent.click(await screen.findByRole('button', { name: 'Remove a2' }));
    await waitFor(() => expect(history.location.search).toBe('?sel=a1'));
    expect(await screen.findByText('Choose another one to compare it with.')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: '+ Add asset' }));
    await userEvent.click(await within(await screen.findByRole('dialog')).findByRole('option', { name: /Sunset/ }));
    await waitFor(() => expect(history.location.search).toBe('?by=asset&sel=a1,a3'));
  });

  it('says which of more than six are left out', async () => {
    renderAt('/compare?sel=a,b,c,d,e,f,g', gateway);
    expect(await screen.findByText('Only 6 can stand side by side; left out: the last 1.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '+ Add asset' })).toBeNull();
  });

  it('begins with what to do', async () => {
    renderAt('/compare', gateway);
    expect(await screen.findByText('Choose two to six to compare.')).toBeTruthy();
    expect(gateway.asks).toEqual([]);
  });

  it('plays videos in step', async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, 'play').mockResolvedValue();
    const pause = vi.spyOn(HTMLMediaElement.prototype, 'pause').mockReturnValue();
    const cube = gateway.cube;
    gateway.cube = async (ask) => {
      const answer = await cube(ask);
      if (typeof answer === 'string' || !('rows' in answer)) return answer;
      return { ...answer, rows: answer.rows?.map((row) => ({ ...row, keys: row.keys.map((key) => ({ ...key, media: `/media/${key.value}.webm` })) })) ?? [] };
    };
    const { container } = renderAt('/compare?sel=a1,a2', gateway);
    const button = await screen.findByRole('button', { name: 'Play all in step' });
    const videos = [...container.querySelectorAll('video[controls]')] as HTMLVideoElement[];
    expect(videos).toHaveLength(2);
    if (videos[0]) videos[0].currentTime = 4;
    if (videos[1]) videos[1].currentTime = 9;
    fireEvent.click(button);
    await waitFor(() => expect(play).toHaveBeenCalledTimes(2));
    expect(videos.map((video) => video.currentTime)).toEqual([4, 4]);
    fireEvent.click(await screen.findByRole('button', { name: 'Pause all' }));
    expect(pause).toHaveBeenCalledTimes(2);
  });
});

describe('what members have in common', () => {
  const rows = ['x', 'y', 'z'].map((value) => ({ keys: [{ value, label: `Dune · ${value}`, media: null }], values: [] }));
  const members = rows.map(({ keys }) => ({ value: keys[0]?.value ?? '', label: keys[0]?.label ?? '' }));

  it('is circles for two', () => {
    const { container } = render(<Overlaps reach={reachOf(2)} rows={rows.slice(0, 2)} members={members.slice(0, 2).toReversed()} people={undefined} />);
    expect(container.querySelectorAll('circle')).toHaveLength(2);
    expect(container.textContent).toContain('40, exact by both');
  });

  it('is a matrix for more, whatever their order', () => {
    render(<Overlaps reach={reachOf(3)} rows={rows} members={members.toReversed()} people={undefined} />);
    const lines = screen.getAllByRole('row').slice(1).map((row) => within(row).getAllByRole('cell').map((cell) => cell.textContent));
    // z, y, x: both of y and z is that of the places 1 and 2.
    expect(lines.map((line) => line.map((text) => text?.slice(0, 2)))).toEqual([
      ['', '41', '40'],
      ['41', '', '40'],
      ['40', '40', ''],
    ]);
  });
});
