// Korean: it is switched to and kept, every page is accessible in it, and nothing on them is left in English but names.

import type { Page } from '@playwright/test';
import korean from '../src/language/ko/index';
import { askCube, badge, bodyRows, control, expect, expectAccessible, open, test } from './support';

const KOREAN = korean.texts as Readonly<Record<string, string>>;
/** What is the same in every language: names of formats and of keys. */
const SAME = ['png', 'svg', 'ctrl', 'shift', 'english', 'graphiql', 'query'];

const wordsIn = (text: string) => text.toLowerCase().match(/[a-z]{2,}/g) ?? [];

/** Latin words in texts that are in Korean, such as those of commands and of what is typed. */
const written = new Set([...Object.values(KOREAN).flatMap((text) => wordsIn(text.replaceAll(/\{\w+(, \w+)?|<\/?\w+>/g, ' ').replaceAll(/\b(other|plural|select)\b/g, ' '))), ...SAME]);

/** The words of whatever the gateway has told a page, which are names: of the model, of members, of people. */
function namesTo(page: Page): Set<string> {
  const names = new Set<string>();
  const take = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) take(one);
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) take(one);
    // The names of verdicts, outcomes and states, unlike those of countries, are the page's to put into words.
    else if (typeof value === 'string' && !/^[A-Z_]{4,}$/.test(value)) for (const word of wordsIn(value)) names.add(word);
  };
  page.on('response', async (response) => {
    if (new URL(response.url()).pathname !== '/graphql') return;
    try {
      take(((await response.json()) as { data?: unknown }).data);
    } catch {
      // The page has gone on, and so has its answer.
    }
  });
  return names;
}

/** All that can be read or heard on a page. */
async function readingOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>([document.title]);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = (node.nodeValue ?? '').trim();
      // Questions are code, and what does not run is not shown.
      if (text !== '' && !node.parentElement?.closest('script, style, noscript, pre, kbd')) found.add(text);
    }
    for (const element of document.querySelectorAll('*')) {
      for (const name of ['aria-label', 'aria-valuetext', 'aria-description', 'title', 'placeholder', 'alt']) {
        const text = element.getAttribute(name);
        if (text !== null && text !== '') found.add(text);
      }
    }
    return [...found];
  });
}

async function expectKorean(page: Page, names: ReadonlySet<string>): Promise<void> {
  const texts = await readingOf(page);
  expect(texts.filter((text) => /[가-힣]/.test(text)).length).toBeGreaterThan(5);
  const left = texts.filter((text) => wordsIn(text).some((word) => !names.has(word) && !written.has(word)));
  // All pages are looked at, whatever is found on one.
  expect.soft(left).toEqual([]);
}

/** Whether the page is wider than the screen. */
const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

const inKorean = (page: Page) => page.addInitScript(() => localStorage.setItem('clio-language', 'ko'));

test('a reader switches to Korean, which stays, and back', async ({ page }) => {
  await open(page, '/?last=7&group=country');
  const address = page.url();
  const shown = await badge(page).textContent();
  await page.getByRole('combobox', { name: 'Language' }).selectOption('ko');
  await expect(page.getByRole('link', { name: '탐색', exact: true })).toBeVisible();
  await expect(page.getByRole('combobox', { name: '언어' })).toBeFocused();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  expect(page.url()).toBe(address);
  await page.reload();
  await expect(bodyRows(page).first()).toBeVisible();
  await expect(page.getByRole('button', { name: '기간 최근 7일' })).toBeVisible();
  await page.getByRole('combobox', { name: '언어' }).selectOption('en');
  await expect(page.getByRole('button', { name: 'Dates Last 7 days' })).toBeVisible();
  expect(await badge(page).textContent()).toBe(shown);
});

test('the language is that of the browser, and only its texts are fetched', async ({ browser }) => {
  for (const [locale, lang] of [['ko-KR', 'ko'], ['en-GB', 'en'], ['de-DE', 'en']] as const) {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    const scripts: string[] = [];
    page.on('response', async (response) => {
      if (new URL(response.url()).pathname.endsWith('.js')) scripts.push(await response.text().catch(() => ''));
    });
    await page.goto('/');
    await expect(bodyRows(page).first()).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', lang);
    await page.waitForLoadState('networkidle');
    const has = (text: string) => scripts.some((script) => script.includes(text));
    expect([has('Open to everyone: anyone'), has('모두에게 공개됨')]).toEqual([lang === 'en', lang === 'ko']);
    await context.close();
  }
});

/** A title with several media, those, and a country. */
async function membersOf(request: Parameters<typeof askCube>[0]) {
  const orderBy = [{ measure: 'VIEWERS', direction: 'DESC' }];
  const { rows } = await askCube(request, { groupBy: ['ASSET_TITLE', 'ASSET'], measures: ['VIEWERS'], orderBy, limit: 200 });
  const title = rows[0]?.keys[0]?.value ?? '';
  const assets = rows.filter(({ keys }) => keys[0]?.value === title).map(({ keys }) => keys[1]?.value ?? '');
  return { title, assets };
}

