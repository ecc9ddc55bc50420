import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { answerTo, failure, type Gateway, mockGateway, renderAt, serving } from '../../testing/gateway';

let gateway: Gateway;
beforeEach(() => {
  gateway = mockGateway();
});

const table = () => screen.findByRole('grid');
/** Something to wait for until the test lets it go. */
function gate() {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { held, release: () => release() };
}

const isTable = ({ query }: { query: { groupBy?: string[] } }) => query.groupBy?.[0] !== 'DAY';

describe('the table', () => {
  it('shows values with bounds, and n/a where a value is not defined', async () => {
    gateway.cube = () => ({
      rows: [
        {
          keys: [{ value: 'a1', label: 'Sunrise', media: '/media/a1.svg' }],
          values: [
            { value: 5400, lower: 5400, upper: 5400, exact: true, exactText: null, withheld: false },
            { value: 1234.4, lower: 1210.2, upper: 1260.7, exact: false, exactText: null, withheld: false },
            { value: 415.3, lower: 408.5, upper: 425.2, exact: false, exactText: null, withheld: false },
            { value: null, lower: null, upper: null, exact: false, exactText: null, withheld: false },
          ],
        },
      ],
      total: {
        keys: [],
        values: [
          { value: 5400, lower: 5400, upper: 5400, exact: true, exactText: null, withheld: false },
          { value: 1234.4, lower: 1210.2, upper: 1260.7, exact: false, exactText: null, withheld: false },
          { value: 415.3, lower: 408.5, upper: 425.2, exact: false, exactText: null, withheld: false },
          { value: 0.2, lower: 0.1, upper: 0.3, exact: false, exactText: null, withheld: false },
        ],
      },
    });
    renderAt('/', gateway);
    const row = (await within(await table()).findAllByRole('row'))[1];
    expect(row?.textContent).toBe('Sunrise a15,400 1,234 1,210–1,2616.9\u202fmin 6.8\u202fmin–7.1\u202fminn/a ');
    // Said once in the head of a column whose total is exact; in the others a small exact number says it itself.
    const heads = within(await table()).getAllByRole('columnheader').map((head) => head.textContent);
    expect(heads).toEqual(['Asset', 'Impressionsexact', 'Viewers', 'Watch, median', 'Take rate']);
    expect(row?.querySelector('img')?.getAttribute('src')).toBe('/media/a1.svg');
  });

  it('asks the gateway to sort, and replaces the entry of the history', async () => {
    const { history } = renderAt('/', gateway);
    await userEvent.click(await within(await table()).findByRole('button', { name: 'Impressions' }));
    await waitFor(() => expect(history.location.search).toBe('?sort=-impressions'));
    expect(history.length).toBe(1);
    const byImpressions = [{ measure: 'IMPRESSIONS', direction: 'DESC' }];
    expect(gateway.asks.some(({ query }) => JSON.stringify(query.orderBy) === JSON.stringify(byImpressions))).toBe(true);
    // What the table is sorted by is drawn.
    expect(await screen.findByRole('slider', { name: 'Impressions by day' })).toBeTruthy();
    const header = await screen.findByRole('columnheader', { name: /^Impressions/ });
    await waitFor(() => expect(header.getAttribute('aria-sort')).toBe('descending'));
    await userEvent.click(within(header).getByRole('button'));
    await waitFor(() => expect(history.location.search).toBe('?sort=impressions'));
  });

  it('keeps the rows in the document few, however many groups there are', async () => {
    gateway.cube = (ask) => ({ ...answerTo(ask, Array.from({ length: 200 }, (_, i) => `asset ${i}`)), groupCount: 5000 });
    renderAt('/', gateway);
    const grid = await table();
    expect(grid.getAttribute('aria-rowcount')).toBe('5002');
    expect(within(grid).getAllByRole('row').length).toBeLessThan(60);
  });
});

