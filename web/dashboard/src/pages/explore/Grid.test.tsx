import { QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answered } from '../../api/cube';
import { makeClient } from '../../App';
import { DATASET } from '../../testing/dataset';
import { answerTo, mockGateway } from '../../testing/gateway';
import Grid from './Grid';
import { PAGE_ROWS } from './query';
import type { Sort } from './state';

const QUERY = {
  from: null,
  to: null,
  where: null,
  groupBy: ['COUNTRY'],
  measures: ['VIEWERS', 'TAKE_RATE'],
  orderBy: [],
  limit: PAGE_ROWS,
  offset: 0,
};

function answered(version: number, labels: readonly string[], groupCount = labels.length, query = QUERY): Answered {
  return { version, query, answer: { ...answerTo({ query, snapshot: version }, labels), groupCount } };
}

const onSort = vi.fn();

function show(data: Answered, sort: Sort | null = null) {
  const client = makeClient();
  const grid = (shown: Answered) => (
    <QueryClientProvider client={client}>
      <Grid dataset={DATASET} data={shown} sort={sort} label="Groups" onSort={onSort} />
    </QueryClientProvider>
  );
  const view = render(grid(data));
  return { ...view, turn: (next: Answered) => view.rerender(grid(next)) };
}

const table = () => screen.getByRole('grid', { name: 'Groups' });
const press = (key: string) => fireEvent.keyDown(table(), { key });
const activeText = () => {
  const id = table().getAttribute('aria-activedescendant');
  return id === null ? null : within(table()).getAllByRole('row').find((row) => row.id === id)?.textContent;
};

beforeEach(() => {
  mockGateway();
  onSort.mockClear();
});

describe('the table', () => {
  it('says how many rows there are, and renders only those in view', () => {
    const labels = Array.from({ length: PAGE_ROWS }, (_, index) => `c${index}`);
    show(answered(1, labels, 5_000));
    expect(table().getAttribute('aria-rowcount')).toBe('5002');
    const rows = within(table()).getAllByRole('row');
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.length).toBeLessThan(60);
  });

  it('has the columns of its own question, with the keys as headings of rows', () => {
    show(answered(1, ['US']));
    expect(screen.getAllByRole('columnheader').map((head) => head.querySelector('button')?.textContent)).toEqual([
      'Country',
      'Viewers',
      'Take rate',
    ]);
    expect(screen.getAllByRole('rowheader').map((head) => head.textContent)).toEqual(['US ', 'All']);
    // And what all rows come to.
    expect(screen.getAllByRole('gridcell')).toHaveLength(4);
  });

  it('shows what it is sorted by, and asks for another order', () => {
    show(answered(1, ['US']), { by: 'viewers', direction: 'DESC' });
    expect(screen.getAllByRole('columnheader').map((head) => head.getAttribute('aria-sort'))).toEqual(['none', 'descending', 'none']);
    fireEvent.click(screen.getByRole('button', { name: 'Take rate' }));
    expect(onSort).toHaveBeenCalledWith('take_rate');
  });

  it('moves its active row by its keys, but not by those of the browser', () => {
    show(answered(1, ['US', 'CA', 'DE']));
    expect(activeText()).toBeNull();
    press('ArrowDown');
    press('j');
    expect(activeText()).toContain('CA');
    press('End');
    expect(activeText()).toContain('DE');
    fireEvent.keyDown(table(), { key: 'Home', ctrlKey: true });
    expect(activeText()).toContain('DE');
    press('Home');
    expect(activeText()).toContain('US');
  });

  it('stays with the active row where a new snapshot moves it', () => {
    const view = show(answered(1, ['US', 'CA', 'DE']));
    press('ArrowDown');
    expect(activeText()).toContain('US');
    view.turn(answered(2, ['CA', 'DE', 'US']));
    expect(activeText()).toContain('US');
    view.turn(answered(3, ['CA', 'DE']));
    expect(activeText()).toContain('DE');
  });

  it('starts over with another question', () => {
    const view = show(answered(1, ['US', 'CA']));
    press('ArrowDown');
    view.turn(answered(1, ['US'], 1, { ...QUERY, groupBy: ['ASSET'] }));
    expect(activeText()).toBeNull();
  });

  it('has no active row where there are no rows', () => {
    show(answered(1, []));
    press('ArrowDown');
    expect(activeText()).toBeNull();
  });
});
