import { askCube, askGateway, bodyRows, card, COUNT, expect, expectAccessible, expectHeadline, grid, open, printed, test, topValues } from './support';

test('a filter by keyboard is in the address, survives a reload, and Back undoes it', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page);
  const add = page.getByRole('button', { name: /Add filter/ });
  await page.locator('body').press('Tab');
  for (let steps = 0; steps < 30 && !(await add.evaluate((button) => button === document.activeElement)); steps += 1) {
    await page.keyboard.press('Tab');
  }
  await expect(add).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option', { name: 'Country' })).toBeVisible();
  await page.keyboard.type('Country');
  await expect(page.getByRole('option', { name: 'Country' })).toBeFocused();
  await page.keyboard.press('Enter');

  await expect(page.getByRole('combobox', { name: 'Search Country' })).toBeFocused();
  await page.keyboard.type(country);
  const option = page.getByRole('listbox', { name: 'Values of Country' }).getByRole('option').first();
  await expect(option).toHaveAccessibleName(new RegExp(`^${country}`));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`\\?country\\.any=${encodeURIComponent(country)}$`));
  await page.keyboard.press('Escape');
  if (await page.getByRole('dialog').isVisible()) await page.keyboard.press('Escape');
  await expect(add).toBeFocused();

  const where = { country: { anyOf: [country] } };
  await expectHeadline(page, request, { where });
  await page.reload();
  await expectHeadline(page, request, { where });
  await page.goBack();
  await expectHeadline(page, request, {});
  await expect(page).toHaveURL(/\/$/);
  await page.goForward();
  await expectHeadline(page, request, { where });
});

test('any, all and none of each field give what the gateway gives', async ({ page, request }) => {
  const audiences = await topValues(request, 'AUDIENCE', 2);
  const tags = await topValues(request, 'ASSET_TAGS', 2);
  const countries = await topValues(request, 'COUNTRY', 2);
  const devices = await topValues(request, 'DEVICE', 1);
  const types = await topValues(request, 'ASSET_MEDIA_TYPE', 1);
  const cases: [address: Record<string, string[]>, where: Record<string, unknown>][] = [
    [{ 'country.any': countries }, { country: { anyOf: countries } }],
    [{ 'country.none': countries }, { country: { noneOf: countries } }],
    [{ 'device.any': devices }, { device: { anyOf: devices } }],
    [{ 'asset.media_type.any': types }, { assetMediaType: { anyOf: types } }],
    [{ 'asset.tags.all': tags }, { assetTags: { allOf: tags } }],
    [{ 'audience.any': audiences }, { audience: { anyOf: audiences } }],
    [{ 'audience.all': audiences }, { audience: { allOf: audiences } }],
    [{ 'audience.none': audiences }, { audience: { noneOf: audiences } }],
    [
      { 'audience.any': audiences, 'country.any': countries, 'asset.tags.none': tags },
      { and: [{ audience: { anyOf: audiences } }, { country: { anyOf: countries } }, { assetTags: { noneOf: tags } }] },
    ],
  ];
  const seen = new Map<string, number>();
  await open(page);
  for (const [address, where] of cases) {
    const params = new URLSearchParams(Object.entries(address).map(([name, values]) => [name, values.join(',')]));
    await page.goto(`/?${params}`);
    const cube = await expectHeadline(page, request, { where });
    seen.set(JSON.stringify(where), cube.total.values[0]?.value ?? 0);
  }
  const count = (where: unknown) => seen.get(JSON.stringify(where)) ?? Number.NaN;
  const all = (await askCube(request, { measures: ['IMPRESSIONS'] })).total.values[0]?.value;
  expect(count({ audience: { anyOf: audiences } }) + count({ audience: { noneOf: audiences } })).toBe(all);
  expect(count({ audience: { allOf: audiences } })).toBeLessThan(count({ audience: { anyOf: audiences } }));
});

test('the operator of a filter can be changed in its editor', async ({ page, request }) => {
  const audiences = await topValues(request, 'AUDIENCE', 2);
  await open(page, `/?audience.any=${audiences.map(encodeURIComponent).join(',')}`);
  await page.getByRole('button', { name: /^Audience any of/ }).click();
  await page.getByRole('radio', { name: 'all of' }).check();
  await expect(page).toHaveURL(/\?audience\.all=/);
  await expectHeadline(page, request, { where: { audience: { allOf: audiences } } });
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Remove the filter Audience/ }).click();
  await expectHeadline(page, request, {});
});

test('all time equals the full range', async ({ page, request }) => {
  const { serving } = await askGateway<{ serving: { snapshot: { firstDay: string; lastDay: string } } }>(
    request,
    '{ serving { snapshot { firstDay lastDay } } }',
  );
  const { firstDay, lastDay } = serving.snapshot;
  await open(page);
  const allTime = [await card(page, 'Impressions').textContent(), await card(page, 'Viewers').textContent()];
  await open(page, `/?from=${firstDay}&to=${lastDay}`);
  await expect(card(page, 'Impressions')).toHaveText(allTime[0] ?? '');
  await expect(card(page, 'Viewers')).toHaveText(allTime[1] ?? '');
  await open(page, `/?from=${lastDay}&to=${lastDay}`);
  await expectHeadline(page, request, { from: lastDay, to: lastDay });
  await expect(card(page, 'Impressions')).not.toHaveText(allTime[0] ?? '');
});

