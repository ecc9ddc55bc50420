import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerTo, type Gateway, mockGateway, renderAt } from '../../testing/gateway';

let gateway: Gateway;
beforeEach(() => {
  gateway = mockGateway();
  gateway.members = () => ({
    members: [{ field: 'ASSET', value: 'a1', label: 'Dune · artwork 1', media: '/media/a1.svg', nCells: 9, nCellsLeft: null }],
    total: 1,
  });
  gateway.cube = (ask) => {
    const labels = { ASSET: ['a1', 'a2'], ASSET_TITLE: ['Dune'], AUDIENCE: ['kids', 'news'], COUNTRY: ['US'] }[ask.query.groupBy?.[0] ?? ''];
    if (!labels) return {};
    const answer = answerTo(ask, ask.query.limit === 1 ? labels.slice(0, 1) : labels);
    return { ...answer, ranks: labels.map((_, index) => ({ best: index + 1, worst: 2 })) };
  };
});

const asksBy = (key: string) => gateway.asks.filter(({ query }) => query.groupBy?.[0] === key);

describe('the page of a piece of media', () => {
  it('has its name and picture, its title and its place there', async () => {
    const { container } = renderAt('/assets/a1', gateway);
    expect((await screen.findByRole('heading', { level: 1, name: 'Dune · artwork 1' })).textContent).toBe('Dune · artwork 1');
    expect(container.querySelector('.preview img')?.getAttribute('src')).toBe('/media/a1.svg');
    const title = await screen.findByRole('link', { name: 'Dune' });
    expect(title.getAttribute('href')).toBe('/titles/Dune');
    expect(await screen.findByText(/rank 1–2 of 2 by Take rate/)).toBeTruthy();
    expect(document.title).toContain('Dune · artwork 1');
  });

  it('asks for all measures of it, and for each group compared with all', async () => {
    renderAt('/assets/a1?country.any=US&last=2', gateway);
    await waitFor(() => expect(asksBy('AUDIENCE').length).toBeGreaterThan(0));
    const own = asksBy('ASSET').find(({ query }) => query.limit === 1)?.query;
    expect(own).toMatchObject({
      from: '2026-01-02',
      to: '2026-01-03',
      where: { and: [{ country: { anyOf: ['US'] } }, { asset: { anyOf: ['a1'] } }] },
      measures: ['TAKE_RATE', 'IMPRESSIONS', 'VIEWERS', 'WATCH_P50'],
    });
    expect(asksBy('AUDIENCE')[0]?.query).toMatchObject({
      measures: ['TAKE_RATE', 'VIEWERS'],
      orderBy: [{ measure: 'VIEWERS', direction: 'DESC' }],
      compare: { whole: true },
    });
    // Its fellows share its title, and the filter, but are not itself alone.
    await waitFor(() => expect(asksBy('ASSET').some(({ query }) => query.extras?.includes('RANKS'))).toBe(true));
    const fellows = asksBy('ASSET').find(({ query }) => query.extras?.includes('RANKS'))?.query;
    expect(fellows?.where).toEqual({ and: [{ country: { anyOf: ['US'] } }, { assetTitle: { anyOf: ['Dune'] } }] });
  });

  it('narrows to a group by a click, and to another measure', async () => {
    const { history } = renderAt('/assets/a1', gateway);
    const audience = within(await screen.findByRole('region', { name: 'Take rate by Audience' }));
    await userEvent.click(await audience.findByRole('button', { name: 'news' }));
    await waitFor(() => expect(history.location.search).toBe('?audience.any=news'));
    expect(history.location.pathname).toBe('/assets/a1');
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Measure' }), 'viewers');
    await waitFor(() => expect(history.location.search).toBe('?audience.any=news&chart=viewers'));
    // What adds up has a share of all, and is not compared with it.
    await waitFor(() => expect(asksBy('AUDIENCE').at(-1)?.query).toMatchObject({ measures: ['VIEWERS'], extras: ['SHARES'] }));
    expect(asksBy('AUDIENCE').at(-1)?.query.compare).toBeUndefined();
  });

  it('says so where there is no data', async () => {
    gateway.members = () => ({ members: [], total: 0 });
    gateway.cube = () => ({ rows: [], groupCount: 0 });
    renderAt('/assets/poster.png', gateway);
    expect(await screen.findByText('There is no data for it in these days with these filters.')).toBeTruthy();
    expect(screen.getByRole('heading', { level: 1, name: 'poster.png' })).toBeTruthy();
    expect(screen.getByText('No preview')).toBeTruthy();
  });
});
