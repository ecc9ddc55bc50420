import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { DATASET_INFO } from '../../testing/dataset';
import { failure, type Gateway, mockGateway, renderAt, serving } from '../../testing/gateway';

let gateway: Gateway;
const step = (name: string, part: object = {}) => ({ step: name, startedAt: '2026-02-01T04:00:00Z', endedAt: '2026-02-01T04:00:12Z', nRows: 10, nAttempts: 1, error: null, ...part });
const run = (part: object) => ({
  id: 'r1',
  startedAt: '2026-02-01T04:00:00Z',
  endedAt: '2026-02-01T04:05:00Z',
  outcome: 'COMMITTED',
  error: null,
  snapshot: 1,
  days: ['2026-01-01', '2026-01-02', '2026-01-05'],
  rowsIn: [{ source: 'impressions', nRows: 12_345 }],
  rowsQuarantined: [],
  leftOut: [],
  steps: [step('look'), step('roll up', { nAttempts: 2 })],
  ...part,
});

beforeEach(() => {
  gateway = mockGateway();
  gateway.records = () => ({
    data: {
      serving: gateway.status,
      snapshots: [
        { ...serving(1).snapshot, runId: 'r1', rowsIn: 12_345, unattributed: [{ source: 'plays', day: '2026-01-02', rows: 7 }, { source: 'plays', day: '2026-01-01', rows: 3 }] },
        { ...serving(0).snapshot, runId: 'r0', rowsIn: 5, unattributed: [] },
      ],
      refusedSnapshots: [
        { version: 9, committedAt: '2026-02-03T04:00:00Z', reason: 'it was not written by Clio', isMarkedBad: false },
        { version: 8, committedAt: null, reason: 'its metadata cannot be read, see 41c7 in the log', isMarkedBad: false },
      ],
    },
  });
  gateway.runs = () => ({
    data: {
      runs: [
        run({ rowsQuarantined: [{ source: 'impressions', nRows: 4 }] }),
        run({ id: 'r0', outcome: 'FAILED', error: 'day.csv, line 4: the file is cut short', snapshot: null, days: [], steps: [step('look'), step('check', { endedAt: null, error: 'cut short' })] }),
      ],
    },
  });
});