test('days are typed without a mouse', async ({ page, request }) => {
  const { serving } = await askGateway<{ serving: { snapshot: { firstDay: string; lastDay: string } } }>(
    request,
    '{ serving { snapshot { firstDay lastDay } } }',
  );
  const day = serving.snapshot.lastDay;
  await open(page);
  await page.getByRole('button', { name: /^Dates/ }).press('Enter');
  await expect(page.getByRole('spinbutton').first()).toBeFocused();
  for (let field = 0; field < 2; field += 1) {
    const [year = '', month = '', date = ''] = day.split('-');
    await page.keyboard.type(year);
    await page.keyboard.type(month);
    await page.keyboard.type(date);
    if (field === 0) await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`from=${day}&to=${day}`));
  await expectHeadline(page, request, { from: day, to: day });
});

test('a pasted list of values is added, and unknown ones are named', async ({ page, request }) => {
  const countries = await topValues(request, 'COUNTRY', 3);
  await open(page);
  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  const search = page.getByRole('combobox', { name: 'Search Country' });
  await search.evaluate((input, text) => {
    const data = new DataTransfer();
    data.setData('text', text);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, [...countries, 'Atlantis'].join('\n'));
  await expect(page.getByText('Added 3 of 4 pasted values. Not found: Atlantis.')).toBeVisible();
  await expectHeadline(page, request, { where: { country: { anyOf: countries } } });
});

test('after fast changes only the last answer is shown', async ({ page, request }) => {
  const [first = '', second = ''] = await topValues(request, 'COUNTRY', 2);
  await open(page);
  // Answers to all but the last question are held back until the last one is on the screen.
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held = 0;
  await page.route('**/graphql', async (route) => {
    const body = route.request().postData() ?? '';
    if (body.includes('query Explore') && body.includes(JSON.stringify(first))) {
      held += 1;
      await released;
    }
    // The page may have cancelled the question.
    await route.continue().catch(() => {});
  });
  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  const values = page.getByRole('listbox', { name: 'Values of Country' });
  const choose = (value: string) =>
    values.getByRole('option').filter({ has: page.getByText(value, { exact: true }) }).click();
  await choose(first);
  await choose(second);
  await choose(first);
  await expect(page).toHaveURL(new RegExp(`country\\.any=${encodeURIComponent(second)}$`));
  await expectHeadline(page, request, { where: { country: { anyOf: [second] } } });
  expect(held).toBeGreaterThan(0);
  release();
  await page.unrouteAll({ behavior: 'wait' });
  await expectHeadline(page, request, { where: { country: { anyOf: [second] } } });
  await expect(page.locator('.updating')).toHaveCount(0);
});

test('a filter that leaves nothing is named, and removing it brings the rows back', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await page.goto(`/?country.any=${encodeURIComponent(country)}&device.any=abacus`);
  await page.getByRole('button', { name: 'Remove Device any of abacus' }).click();
  await expect(grid(page)).toBeVisible();
  await expect(bodyRows(page).first()).toBeVisible();
  const cube = await expectHeadline(page, request, { where: { country: { anyOf: [country] } } });
  await expect(card(page, 'Impressions')).toContainText(printed(cube.total.values[0], COUNT));
});

test('a picker stays where it is while values are ticked', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: /Add filter/ }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  const options = page.getByRole('listbox', { name: 'Values of Country' }).getByRole('option');
  await expect(options.nth(3)).toBeVisible();
  const place = async () => {
    const box = await options.nth(3).boundingBox();
    return { x: box?.x, y: box?.y };
  };
  const before = await place();
  for (let index = 0; index < 4; index += 1) {
    await options.nth(index).click();
    await expect(options.nth(index)).toHaveAttribute('aria-selected', 'true');
    expect(await place()).toEqual(before);
  }
  await expect(page.getByRole('button', { name: /^Country any of .* and 1 more/ })).toBeVisible();
  expect(await place()).toEqual(before);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /Add filter/ })).toBeFocused();
});

test('a value that does not exist is reported, and a click takes the nearest one', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  const misspelt = `${country}x`;
  await page.goto(`/?country.any=${encodeURIComponent(misspelt)}`);
  const said = page.getByRole('listitem').filter({ hasText: `Country has no value “${misspelt}”.` });
  await expect(said).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/unknown-value.png' });
  await said.getByRole('button', { name: country, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`country\\.any=${encodeURIComponent(country)}$`));
  await expect(said).toHaveCount(0);
  await expectHeadline(page, request, { where: { country: { anyOf: [country] } } });
});
