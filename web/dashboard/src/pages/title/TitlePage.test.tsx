import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerTo, failure, type Gateway, mockGateway, renderAt } from '../../testing/gateway';

let gateway: Gateway;
const people = (value: number) => ({ value, lower: value - 5, upper: value + 5, exact: false, cannotTell: value < 10 });
beforeEach(() => {
  gateway = mockGateway();
  gateway.cube = (ask) => {
    if (ask.query.groupBy?.[0] !== 'ASSET' || !ask.query.extras) return {};
    const answer = answerTo(ask, ['a1', 'a2']);
    return {
      ...answer,
      ranks: [
        { best: 1, worst: 1 },
        { best: 2, worst: 2 },
      ],
      reach: {
        deduplicated: people(150),
        steps: [
          { row: 1, incremental: people(100), alone: people(95), cumulative: people(100) },
          { row: 0, incremental: people(50), alone: people(8), cumulative: people(150) },
        ],
        overlaps: [],
      },
    };
  };
});

describe('the page of a title', () => {
  it('shows its media in the order of the measure, the first of them large', async () => {
    renderAt('/titles/Dune', gateway);
    const first = await screen.findByRole('heading', { level: 2, name: /^a1 rank 1 of 2/ });
    expect(within(first).getByRole('link').getAttribute('href')).toBe('/assets/a1');
    const others = within(screen.getByRole('list', { name: 'The others' })).getAllByRole('link');
    expect(others.map((link) => link.getAttribute('href'))).toEqual(['/assets/a2']);
    const asked = gateway.asks.find(({ query }) => query.extras?.includes('REACH'))?.query;
    expect(asked).toMatchObject({
      where: { assetTitle: { anyOf: ['Dune'] } },
      orderBy: [{ measure: 'TAKE_RATE', direction: 'DESC' }],
      extras: ['RANKS', 'REACH'],
    });
    expect(screen.getByRole('link', { name: 'Compare the first two' }).getAttribute('href')).toBe('/compare?by=asset&sel=a1,a2');
  });

  it('says whom they reach together, and how many each adds', async () => {
    renderAt('/titles/Dune', gateway);
    const reach = within(await screen.findByRole('region', { name: 'Whom they reach together' }));
    expect(reach.getByText('150')).toBeTruthy();
    const steps = reach.getAllByRole('listitem').map((item) => item.textContent);
    expect(steps[0]).toMatch(/^a2\+100, 95–10595.*by it alone$/);
    // Too few beside the others to be told.
    expect(steps[1]).toMatch(/≈ 8, 3–13 by it alone$/);
  });

  it('reports one failure once', async () => {
    gateway.cube = () => failure('UNAVAILABLE', 'serving at a:1 does not answer', 503);
    renderAt('/titles/Dune', gateway);
    await waitFor(() => expect(screen.getAllByText(/not available at the moment/).length).toBeGreaterThan(0));
    expect(screen.getByRole('heading', { level: 1, name: 'Dune' })).toBeTruthy();
  });
});
