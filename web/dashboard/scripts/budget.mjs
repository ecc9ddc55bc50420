// Compares the gzip sizes of the built dashboard with their budgets, and fails when one is over, or lacks its form in Brotli.
//
// A chunk counts with all its imports that the page has not loaded by then. Pickers, and React Aria with them, are fetched
// when the pointer or the focus reaches their button; dates share React Aria with them, and count with what they add.

import { existsSync, readFileSync } from 'node:fs';
import { brotliDecompressSync, gzipSync } from 'node:zlib';

const KB = 1000;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const sizes = new Map();
function gzipSize(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  return sizes.get(file);
}

/** The chunks that a chunk needs before it runs, itself included. */
function closure(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closure(manifest[name].imports ?? [], found);
  }
  return found;
}

function chunk(name) {
  if (!manifest[name]) throw new Error(`the build has no chunk ${name}; has it been renamed?`);
  return name;
}

const scripts = (chunks) => [...chunks].map((name) => manifest[name].file);
const styles = (chunks) => [...new Set([...chunks].flatMap((name) => manifest[name].css ?? []))];
const total = (files) => files.reduce((sum, file) => sum + gzipSize(file), 0);

// The page is drawn when the texts of its language are there: those of English, and none of another.
const TEXTS = { en: 'src/language/en/index.ts', ko: 'src/language/ko/index.ts' };
const initial = closure([chunk('index.html'), chunk(TEXTS.en)]);
if (initial.has(chunk(TEXTS.ko))) throw new Error('English loads the texts of Korean');
const inKorean = closure([chunk('index.html'), chunk(TEXTS.ko)]);
if (inKorean.has(TEXTS.en)) throw new Error('Korean loads the texts of English');
const beyond = (name) => [...closure([chunk(name)])].filter((candidate) => !initial.has(candidate));

const PICKERS = ['src/components/PopoverFrame.tsx', 'src/components/CheckList.tsx', 'src/pages/explore/FieldList.tsx', 'src/pages/explore/FilterEditor.tsx'];
const pickers = [...closure(PICKERS.map(chunk))].filter((name) => !initial.has(name));
// Each route with what it alone needs, and the parts of Explore that are fetched on first use.
const ROUTES = {
  'a piece of media': 'src/pages/asset/AssetPage.tsx',
  'a title': 'src/pages/title/TitlePage.tsx',
  'Compare': 'src/pages/compare/ComparePage.tsx',
  'Outliers': 'src/pages/outliers/OutliersPage.tsx',
  'new outliers in the bar': 'src/components/NewOutliers.tsx',
  'Views': 'src/pages/views/ViewsPage.tsx',
  'the view of Explore': 'src/pages/views/ViewBar.tsx',
  'Status': 'src/pages/status/StatusPage.tsx',
  'Help': 'src/pages/help/HelpPage.tsx',
  'the tour': 'src/components/tour/Tour.tsx',
  'a link': 'src/pages/link/LinkPage.tsx',
  'sending': 'src/share/ShareMenu.tsx',
  'what was sent': 'src/share/SentBar.tsx',
  'finding': 'src/components/find/CommandMenu.tsx',
  'taking away': 'src/take/TakeMenu.tsx',
  'groups in groups': 'src/pages/explore/Nested.tsx',
  'the heat map': 'src/pages/explore/HeatMap.tsx',
  'the gallery': 'src/pages/explore/Gallery.tsx',
};
const DATES = 'src/pages/explore/DateEditor.tsx';
const everything = new Set([...initial, ...inKorean, ...pickers, ...[...Object.values(ROUTES), DATES, 'src/pages/explore/Charts.tsx'].flatMap(beyond)]);

const rows = [
  ['initial JavaScript', total(scripts(initial)), 200],
  ['the same in Korean', total(scripts(inKorean)), 200],
  ['pickers', total(scripts(pickers)), 60],
  ['charts', total(scripts(beyond('src/pages/explore/Charts.tsx'))), 175],
  ['dates beyond pickers', total(scripts(beyond(DATES).filter((name) => !pickers.includes(name)))), 35],
  ...Object.entries(ROUTES).map(([name, file]) => [name, total(scripts(beyond(file))), 60]),
  ['CSS', total(styles(everything)), 15],
];

let over = 0;
for (const [name, bytes, budget] of rows) {
  const verdict = bytes > budget * KB ? 'OVER' : 'ok';
  if (verdict === 'OVER') over += 1;
  console.log(`${name.padEnd(32)} ${(bytes / KB).toFixed(1).padStart(7)} KB of ${String(budget).padStart(4)} KB  ${verdict}`);
}

// The gateway serves the Brotli forms made by the build, which must have the same content.
for (const file of [...scripts(everything), ...styles(everything)]) {
  const content = readFileSync(new URL(file, dist));
  const packed = new URL(`${file}.br`, dist);
  if (content.length > 1000 && !(existsSync(packed) && brotliDecompressSync(readFileSync(packed)).equals(content))) {
    console.log(`${file} has no equal form in Brotli`);
    over += 1;
  }
}

const graphiql = closure([chunk('graphiql.html')]);
console.log(`GraphiQL, a page of its own      ${(total(scripts(graphiql)) / KB).toFixed(1).padStart(7)} KB, no budget`);
process.exit(over > 0 ? 1 : 0);
