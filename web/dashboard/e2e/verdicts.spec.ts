// Whether a rate is really higher: the words, the evidence, and where they are shown.

import { formatBounds, formatDifference, formatValue, NO_VALUE, type Value } from '../src/format';
import { askCommand, askGateway, bodyRows, expect, expectAccessible, open, test } from './support';

interface Ends {
  readonly lower: number;
  readonly upper: number;
}

interface Told extends Value {
  readonly intervals: { readonly sampling: Ends; readonly combined: Ends };
  readonly verdict: { readonly text: string; readonly own: number; readonly difference: Value };
}

interface Answer {
  readonly cube: {
    readonly rows: readonly { readonly keys: readonly { readonly value: string; readonly label: string }[]; readonly values: readonly Told[] }[];
    readonly total: { readonly values: readonly Told[] };
  };
}

const VALUES = `values {
  value lower upper exact exactText
  intervals { sampling { lower upper } combined { lower upper } }
  verdict { text own difference { value lower upper exact exactText } }
}`;
const VERDICTS = `query ($query: CubeQuery!) { cube(query: $query) { rows { keys { value label } ${VALUES} } total { ${VALUES} } } }`;
const RATE = { kind: 'DERIVED', format: 'PERCENT' } as const;

test('a rate compared with other days has the verdict that serving gives, with its three intervals', async ({ page, request }) => {
  const { serving } = await askGateway<{ serving: { snapshot: { lastDay: string } } }>(request, '{ serving { snapshot { lastDay } } }');
  const day = serving.snapshot.lastDay;
  const { cube } = await askGateway<Answer>(request, VERDICTS, {
    query: { from: day, to: day, groupBy: ['DEVICE'], measures: ['TAKE_RATE'], orderBy: [{ measure: 'TAKE_RATE', direction: 'DESC' }], compare: { previousPeriod: true }, extras: ['VERDICTS', 'INTERVALS'], limit: 100 },
  });
  const total = cube.total.values[0];
  if (!total) throw new Error('there is a take rate');
  await open(page, '/?last=1&beside=previous&group=device&measures=take_rate');
  const words = page.getByRole('region', { name: 'Totals' }).getByRole('button', { name: total.verdict.text });
  await expect(bodyRows(page).first()).toContainText(cube.rows[0]?.values[0]?.verdict.text ?? 'a verdict');
  await words.click();
  const details = page.getByRole('dialog');
  for (const [name, interval] of [['counting', total], ['sampling', total.intervals.sampling], ['combined', total.intervals.combined]] as const) {
    await expect(details.getByRole('row', { name: new RegExp(`^${name} `) })).toContainText(formatBounds({ ...total, ...interval, exact: false }, RATE) ?? '');
  }
  await expect(details.getByText(/^Per day, over/)).toContainText(formatValue({ ...NO_VALUE, value: total.verdict.own }, RATE));
  await expect(details.getByText(/^Still needed: \d+ more common|^Never at this/)).toBeVisible();
  await details.getByText('What the words mean').click();
  await expectAccessible(page, '.popover');
  await page.screenshot({ path: 'e2e/screenshots/verdict.png' });
  await page.keyboard.press('Escape');
  await expect(words).toBeFocused();
});

test('two compared members have a verdict in words, with the data still needed', async ({ page, request }) => {
  const compared = (value: string | null) => ({
    groupBy: ['ASSET'],
    measures: ['TAKE_RATE'],
    orderBy: [{ measure: 'TAKE_RATE', direction: 'DESC' }],
    ...(value !== null && { compare: { member: { field: 'ASSET', value } }, extras: ['VERDICTS', 'INTERVALS'] }),
    limit: 20,
  });
  const { cube: top } = await askGateway<Answer>(request, VERDICTS, { query: compared(null) });
  const [first, second] = top.rows.map(({ keys }) => keys[0]);
  if (!first || !second) throw new Error('there are two assets');
  const { cube } = await askGateway<Answer>(request, VERDICTS, { query: compared(first.value) });
  const told = cube.rows.find(({ keys }) => keys[0]?.value === second.value)?.values[0];
  if (!told) throw new Error('the second one has a verdict');
  await page.goto(`/compare?sel=${first.value},${second.value}`);
  const panel = page.getByRole('region', { name: 'Is the take rate really different?' });
  await expect(panel.getByText(told.verdict.text, { exact: true }).first()).toBeVisible();
  await expect(panel.getByRole('row', { name: /^combined / })).toContainText(formatBounds({ ...told, ...told.intervals.combined, exact: false }, RATE) ?? '');
  await expect(panel.getByText(/^Per day, over/)).toContainText(formatDifference(told.verdict.difference).text);
  await expect(panel.getByText(/^With the same mix of/)).toBeVisible();
  await expect(page.locator('.updating, .placeholder')).toHaveCount(0);
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/compare-verdict.png', fullPage: true });
});