describe('states', () => {
  it('loads with placeholders', async () => {
    gateway.cube = () => new Promise(() => {});
    renderAt('/', gateway);
    await screen.findByRole('group', { name: 'What is shown' });
    expect((await screen.findAllByText('Loading')).length).toBe(4);
  });

  it('dims the old rows while new ones are loading', async () => {
    const { held, release } = gate();
    gateway.cube = async (ask) => {
      if (!ask.query.where) return {};
      await held;
      return answerTo(ask, ['Moonrise']);
    };
    const { router } = renderAt('/', gateway);
    await within(await table()).findByText('Sunrise', { selector: '.key-label bdi' });
    await router.navigate({ to: '/', search: { 'country.any': 'US' } });
    await waitFor(() => expect(document.querySelector('.panel-table .updating')).not.toBeNull());
    expect(within(await table()).getByText('Sunrise', { selector: '.key-label bdi' })).toBeTruthy();
    release();
    expect(await within(await table()).findByText('Moonrise', { selector: '.key-label bdi' })).toBeTruthy();
  });

  it('names the filter that leaves nothing', async () => {
    gateway.cube = (ask) =>
      JSON.stringify(ask.query.where)?.includes('Atlantis') ? { rows: [], groupCount: 0 } : {};
    const { history } = renderAt('/?country.any=Atlantis&audience.any=kids', gateway);
    const remove = await screen.findByRole('button', { name: 'Remove Country any of Atlantis' });
    expect(screen.queryByRole('button', { name: 'Remove Audience any of kids' })).toBeNull();
    await userEvent.click(remove);
    await waitFor(() => expect(history.location.search).toBe('?audience.any=kids'));
  });

  it('shows a failure in its panel with its cause, and the others go on', async () => {
    let broken = true;
    gateway.cube = (ask) => (isTable(ask) && broken ? failure('INVALID_ARGUMENT', 'limit is too large') : {});
    renderAt('/', gateway);
    const alert = (await screen.findAllByText('Limit is too large.'))[0];
    expect(alert).toBeTruthy();
    expect(await screen.findByRole('slider', { name: 'Viewers by day' })).toBeTruthy();
    broken = false;
    const retry = screen.getAllByRole('button', { name: 'Try again' })[0];
    if (retry) await userEvent.click(retry);
    expect(await table()).toBeTruthy();
  });

  it('says why there is no dataset, and recovers by itself', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 100 });
    const start = gateway.start;
    const message = 'serving at http://127.0.0.1:50051 does not answer: connection refused';
    gateway.start = () => failure('UNAVAILABLE', message, 503);
    renderAt('/', gateway);
    expect((await screen.findByRole('main')).textContent).not.toContain('undefined');
    expect(await screen.findByText('The query service is not available at the moment.')).toBeTruthy();
    expect(screen.getByText(message).closest('details')?.open).toBe(false);
    gateway.start = start;
    await vi.advanceTimersByTimeAsync(3000);
    expect(await table()).toBeTruthy();
    vi.useRealTimers();
  });

  it('says so when the gateway itself does not answer', async () => {
    gateway.start = () => 'unreachable';
    renderAt('/', gateway);
    expect(await screen.findByText(/^Clio is not responding: it may be restarting/)).toBeTruthy();
    expect(screen.getByText(/gateway at http:\/\/localhost/).closest('details')).not.toBeNull();
  });

  it('says so while serving holds no snapshot', async () => {
    gateway.status = serving(1, { snapshot: null });
    renderAt('/', gateway);
    expect(await screen.findByText('Serving holds no snapshot yet.')).toBeTruthy();
  });
});

