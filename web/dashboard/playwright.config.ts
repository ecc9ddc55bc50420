// Journeys in a real browser against a real gateway; the harness that starts the servers sets their addresses.

import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

function required(name: string, meaning: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name} to ${meaning}`);
  return value;
}

const browser =
  process.env['CHROMIUM_PATH'] ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (!browser) throw new Error('set CHROMIUM_PATH to the path of a Chromium or Chrome');

required('CLIO_CONTROL', 'the address of the control server: POST /publish-day, /serving/stop, /serving/start');

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e/results',
  // All journeys share one gateway, and some publish days to it or stop the service behind it.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: required('CLIO_URL', 'the address of the gateway, such as http://127.0.0.1:8080'),
    viewport: { width: 1440, height: 1000 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: browser,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
