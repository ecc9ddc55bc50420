// A panel's numbers as a table for the clipboard: plain text for spreadsheets and HTML for documents, both with days,
// filter and snapshot on top. Numbers have all their digits, unlike on the page, since a spreadsheet computes with them.

import { type CellValue, keysOf, measuresOf } from '../api/cube';
import { t } from '../language';
import { aboutLines, sourceLine, type Taken } from './about';

export interface Table {
  /** The lines above the rows. */
  readonly about: readonly string[];
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type Cell = string | { readonly number: string };

/** The rows of an answer; null if the panel shows none, or rows of its own. */
export function tableOf(taken: Taken): Table | null {
  const { answered, dataset, title } = taken;
  if (answered === null || taken.hasOwnRows) return null;
  const { answer } = answered;
  const keys = keysOf(answered, dataset);
  const measures = measuresOf(answered, dataset);
  const hasCodes = keys.map((key, at) => key.field?.hasLabel === true && answer.rows.some(({ keys: cells }) => cells[at]?.label !== cells[at]?.value));
  const isTold = measures.map((_, at) => [answer.total, ...answer.rows].some(({ values }) => values[at]?.verdict));
  const heads = [
    ...keys.flatMap(({ label }, at) => (hasCodes[at] ? [label, t('take.key', { label })] : [label])),
    ...measures.flatMap(({ label }, at) => [label, t('take.lower', { label }), t('take.upper', { label }), ...(isTold[at] ? [t('take.verdict', { label })] : [])]),
  ];
  const numbers = (values: readonly CellValue[]): Cell[] =>
    measures.flatMap((_, at) => [...numbersOf(values[at]), ...(isTold[at] ? [wordOf(values[at])] : [])]);
  const rows = answer.rows.map((row) => [
    ...row.keys.flatMap(({ label, value }, at) => (hasCodes[at] ? [label, value ?? ''] : [label])),
    ...numbers(row.values),
  ]);
  // What nothing is grouped by has one row, which is all.
  if (keys.length === 0) return { about: [title, ...aboutLines(taken), sourceLine(taken)], heads, rows: [numbers(answer.total.values)] };
  const nKeys = keys.length + hasCodes.filter(Boolean).length;
  const total = rows.length > 0 ? [[t('words.all'), ...Array.from({ length: nKeys - 1 }, () => ''), ...numbers(answer.total.values)]] : [];
  const cut = rows.length < answer.groupCount ? [t('take.firstRows', { shown: String(rows.length), all: String(answer.groupCount) })] : [];
  return { about: [title, ...aboutLines(taken), ...cut, sourceLine(taken)], heads, rows: [...rows, ...total] };
}

/** The cells of a table on the page, as they are shown. */
export function shownTable(table: HTMLTableElement, taken: Taken): Table {
  const [heads = [], ...rows] = [...table.rows].map((row) => [...row.cells].map((cell) => (cell.textContent ?? '').replaceAll(/\s+/g, ' ').trim()));
  return { about: [taken.title, ...aboutLines(taken), sourceLine(taken)], heads, rows };
}

/** A list of terms of the page, such as the figures of Status: a row each. */
export function shownList(list: HTMLDListElement, taken: Taken): Table {
  const rows = [...list.querySelectorAll('div')].map((row) => [...row.querySelectorAll('dt, dd')].map((cell) => (cell.textContent ?? '').replaceAll(/\s+/g, ' ').trim()));
  return { about: [taken.title, ...aboutLines(taken), sourceLine(taken)], heads: ['', t('chart.value'), t('chart.note')], rows };
}

function wordOf(value: CellValue | undefined): string {
  return value?.verdict ? t(`verdict.word.${value.verdict.word}`) : '';
}

function numbersOf(value: CellValue | undefined): Cell[] {
  const { value: own = null, lower = null, upper = null, exactText = null } = value ?? {};
  return [exactText ?? own, exactText ?? lower, exactText ?? upper].map((one) => (one === null ? '' : { number: String(one) }));
}

/** As text with tabs between cells. */
export function asText({ about, heads, rows }: Table): string {
  const lines = [...about.map((line) => [line]), [], heads, ...rows].map((cells) => cells.map(textCell).join('\t'));
  return `${lines.join('\n')}\n`;
}

function textCell(cell: Cell): string {
  return typeof cell === 'string' ? safe(cell.replaceAll(/[\t\r\n]+/g, ' ')) : cell.number;
}

export function asHtml({ about, heads, rows }: Table): string {
  const [title = '', ...notes] = about.map(escaped);
  const head = heads.map((one) => `<th>${escaped(safe(one))}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map(htmlCell).join('')}</tr>`).join('');
  return `<p><b>${title}</b></p>${notes.map((note) => `<p>${note}</p>`).join('')}<table border="1"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

function htmlCell(cell: Cell): string {
  return typeof cell === 'string' ? `<td>${escaped(safe(cell))}</td>` : `<td align="right">${cell.number}</td>`;
}

/** Keeps spreadsheets from reading a name as a formula, as the files of serving do. */
function safe(text: string): string {
  return /^[=+\-@'\t\r]/.test(text) ? `'${text}` : text;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
