import { describe, expect, it } from 'vitest';
import { asHtml, asText, shownList, shownTable, tableOf } from './table';
import { taken } from './testing';
import { totalsOf } from './totals';

const QUERY = { groupBy: ['ASSET', 'COUNTRY'], measures: ['IMPRESSIONS', 'TAKE_RATE'], where: { country: { anyOf: ['DE', 'US'] } } };
const number = (value: number | null, lower = value, upper = value, exactText: string | null = null) => ({ value, lower, upper, exact: lower === value, exactText, withheld: false });
const key = (value: string | null, label = value ?? 'missing') => ({ value, label, media: null });

const TAKEN = taken(QUERY, {
  rows: [
    { keys: [key('a1', '=SUM(A1)'), key('DE')], values: [number(9_007_199_254_740_992, 9_007_199_254_740_992, 9_007_199_254_740_992, '9007199254740993'), number(0.0526, 0.05, 0.0551)] },
    { keys: [key('a2', 'Dune\t<2>'), key(null)], values: [number(5), number(null)] },
  ],
  total: { keys: [], values: [number(6), number(0.1, 0.09, 0.11)] },
  groupCount: 12,
});

describe('a table for the clipboard', () => {
  it('has days, filter and snapshot on top of all digits with their bounds', () => {
    const table = tableOf(TAKEN);
    expect(table && asText(table).split('\n')).toEqual([
      'Viewers by Asset',
      '1–3 Jan 2026, 3 days',
      'Filter: Country any of DE, US',
      'The first 2 of 12 rows',
      expect.stringMatching(/^Clio · media · snapshot 7, committed .* · bounds cover counting error, 95\u202f%/),
      '',
      'Asset\tAsset, key\tCountry\tImpressions\tImpressions, lower 95 %\tImpressions, upper 95 %\tTake rate\tTake rate, lower 95 %\tTake rate, upper 95 %',
      `'=SUM(A1)\ta1\tDE\t9007199254740993\t9007199254740993\t9007199254740993\t0.0526\t0.05\t0.0551`,
      'Dune <2>\ta2\tmissing\t5\t5\t5\t\t\t',
      'All\t\t\t6\t6\t6\t0.1\t0.09\t0.11',
      '',
    ]);
  });

  it('has one row of what is about all', () => {
    const { answered } = taken({ ...QUERY, having: { viewers: { atLeast: 5 } }, extras: ['RANKS', 'VERDICTS'], limit: 200, compare: { previousPeriod: true } }, { total: TAKEN.answered?.answer.total ?? { keys: [], values: [] } });
    const totals = answered && totalsOf(answered);
    expect(totals?.query).toEqual({ measures: QUERY.measures, where: QUERY.where, extras: ['VERDICTS'], compare: { previousPeriod: true } });
    const table = tableOf({ ...TAKEN, title: 'Totals', answered: totals });
    expect(table?.heads).toEqual(['Impressions', 'Impressions, lower 95 %', 'Impressions, upper 95 %', 'Take rate', 'Take rate, lower 95 %', 'Take rate, upper 95 %']);
    expect(table && asText(table).trimEnd().split('\n').at(-1)).toBe('6\t6\t6\t0.1\t0.09\t0.11');
  });

  it('has a row for each term of a list', () => {
    document.body.innerHTML = '<dl><div><dt>Days</dt><dd>22</dd><dd>1–22  Jan</dd></div><div><dt>Cells</dt><dd>9</dd></div></dl>';
    const list = document.querySelector('dl');
    expect(list && shownList(list, TAKEN).rows).toEqual([
      ['Days', '22', '1–22 Jan'],
      ['Cells', '9'],
    ]);
  });

  it('has verdicts where there are any', () => {
    const verdict = { word: 'HIGHER' as const, own: 0.2, other: 0.1, difference: number(0.1), days: 21, smallestLift: null, moreDays: null, exposure: null, mix: null };
    const table = tableOf(
      taken(QUERY, {
        rows: [{ keys: [key('a1'), key('DE')], values: [number(5), { ...number(0.2), verdict }] }],
        total: { keys: [], values: [number(6), number(0.1)] },
        groupCount: 1,
      }),
    );
    expect(table?.heads).toEqual(['Asset', 'Country', 'Impressions', 'Impressions, lower 95 %', 'Impressions, upper 95 %', 'Take rate', 'Take rate, lower 95 %', 'Take rate, upper 95 %', 'Take rate, verdict']);
    expect(table?.rows.map((row) => row.at(-1))).toEqual(['higher (observational)', '']);
    expect(table?.rows.every((row) => row.length === table.heads.length)).toBe(true);
  });

  it('has the same as HTML, in which names are text and nothing else', () => {
    const table = tableOf(TAKEN);
    const page = new DOMParser().parseFromString(table ? asHtml(table) : '', 'text/html');
    const rows = [...page.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows[0]).toHaveLength(9);
    expect(rows[1]?.slice(0, 4)).toEqual([`'=SUM(A1)`, 'a1', 'DE', '9007199254740993']);
    expect(rows[2]?.[0]).toBe('Dune\t<2>');
    expect(page.querySelector('p')?.textContent).toBe('Viewers by Asset');
  });

  it('is the table on the page for a panel with rows of its own', () => {
    document.body.innerHTML = '<table><tr><th>Step</th><th>Took</th></tr><tr><td>roll up</td><td>-3  s</td></tr></table>';
    const own = { ...TAKEN, hasOwnRows: true };
    expect(tableOf(own)).toBeNull();
    const table = document.querySelector('table');
    expect(table && asText(shownTable(table, own)).split('\n').slice(-3)).toEqual(['Step\tTook', `roll up\t'-3 s`, '']);
  });
});