describe('notes', () => {
  it('name missing and provisional days, states of lookups and overlapping groups', async () => {
    gateway.cube = () => ({
      overlapping: ['AUDIENCE'],
      coverage: {
        from: '2026-01-01',
        to: '2026-01-03',
        nDays: 3,
        nMissing: 1,
        missingRanges: [{ from: '2026-01-02', to: '2026-01-02' }],
        retiredRanges: [{ from: '2026-01-02', to: '2026-01-02' }],
        provisionalRanges: [{ from: '2026-01-03', to: '2026-01-03' }],
        mixedLookups: [{ lookup: 'audiences', stateCount: 2, otherRanges: [{ from: '2026-01-01', to: '2026-01-01' }] }],
        projection: { only: [{ field: 'country', values: ['CA', 'US'] }, { field: 'asset.tags', values: [] }], firstDay: '2026-01-01', since: '3d', without: ['device'] },
      },
    });
    renderAt('/?group=audience', gateway);
    const notes = within(await screen.findByRole('list', { name: 'Notes on these numbers' }));
    expect(notes.getByText('1 of 3 days is missing from these numbers: 2 Jan 2026.')).toBeTruthy();
    expect(notes.getByText(/^Kept only as whole months: 2 Jan 2026\./)).toBeTruthy();
    expect(notes.getByText('Provisional, may still change: 3 Jan 2026.')).toBeTruthy();
    expect(notes.getByText(/^2 states of the lookup audiences are mixed here: 1 Jan 2026 took another one than the last day\./)).toBeTruthy();
    const held = 'The service that answers holds a part of the data: only country of CA and US; only some values of asset.tags; days from 1 Jan 2026 on; nothing by device.';
    expect(notes.getByText(held)).toBeTruthy();
    expect(notes.getByText(/Groups by Audience overlap/)).toBeTruthy();
  });

  it('name values of a filter that do not exist, and a click takes the nearest', async () => {
    gateway.cube = (ask) =>
      JSON.stringify(ask.query.where)?.includes('Untied')
        ? { notices: [{ field: 'COUNTRY', value: 'Untied States', nearest: ['United States', 'Tied'] }], noticeCount: 3 }
        : {};
    const { history } = renderAt('/?country.any=DE,Untied+States', gateway);
    const said = await screen.findByText(/Country has no value “Untied States”\. Did you mean/);
    expect(said).toBeTruthy();
    expect(screen.getByText('And 2 more unknown values.')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'United States' }));
    await waitFor(() => expect(history.location.search).toBe('?country.any=DE,United+States'));
    await waitFor(() => expect(screen.queryByText(/has no value/)).toBeNull());
  });

  it('say that small groups are withheld', async () => {
    gateway.cube = () => ({ withheld: { minPeople: 50, rowCount: 12 } });
    renderAt('/', gateway);
    const said = 'Groups of fewer than 50 people are withheld (12 here). People are rounded to multiples of 50.';
    expect(await screen.findByText(said)).toBeTruthy();
  });

  it('are only the days covered when there is nothing to note', async () => {
    renderAt('/', gateway);
    const notes = within(await screen.findByRole('list', { name: 'Notes on these numbers' }));
    expect(notes.getAllByRole('listitem').map((item) => item.textContent)).toEqual(['1–3 Jan 2026, 3 days']);
  });

  it('report the bad parts of the address and use the good ones', async () => {
    renderAt('/?from=yesterday&country.any=US', gateway);
    expect(await screen.findByText(/“yesterday” is not a day/)).toBeTruthy();
    await table();
    expect(gateway.asks[0]?.query).toMatchObject({ from: null, where: { country: { anyOf: ['US'] } } });
  });
});

describe('the chart', () => {
  it('is a slider that speaks value and bounds, and a table', async () => {
    gateway.cube = (ask) =>
      isTable(ask)
        ? {}
        : {
            rows: [
              {
                keys: [{ value: '2026-01-01', label: '2026-01-01', media: null }],
                values: [{ value: 100, lower: 98, upper: 102, exact: false, exactText: null, withheld: false }],
              },
            ],
            coverage: {
              from: '2026-01-01',
              to: '2026-01-03',
              nDays: 3,
              nMissing: 2,
              missingRanges: [{ from: '2026-01-02', to: '2026-01-03' }],
              retiredRanges: [{ from: '2026-01-03', to: '2026-01-03' }],
              provisionalRanges: [],
              mixedLookups: [],
              projection: null,
            },
          };
    renderAt('/', gateway);
    const slider = await screen.findByRole('slider', { name: 'Viewers by day' });
    expect(slider.getAttribute('aria-valuetext')).toBe('1 Jan 2026: 100, between 98 and 102');
    slider.focus();
    await userEvent.keyboard('{End}');
    expect(slider.getAttribute('aria-valuetext')).toBe('3 Jan 2026: no rows (only its month is kept)');
    await userEvent.keyboard('{ArrowLeft}');
    expect(slider.getAttribute('aria-valuetext')).toBe('2 Jan 2026: no rows (missing)');
    const panel = within(screen.getByRole('region', { name: 'Viewers by day' }));
    expect(panel.getByText('1 day kept as whole months only')).toBeTruthy();
    await userEvent.click(panel.getByRole('button', { name: 'Show as table' }));
    expect(panel.getByRole('row', { name: '1 Jan 2026 100 98–102' })).toBeTruthy();
  });

  it('says so where there is nothing to draw', async () => {
    gateway.cube = (ask) => (isTable(ask) ? {} : { rows: [] });
    renderAt('/', gateway);
    const panel = within(await screen.findByRole('region', { name: 'Viewers by day' }));
    expect(await panel.findByText('No data here.')).toBeTruthy();
  });

  it('charts the measure of the chosen card', async () => {
    const { history } = renderAt('/', gateway);
    await userEvent.click(await screen.findByRole('button', { pressed: false, name: /^Take rate/ }));
    await waitFor(() => expect(history.location.search).toBe('?chart=take_rate'));
    expect(await screen.findByRole('slider', { name: 'Take rate by day' })).toBeTruthy();
  });
});

