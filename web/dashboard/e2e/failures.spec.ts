import type { Route, WebSocketRoute } from '@playwright/test';
import { badge, bodyRows, expect, expectAccessible, expectHeadline, expectSameDocument, markDocument, open, test, topCountry, topValues } from './support';

const CAUSE = 'serving at http://127.0.0.1:50051 does not answer: connection refused';

const WORDS = 'The query service is not available at the moment.';

async function unavailable(route: Route): Promise<void> {
  const errors = [{ message: CAUSE, extensions: { code: 'UNAVAILABLE', retryable: true } }];
  await route.fulfill({ status: 503, json: { errors } });
}

test('a gateway without serving says so at the start, and the page recovers by itself', async ({ page }) => {
  await page.route('**/graphql', unavailable);
  await page.goto('/');
  await expect(page.getByRole('alert').filter({ hasText: WORDS })).toBeVisible();
  // The address and the system's error are for operators: folded away, and shown on demand.
  await expect(page.getByText(CAUSE)).toBeHidden();
  await page.getByText('Details').first().click();
  await expect(page.getByText(CAUSE)).toBeVisible();
  await expectAccessible(page);
  await markDocument(page);
  await page.unrouteAll({ behavior: 'wait' });
  await expect(bodyRows(page).first()).toBeVisible();
  await expectSameDocument(page);
});

test('a failure in mid-session stays in its panels, and they recover by themselves', async ({ page, request }) => {
  const [country = ''] = await topValues(request, 'COUNTRY', 1);
  await open(page, `/?country.any=${encodeURIComponent(country)}`);
  await markDocument(page);
  await page.route('**/graphql', unavailable);
  await page.getByRole('button', { name: /^Remove the filter Country/ }).click();
  const groups = page.getByRole('region', { name: 'Groups', exact: true });
  await expect(groups.getByRole('alert')).toContainText(WORDS);
  await expect(page.getByText(WORDS)).toHaveCount(1);
  await expect(bodyRows(page).first()).toBeVisible();
  await expect(groups.getByRole('button', { name: 'Try again' })).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'e2e/screenshots/failure.png' });
  await page.unrouteAll({ behavior: 'wait' });
  await expectHeadline(page, request, {});
  await expect(groups.getByRole('alert')).toHaveCount(0);
  await expectSameDocument(page);
});

test('Try again asks at once', async ({ page, request }) => {
  await open(page);
  const country = await topCountry(request);
  await page.route('**/graphql', async (route) => {
    const errors = [{ message: 'the answer is too large', extensions: { code: 'RESOURCE_EXHAUSTED', retryable: false } }];
    await route.fulfill({ json: { errors } });
  });
  await page.getByRole('button', { name: /^Group by/ }).click();
  await page.getByRole('option', { name: 'Country' }).click();
  await page.keyboard.press('Escape');
  const groups = page.getByRole('region', { name: 'Groups', exact: true });
  await expect(groups.getByRole('alert')).toContainText('The answer is too large.');
  await page.unrouteAll({ behavior: 'wait' });
  await groups.getByRole('button', { name: 'Try again' }).click();
  await expect(bodyRows(page).filter({ hasText: country }).first()).toBeVisible();
});

test('a lost link is shown, and recovers', async ({ page }) => {
  let cut = false;
  const links: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/graphql\/ws$/, async (socket) => {
    if (cut) {
      await socket.close({ code: 1011 });
      return;
    }
    socket.connectToServer();
    links.push(socket);
  });
  await open(page);
  await expect(badge(page)).toContainText('live');
  cut = true;
  for (const socket of links) await socket.close({ code: 1011 });
  await expect(badge(page)).toContainText('reconnecting');
  await expect(page.getByRole('alert').filter({ hasText: /The connection to Clio is lost/ })).toBeVisible();
  await expect(bodyRows(page).first()).toBeVisible();
  await expectAccessible(page);
  cut = false;
  await expect(badge(page)).toContainText('live');
  await expect(page.getByText(/The connection to Clio/)).toHaveCount(0);
});
