import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { texts } from './scripts/compileTexts.ts';

// The gateway of the development and preview servers.
const gateway = process.env['CLIO_URL'] ?? 'http://127.0.0.1:8080';
const proxy = {
  '/graphql': { target: gateway, ws: true },
  '/media': { target: gateway },
};

/**
 * Leaves GraphiQL's fonts out: they are 270 KB of data: addresses in its stylesheet, which the content security
 * policy forbids; the fonts of the system serve as well.
 */
const withoutFonts: Plugin = {
  name: 'clio-without-fonts',
  enforce: 'pre',
  transform: {
    filter: { id: /graphiql\/dist\/style\.css/ },
    handler: (code) => code.replace(/@font-face\s*\{[^}]*\}/g, ''),
  },
};

/**
 * Writes a Brotli form of each larger text, as small as possible, which the gateway passes on as it is. It reads the
 * written files, since chunks change until they are written.
 */
const inBrotli: Plugin = {
  name: 'clio-in-brotli',
  apply: 'build',
  writeBundle({ dir = '.' }, bundle) {
    for (const name of Object.keys(bundle).filter((file) => /\.(js|css)$/.test(file))) {
      const content = readFileSync(join(dir, name));
      if (content.length > 1000) writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content));
    }
  },
};

export default defineConfig({
  plugins: [react(), texts, withoutFonts, inBrotli, { ...optimizeLocales.vite({ locales: ['en-US', 'ko-KR'] }), enforce: 'pre' }],
  server: { proxy },
  preview: { proxy },
  build: {
    // The theme uses light-dark() as it is; lowering it would double every colour.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    manifest: true,
    // The addresses below /assets are those of the pages of assets.
    assetsDir: 'static',
    // An inlined asset would be a data: address, which the content security policy allows for images only.
    assetsInlineLimit: 0,
    // The budgets of `npm run budget` are the limits that count.
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      output: {
        // What every page needs in one file, which is smaller than a dozen small ones.
        codeSplitting: {
          groups: [
            // All stylesheets in one, in the order of their names: together they are half the size, and no rule depends
            // on the order in which chunks load.
            { name: 'styles', test: /src\/(?!pages\/graphiql\/).*\.css$/ },
            { name: 'page', test: /src\/(api|format)\/|src\/language\/[^/]+\.ts$|src\/components\/(Panel|TakeButton|Thumbnail|Label|Details|Dropdown)\.tsx|src\/pages\/explore\/(state|changes|address|operators|query|columns|actions)\.tsx?$/ },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