describe('Status', () => {
  it('says first how fresh the numbers are', async () => {
    renderAt('/status', gateway);
    expect(await screen.findByText(/There is data through 3 Jan 2026\. The newest snapshot is served\./)).toBeTruthy();
    expect(await screen.findByText('plays, 2 Jan 2026')).toBeTruthy();
  });

  it('shows runs with their days and steps, what they left out, and why one failed', async () => {
    renderAt('/status', gateway);
    const runs = within(await screen.findByRole('region', { name: 'Runs' }));
    const [good, bad] = runs.getAllByRole('listitem').filter((item) => item.className.split(' ').includes('run'));
    expect(good?.textContent).toContain('✓ published');
    expect(good?.textContent).toContain('3 days: 1–2 Jan 2026, 5 Jan 2026');
    expect(good?.textContent).toContain('left out as bad: 4 impressions');
    expect(good?.querySelector('.run-step-again')?.textContent).toContain('roll up');
    expect(bad?.textContent).toContain('✕ failed');
    expect(bad?.querySelector('.run-step-failed')?.textContent).toContain('check ✕ not finished');
    expect(within(bad as HTMLElement).getByText(/line 4: the file is cut short/).closest('details')?.open).toBe(false);
  });

  it('has a calendar of the days, which says what is missing and what may change', async () => {
    gateway.cube = () => ({
      coverage: {
        from: '2026-01-01',
        to: '2026-01-04',
        nDays: 4,
        nMissing: 2,
        missingRanges: [{ from: '2026-01-02', to: '2026-01-03' }],
        retiredRanges: [{ from: '2026-01-03', to: '2026-01-03' }],
        provisionalRanges: [{ from: '2026-01-04', to: '2026-01-04' }],
        mixedLookups: [],
        projection: null,
      },
    });
    renderAt('/status', gateway);
    const month = within(await screen.findByRole('list', { name: 'Jan 2026' }));
    const days = month.getAllByRole('listitem').map((item) => item.getAttribute('title'));
    expect(days).toHaveLength(31);
    expect(days.slice(0, 5)).toEqual([
      '1 Jan 2026: 1,000',
      '2 Jan 2026: missing',
      '3 Jan 2026: only its month is kept',
      '4 Jan 2026: no events, may still change',
      '5 Jan 2026: not in the lake',
    ]);
  });

  it('names the snapshot that is shown, and says so where records cannot be had', async () => {
    renderAt('/status', gateway);
    const rows = within(await screen.findByRole('region', { name: 'Snapshots' })).getAllByRole('row');
    expect(rows.map((row) => row.textContent).slice(1).map((text) => text?.endsWith('shown, served'))).toEqual([true, false]);
  });

  it('lists refused versions with time and reason, and marks the badge', async () => {
    gateway.status = serving(1, { refused: { version: 9, committedAt: '2026-02-03T04:00:00Z', reason: 'it was not written by Clio', isMarkedBad: false } });
    renderAt('/status', gateway);
    const refused = within(await screen.findByRole('region', { name: 'Refused versions' }));
    const [newest, older] = refused.getAllByRole('listitem').map((item) => item.textContent);
    expect(newest).toMatch(/version 9 committed \d+ Feb 2026, \d\d:\d\dit was not written by Clio/);
    expect(older).toContain('committed at an unknown time');
    const badge = screen.getByRole('status', { name: 'Snapshot' });
    expect(badge.textContent).toContain('version 9 refused');
    expect(within(badge).getByTitle('It was not written by Clio.')).toBeTruthy();
  });

  it('says what is pinned, by whom, why, and what is newer', async () => {
    const pin = { version: 1, pinnedAt: '2026-02-03T04:00:00Z', by: 'ada', reason: 'plays are missing' };
    gateway.status = serving(1, { pin, versionsBehind: 2 });
    renderAt('/status', gateway);
    const said = await screen.findByText(/Snapshot 1 is pinned by ada since \d+ Feb 2026, \d\d:\d\d \(plays are missing\); newer versions: 2\./);
    expect(said).toBeTruthy();
    const badge = screen.getByRole('status', { name: 'Snapshot' });
    expect(badge.textContent).toContain('pinned by ada');
    expect(within(badge).getByTitle(/Snapshot 1 is pinned by ada since .*: plays are missing; 2 versions are newer/)).toBeTruthy();
  });

  it('has no calendar of days if the dataset has no days', async () => {
    gateway.start = () => ({ data: { insecure: false, me: null, dataset: { ...DATASET_INFO, timeKeys: [] }, serving: gateway.status } });
    renderAt('/status', gateway);
    expect(await screen.findByRole('region', { name: 'Runs' })).toBeTruthy();
    expect(screen.queryByRole('region', { name: /^Days/ })).toBeNull();
    expect(gateway.asks).toEqual([]);
  });

  it('shows those without the right to operate what they may see, and says what is withheld', async () => {
    gateway.status = serving(1, { snapshot: { ...serving(1).snapshot, nCells: 0, withheld: true } as NonNullable<typeof gateway.status.snapshot> });
    gateway.records = () => ({ data: { serving: gateway.status, snapshots: [{ ...gateway.status.snapshot, runId: 'r1', rowsIn: 0, unattributed: [] }], refusedSnapshots: [] } });
    gateway.runs = () => failure('PERMISSION_DENIED', 'none of your roles sees runs; whoever keeps the roles can give the right `operate`');
    renderAt('/status', gateway);
    expect(await screen.findByText(/^Runs, bad rows, counts of cells, recounts and why a version was refused are withheld/)).toBeTruthy();
    const runs = within(await screen.findByRole('region', { name: 'Runs' }));
    expect(runs.getByText(/None of your roles sees runs; whoever keeps the roles can give the right/)).toBeTruthy();
    const figures = within(screen.getByRole('region', { name: 'Figures' }));
    expect(figures.getAllByText('withheld')).toHaveLength(5);
    expect(within(screen.getByRole('region', { name: 'Snapshots' })).getAllByRole('row')[1]?.textContent).toContain('withheld');
    expect(screen.getByRole('list', { name: 'Jan 2026' })).toBeTruthy();
    expect(screen.queryAllByRole('alert').map((alert) => alert.textContent)).toEqual(['']);
  });

  it('says why there are no records', async () => {
    gateway.records = () => failure('UNAVAILABLE', 'serving at a:1 does not answer', 503);
    renderAt('/status', gateway);
    expect(await screen.findByText('The query service is not available at the moment.')).toBeTruthy();
    expect(screen.getByRole('list', { name: 'Jan 2026' })).toBeTruthy();
  });
});