describe('snapshots', () => {
  const badge = () => screen.getByRole('status', { name: 'Snapshot' }).textContent;

  it('are named, with how fresh they are', async () => {
    renderAt('/', gateway);
    await table();
    expect(badge()).toBe('live snapshot 1 data through 3 Jan 2026');
  });

  it('says what an exact recount found, as soon as somebody made one', async () => {
    const { link } = renderAt('/', gateway);
    await table();
    expect(badge()).not.toContain('verified');
    const verification = {
      verifiedAt: '2026-02-01T05:00:00Z',
      firstDay: '2026-01-03',
      lastDay: '2026-01-03',
      ok: true,
      nCompared: 1234,
      nMismatches: 0,
      maxError: 2.71,
    };
    const { snapshot } = serving(1);
    link.move({ status: serving(1, { snapshot: snapshot && { ...snapshot, verification } }) });
    expect(badge()).toContain('verified: 1,234 numbers, errors up to 2.8\u202fσ');
    const wrong = { ...verification, ok: false, nMismatches: 3 };
    link.move({ status: serving(1, { snapshot: snapshot && { ...snapshot, verification: wrong } }) });
    expect(badge()).toContain('3 of 1,234 verified numbers are wrong');
  });

  it('moves on to a new one only when all panels have it', async () => {
    const { link } = renderAt('/', gateway);
    await table();
    const { held, release } = gate();
    gateway.cube = async (ask) => {
      if (!isTable(ask)) await held;
      return answerTo(ask, ['Sunrise']);
    };
    link.move({ status: serving(2) });
    await waitFor(() => expect(gateway.asks.filter((ask) => ask.snapshot === 2)).toHaveLength(3));
    expect(badge()).toContain('snapshot 1');
    expect(document.querySelector('.updating')).toBeNull();
    release();
    await waitFor(() => expect(badge()).toContain('snapshot 2'));
    expect(screen.getByRole('button', { name: /^Impressions 2,000/ })).toBeTruthy();
  });

  it('never go back, whatever reports an older one', async () => {
    const { link, client } = renderAt('/', gateway);
    await table();
    const older = serving(1);
    link.move({ status: serving(2) });
    await waitFor(() => expect(badge()).toContain('snapshot 2'));
    // What a page would fall back to: nothing, the status of its start, a replica that is behind, an answer to a poll.
    const statuses = [serving(2, { state: 'DOWN', message: 'gone', snapshot: null }), older, serving(2, { snapshot: null }), older];
    for (const status of statuses) {
      link.move({ status });
      await client.refetchQueries({ queryKey: ['start'] });
      expect(badge()).toContain('snapshot 2');
      expect(screen.getByRole('button', { name: /^Impressions 2,000/ })).toBeTruthy();
    }
    expect(badge()).toContain('stale');
    expect(screen.getByText(/behind this page, at snapshot 1\. The page still shows snapshot 2\./)).toBeTruthy();
    link.move({ connected: false });
    link.move({ connected: true, status: older });
    expect(badge()).toContain('snapshot 2');
    link.move({ status: serving(3) });
    await waitFor(() => expect(badge()).toContain('snapshot 3'));
    expect(badge()).toContain('live');
  });

  it('stay until the answering replica has loaded the new one', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 100 });
    const { link } = renderAt('/', gateway);
    await table();
    let loaded = false;
    gateway.cube = (ask) => (ask.snapshot === 2 && !loaded ? failure('NOT_FOUND', 'snapshot 2 is not held') : {});
    link.move({ status: serving(2) });
    await waitFor(() => expect(gateway.asks.some((ask) => ask.snapshot === 2)).toBe(true));
    await vi.advanceTimersByTimeAsync(500);
    expect(badge()).toContain('snapshot 1');
    expect(screen.queryByText(/could not be/)).toBeNull();
    loaded = true;
    await vi.advanceTimersByTimeAsync(3000);
    await waitFor(() => expect(badge()).toContain('snapshot 2'));
    vi.useRealTimers();
  });

  it('the previous numbers stay when a question fails, which is reported once', async () => {
    const { router } = renderAt('/', gateway);
    await table();
    gateway.cube = (ask) => (ask.query.where ? failure('UNAVAILABLE', 'serving at a:1 does not answer', 503) : {});
    await router.navigate({ to: '/', search: { 'country.any': 'US' } });
    expect(await screen.findByText('This could not be updated.')).toBeTruthy();
    expect(screen.getAllByText(/not available at the moment/)).toHaveLength(1);
    expect(within(await table()).getByText('Sunrise', { selector: '.key-label bdi' })).toBeTruthy();
    expect(screen.getByRole('button', { name: /^Impressions 1,000/ })).toBeTruthy();
  });

  it('leaves a snapshot that serving has dropped', async () => {
    gateway.cube = (ask) => (ask.snapshot === 1 ? failure('NOT_FOUND', 'snapshot 1 is not held') : {});
    const { link } = renderAt('/', gateway);
    await screen.findByRole('main');
    gateway.status = serving(7);
    expect(link.read().status?.snapshot?.version).toBe(1);
    expect(await table()).toBeTruthy();
    expect(badge()).toContain('snapshot 7');
  });

  it('reports a lost link, a stale snapshot and serving down', async () => {
    const { link } = renderAt('/', gateway);
    await table();
    link.move({ connected: false });
    expect(badge()).toContain('reconnecting');
    expect(screen.getByText(/^The connection to Clio is lost; .* still shows snapshot 1\./)).toBeTruthy();
    link.move({ connected: true, status: serving(1, { state: 'STALE', message: 'snapshot 2 was refused' }) });
    expect(badge()).toContain('stale');
    expect(screen.getByText('snapshot 2 was refused').closest('details')).not.toBeNull();
    link.move({ status: serving(1, { state: 'DOWN', message: 'serving at a:1 does not answer' }) });
    expect(badge()).toContain('down');
    expect(screen.getByText(/^The query service is down\. The page still shows/)).toBeTruthy();
    expect(screen.getByText('serving at a:1 does not answer').closest('details')).not.toBeNull();
    link.move({ status: serving(1) });
    expect(badge()).toContain('live');
    expect(screen.queryByText(/does not answer/)).toBeNull();
  });
});