/** Before the turn and after it: see the model of the journeys. */
const [BEFORE, AFTER] = [
  ['2026-01-01', '2026-01-11'],
  ['2026-01-12', '2026-01-22'],
] as const;

/** All words but those of tests, which this model has none of. */
const WORDS = ['higher', 'lower', 'probably_higher', 'probably_lower', 'no_difference', 'within_counting_error', 'too_little_data'].toSorted();

interface Printed {
  readonly keys: Record<string, { readonly value: string | null }>;
  readonly values: Record<string, { readonly verdict?: { readonly word: string; readonly text: string } | null }>;
}

/** The arguments of `clio query`. */
const verdictsOf = (field: string, measure: string, ...args: readonly string[]) =>
  ['--group-by', field, '--measures', measure, '--from', AFTER[0], '--to', AFTER[1], '--with', 'verdicts', ...args];

test('Explore says each word where `clio query --compare` says it', async ({ page, request }) => {
  const words = new Set<string | undefined>();
  for (const field of ['country', 'device']) {
    for (const measure of ['turned_rate', 'rough_rate']) {
      const { rows, total } = await askCommand<{ rows: Printed[]; total: Printed }>(request, verdictsOf(field, measure, '--compare', BEFORE.join('..'), '--limit', '100'));
      await open(page, `/?from=${AFTER[0]}&to=${AFTER[1]}&beside=${BEFORE.join('..')}&group=${field}&measures=${measure}`);
      for (const { keys, values } of rows) {
        const verdict = values[measure]?.verdict;
        words.add(verdict?.word);
        const member = keys[field]?.value;
        if (member != null) await expect(bodyRows(page).filter({ has: page.getByText(member, { exact: true }) })).toContainText(verdict?.text ?? 'a verdict');
      }
      await expect(page.getByRole('region', { name: 'Totals' }).getByRole('button', { name: total.values[measure]?.verdict?.text ?? 'a verdict' })).toBeVisible();
      await page.screenshot({ path: `e2e/screenshots/words-${field}-${measure}.png` });
    }
  }
  expect([...words].toSorted()).toEqual(WORDS);
});

test('Compare says each word where `clio query --compare` says it', async ({ page, request }) => {
  const words = new Set<string | undefined>();
  for (const [field, measure, ...members] of [
    ['country', 'turned_rate', 'US', 'BR', 'FR', 'IT'],
    ['country', 'turned_rate', 'IT', 'BR', 'FR'],
    ['country', 'turned_rate', 'CA', 'GB', 'KR', 'US'],
    ['device', 'rough_rate', 'tv', 'mobile', 'web', 'tablet'],
  ] as const) {
    const [first] = members;
    const among = `${field} anyOf (${members.map((member) => `"${member}"`).join(', ')})`;
    const { rows } = await askCommand<{ rows: Printed[] }>(request, verdictsOf(field, measure, '--where', among, '--compare', `${field}=${first}`, '--limit', String(members.length)));
    await page.goto(`/compare?by=${field}&sel=${members.join(',')}&chart=${measure}&from=${AFTER[0]}&to=${AFTER[1]}`);
    const sides = page.getByRole('region', { name: /really different\?$/ }).locator('.verdict-side');
    await expect(sides).toHaveCount(members.length - 1);
    for (const member of members.slice(1)) {
      const verdict = rows.find(({ keys }) => keys[field]?.value === member)?.values[measure]?.verdict;
      words.add(verdict?.word);
      const side = sides.filter({ has: page.getByRole('heading', { name: `${member} compared with ${first}` }) });
      await expect(side.getByText(verdict?.text ?? 'a verdict', { exact: true }).first()).toBeVisible();
    }
    await page.screenshot({ path: `e2e/screenshots/words-compare-${first}.png`, fullPage: true });
  }
  expect([...words].toSorted()).toEqual(WORDS);
});
