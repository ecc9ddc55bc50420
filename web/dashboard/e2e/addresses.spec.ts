import { bodyRows, expect, expectAccessible, expectHeadline, open, test, topValues } from './support';

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

for (const address of ['/nowhere', '/deep/er/than/any/page', '/views']) {
  test(`an address that leads nowhere says so: ${address}`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole('heading', { name: 'There is no page at this address.' })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Go to Explore' }).click();
    await expect(bodyRows(page).first()).toBeVisible();
  });
}

test('a missing asset and robots.txt are not answered with the page', async ({ request }) => {
  const asset = await request.get('/assets/gone-12345678.js');
  expect(asset.status()).toBe(404);
  expect(await asset.text()).not.toContain('<html');
  const robots = await request.get('/robots.txt');
  expect(robots.headers()['content-type']).toContain('text/plain');
  expect(await robots.text()).toContain('User-agent');
});
