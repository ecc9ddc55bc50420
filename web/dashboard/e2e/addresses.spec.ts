import { LONGEST_ADDRESS } from '../src/pages/explore/address';
import { askGateway, bodyRows, expect, expectAccessible, expectHeadline, open, test, topValues } from './support';

const MALFORMED = [
  '/?from=yesterday',
  '/?from=2026-02-01&to=2026-01-01',
  '/?group=planet&measures=clicks&sort=nothing&chart=nothing',
  '/?country.any=%E0%A4%A',
  '/?country.any=~',
  '/?country.all=US',
  '/?planet.any=mars&=&&&a=b=c',
  '/?__proto__.any=x&constructor.any=y',
];

for (const address of MALFORMED) {
  test(`a malformed address is used as far as it goes: ${address}`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole('alert').filter({ hasText: /could not be used/ }).or(page.locator('.empty'))).toBeVisible();
    await expect(page.getByRole('group', { name: 'What is shown' })).toBeVisible();
  });
}

test('a bad part of an address is reported, the good parts count, and the next change drops it', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, `/?from=yesterday&country.any=${encodeURIComponent(country)}`);
  await expect(page.getByText(/“yesterday” is not a day/)).toBeVisible();
  await expectHeadline(page, request, { where: { country: { anyOf: [country] } } });
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Remove the filter Country/ }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByText(/“yesterday” is not a day/)).toHaveCount(0);
});

test('a deep link shows what it says', async ({ page }) => {
  await open(page, '/?group=day,device&measures=viewers,take_rate&sort=-viewers');
  await expect(page.getByRole('columnheader')).toHaveText(['Day', 'Device', 'Viewers', 'Take rate']);
  await expect(page.getByRole('button', { name: /^Group by/ })).toHaveText(/Day, Device/);
  await expect(page.getByRole('button', { name: /^Measures/ })).toHaveText(/2 of/);
});

test('forty values fit into an address', async ({ page, request }) => {
  const known = await topValues(request, 'COUNTRY', 2);
  const values = [...known, ...Array.from({ length: 38 }, (_, index) => `Nowhere ${String(index).padStart(2, '0')}`)];
  await open(page, `/?country.any=${values.map(encodeURIComponent).join(',')}`);
  await expect(page.getByRole('button', { name: /^Country any of .* and 37 more/ })).toBeVisible();
  await expectHeadline(page, request, { where: { country: { anyOf: values } } });
});

for (const address of ['/nowhere', '/deep/er/than/any/page', '/view']) {
  test(`an address that leads nowhere gets a page that says so: ${address}`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole('heading', { name: 'There is no page at this address.' })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Go to Explore' }).click();
    await expect(bodyRows(page).first()).toBeVisible();
  });
}

test('a missing asset and robots.txt are not answered with the page', async ({ request }) => {
  const asset = await request.get('/static/gone-12345678.js');
  expect(asset.status()).toBe(404);
  expect(await asset.text()).not.toContain('<html');
  const robots = await request.get('/robots.txt');
  expect(robots.headers()['content-type']).toContain('text/plain');
  expect(await robots.text()).toContain('User-agent');
});

test('the server accepts the longest address that the page makes', async ({ request }) => {
  const of = (length: number) => `/?country.any=${'x'.repeat(length - '/?country.any='.length)}`;
  expect((await request.get(of(LONGEST_ADDRESS))).status()).toBe(200);
  // The server's own limit, beyond which a page could not be opened again.
  expect((await request.get(of(70_000))).status()).toBe(414);
});

test('three thousand pasted keys are a short link, which a reload, Back and a colleague open again', async ({ page, browser, request }) => {
  await open(page);
  // Long values, as a field of keys may have.
  const values = Array.from({ length: 3_000 }, (_, index) => `${String(index).padStart(4, '0')}-${'k'.repeat(30)}`);
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('query Members')) return route.continue();
    const members = values.map((value) => ({ value, label: value, media: null }));
    return route.fulfill({ json: { data: { members: { members, total: members.length } } } });
  });
  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  const search = page.getByRole('combobox', { name: 'Search Country' });
  await search.evaluate((input, text) => {
    const data = new DataTransfer();
    data.setData('text', text);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, values.join('\n'));
  await expect(page.getByText('Added 3,000 of 3,000 pasted values.')).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });
  await expect(page).toHaveURL(/\/l\/[0-9a-z]{13}$/);
  const link = page.url();
  const { link: kept } = await askGateway<{ link: { address: string; answers: unknown[] } }>(request, 'query ($id: ID!) { link(id: $id) { address answers { name } } }', { id: link.split('/').at(-1) });
  expect(kept.address.length).toBeGreaterThan(100_000);
  expect(kept.answers).toEqual([]);
  const chip = page.getByRole('button', { name: /^Country any of .* and 2,997 more/ });
  const reloaded = await page.reload();
  expect(reloaded?.status()).toBe(200);
  await expect(chip).toBeVisible();
  await expect(page).toHaveURL(link);
  await page.getByRole('button', { name: /^Remove the filter Country/ }).click();
  await expect(page).toHaveURL(/\/$/);
  await page.goBack();
  await expect(chip).toBeVisible();
  await expect(page).toHaveURL(link);
  await expectAccessible(page);
  const colleague = await browser.newPage();
  await colleague.goto(link);
  await expect(colleague.getByRole('button', { name: /^Country any of .* and 2,997 more/ })).toBeVisible();
  await expect(colleague).toHaveURL(link);
  await colleague.close();
});

test('a relative range stays relative in the address', async ({ page, request }) => {
  const { serving } = await askGateway<{ serving: { snapshot: { lastDay: string } } }>(
    request,
    '{ serving { snapshot { lastDay } } }',
  );
  const { lastDay } = serving.snapshot;
  await open(page);
  await page.getByRole('button', { name: /^Dates/ }).click();
  await page.getByRole('button', { name: 'Last day' }).click();
  await expect(page).toHaveURL(/\?last=1$/);
  await expect(page.getByRole('button', { name: /^Dates/ })).toHaveText(/Last day/);
  await expectHeadline(page, request, { from: lastDay, to: lastDay });
});