test('every page is in Korean, and accessible', async ({ page, request }) => {
  test.setTimeout(300_000);
  await inKorean(page);
  const names = namesTo(page);
  const { title, assets } = await membersOf(request);
  const [asset = ''] = assets;
  const two = assets.slice(0, 2).map(encodeURIComponent).join(',');
  const three = assets.slice(0, 3).map(encodeURIComponent).join(',');
  // What an address asks for is said again where it is not there.
  names.add('atlantis');
  const pages = {
    explore: '/',
    beside: '/?last=10&beside=previous&group=country,device&show=ranks,shares&measures=impressions,viewers,take_rate&chart=take_rate',
    unread: '/?country.any=Atlantis&last=Atlantis&sort=Atlantis',
    empty: '/?country.any=Atlantis&viewers.min=12&group=country',
    months: '/?step=month&group=month&split=1',
    nested: '/?group=country,device&view=nested',
    heat: '/?group=country,device&view=heat',
    gallery: '/?group=asset&view=gallery',
    title: `/titles/${encodeURIComponent(title)}`,
    asset: `/assets/${encodeURIComponent(asset)}`,
    compare: `/compare?sel=${two}&chart=take_rate`,
    three: `/compare?sel=${three}`,
    nothing: '/compare',
    outliers: '/outliers',
    views: '/views',
    status: '/status',
    help: '/help',
    nowhere: '/nowhere',
  };
  for (const [name, address] of Object.entries(pages)) {
    await test.step(name, async () => {
      for (const [size, width] of [['', 1440], ['-390', 390]] as const) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 1000 });
        await page.goto(address);
        await expect(page.locator('main h1')).not.toHaveCount(0);
        await page.waitForLoadState('networkidle');
        await expect(page.locator('.placeholder, .waiting')).toHaveCount(0);
        await expectKorean(page, names);
        await expectAccessible(page);
        expect.soft(await isTooWide(page)).toBe(false);
        await page.screenshot({ path: `e2e/screenshots/ko-${name}${size}.png`, fullPage: true });
      }
    });
  }
});

test('what opens is in Korean: editors, menus, verdicts, the tour', async ({ page, request }) => {
  test.setTimeout(240_000);
  await inKorean(page);
  const names = namesTo(page);
  const { assets } = await membersOf(request);
  const see = async (name: string, scope = '.popover') => {
    await page.waitForLoadState('networkidle');
    await expectKorean(page, names);
    await expectAccessible(page, scope);
    await page.screenshot({ path: `e2e/screenshots/ko-${name}.png` });
  };
  await open(page, `/?last=10&beside=previous&group=asset&asset.any=${assets.slice(0, 2).map(encodeURIComponent).join(',')}&measures=viewers,take_rate&show=ranks`);
  for (const [name, button] of [['dates', /^기간/], ['compared', /^비교 대상/], ['groups', /^그룹 기준/], ['measures', /^지표/], ['conditions', '+ 조건'], ['fields', '+ 필터 추가'], ['filter', /^Asset 다음 중 하나/], ['note', '+ 메모'], ['share', '공유'], ['take', /^내보내기: .*지표$/]] as const) {
    await page.getByRole('button', { name: button }).first().click();
    await expect(page.locator('.popover :is(button, input, [role="option"])').first()).toBeVisible();
    await expect(page.locator('.popover-wait')).toHaveCount(0);
    await see(`opens-${name}`);
    if (name === 'take') {
      await page.getByRole('button', { name: '슬라이드로 보기' }).click();
      await expect(page.locator('.slide').first()).toBeAttached();
      await see('opens-slides', '.slides');
    }
    await page.keyboard.press('Escape');
    await expect(page.locator('.popover, .slides')).toHaveCount(0);
  }
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: '찾기' }).fill('비교');
  await expect(page.getByRole('option', { name: /비교/ })).toBeVisible();
  await see('opens-find', '.command-menu');
  await page.keyboard.press('Escape');
  await page.locator('button.verdict-word').first().click();
  await expect(page.locator('.popover .verdict-facts')).toBeVisible();
  await page.getByText('판정 용어의 뜻').click();
  await see('opens-verdict');
  await page.keyboard.press('Escape');

  await page.goto('/help');
  await page.getByRole('button', { name: '탐색 둘러보기' }).click();
  for (let step = 1; step <= 6; step += 1) {
    await expect(page.getByText(`6단계 중 ${step}단계`)).toBeVisible();
    await expect(page.locator('.tour-frame')).toBeVisible();
    await expectKorean(page, names);
    if (step < 6) await page.getByRole('button', { name: '다음' }).click();
  }
  await page.screenshot({ path: 'e2e/screenshots/ko-opens-tour.png' });
});

test('a failure is told in Korean, by its code', async ({ page, request }) => {
  await inKorean(page);
  const names = namesTo(page);
  await open(page);
  try {
    await control(request, '/serving/stop');
    await expect(page.getByRole('status', { name: '스냅샷' })).toContainText('중단됨');
    await expect(page.getByRole('alert').first()).toContainText('조회 서비스가 중단되었습니다');
    await page.getByRole('button', { name: /^기간/ }).click();
    await page.getByRole('button', { name: '최근 7일' }).click();
    await expect(page.getByText('지금은 조회 서비스를 사용할 수 없습니다.').first()).toBeVisible();
    // The cause, as serving says it, is folded away.
    for (const details of await page.locator('details p').all()) for (const word of wordsIn((await details.textContent()) ?? '')) names.add(word);
    await expectKorean(page, names);
    await page.screenshot({ path: 'e2e/screenshots/ko-failure.png' });
  } finally {
    await control(request, '/serving/start');
  }
  await expect(page.getByRole('status', { name: '스냅샷' })).toContainText('실시간');
});

test('a saved picture speaks the language of the page', async ({ page }) => {
  await inKorean(page);
  await open(page, '/?group=country');
  await page.getByRole('button', { name: '내보내기: Country별 지표' }).click();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'SVG로 저장' }).click();
  const stream = await (await saved).createReadStream();
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  const svg = Buffer.concat(parts).toString('utf8');
  expect(svg).toContain('Country별 지표');
  expect(svg).toContain('신뢰구간은 집계 오차, 95%');
  expect(svg).not.toContain('snapshot');
});