describe('an address that would be too long', () => {
  it('is refused before it happens, and the page stays usable', async () => {
    const values = Array.from({ length: 100 }, (_, index) => `${index}-${'long'.repeat(170)}`);
    const members = values.map((value) => ({ value, label: value, media: null }));
    gateway.members = () => ({ members, total: members.length });
    // What cannot be kept has to be opened by the server.
    gateway.views = null;
    const { history } = renderAt('/', gateway);
    await table();
    await userEvent.click(screen.getByRole('button', { name: /Add filter/ }));
    await userEvent.click(await screen.findByRole('option', { name: 'Country' }));
    const search = await screen.findByRole('combobox', { name: 'Search Country' });
    search.focus();
    await userEvent.paste(values.join('\n'));
    expect((await screen.findAllByText(/^Nothing was changed: .* would have 6\d,\d{3} characters/)).length).toBeGreaterThan(0);
    expect(screen.getByText('None of the 100 pasted values were added.')).toBeTruthy();
    expect(history.location.search).toBe('');
    await userEvent.paste(values.slice(0, 2).join('\n'));
    expect(await screen.findByText('Added 2 of 2 pasted values.')).toBeTruthy();
    await waitFor(() => expect(history.location.search).toContain('country.any=0-long'));
    expect(screen.queryByText(/Nothing was changed/)).toBeNull();
  });
});

describe('an unknown address', () => {
  it('is a page of its own', async () => {
    renderAt('/nowhere', gateway);
    expect(await screen.findByText('There is no page at this address.')).toBeTruthy();
  });
});
