// A picture of a panel for a report: title, days and filter on top, then its content, and its source at the bottom.

import { t } from '../language';
import { aboutLines, sourceLine, type Taken, totalLines } from './about';
import { solid } from './colours';
import { drawn, make } from './drawing';

const MARGIN = 20;
const TITLE = 17;
const SMALL = 12;
const LEADING = 1.45;
/** The least width of the content, which the words around it need. */
const NARROWEST = 560;
/** Content that shows the bounds of its numbers, or says that they are exact. */
const BOUNDS = '.trend-band, .bar-whisker, .interval, .bounds, .card-bounds, .grid, .compare-numbers';
/** The width of a letter relative to its height in system fonts, on the safe side. */
const LETTER = 0.56;
/** Pixels of a PNG for each CSS pixel, for sharp screens. */
const PIXELS = 2;

export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** The body of a panel, framed by its title and source. */
export async function pictureOf(body: Element, taken: Taken): Promise<Picture> {
  const inside = body.getBoundingClientRect();
  const { content, ...drawnSize } = await drawn(body);
  const width = Math.ceil(Math.max(drawnSize.width, NARROWEST)) + 2 * MARGIN;
  const style = getComputedStyle(body);
  const ink = solid(style.color) ?? 'black';
  const svg = make('svg', { xmlns: 'http://www.w3.org/2000/svg', width, 'font-family': style.fontFamily });
  svg.append(make('rect', { width: '100%', height: '100%', fill: surfaceOf(body) }));
  const title = make('title');
  title.textContent = taken.title;
  svg.prepend(title);

  let y = MARGIN;
  const write = (text: string, size: number, weight: string, opacity: number) => {
    for (const line of wrapped(text, (width - 2 * MARGIN) / (size * LETTER))) {
      const element = make('text', { x: MARGIN, y: y + size, fill: ink, opacity, 'font-size': `${size}px`, 'font-weight': weight });
      element.textContent = line;
      svg.append(element);
      y += size * LEADING;
    }
  };
  write(taken.title, TITLE, '600', 1);
  for (const line of [...aboutLines(taken), ...rowsLine(body, inside), ...(body.querySelector(BOUNDS) === null ? totalLines(taken) : [])]) write(line, SMALL, '400', 0.75);
  y += MARGIN / 2;
  content.setAttribute('transform', `translate(${MARGIN} ${y})`);
  svg.append(content);
  y += drawnSize.height + MARGIN / 2;
  write(sourceLine(taken), SMALL - 1, '400', 0.75);
  const height = Math.ceil(y + MARGIN / 2);
  svg.setAttribute('height', String(height));
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return { svg: new XMLSerializer().serializeToString(svg), width, height };
}

/** How many rows of a scrolling table are in the picture. */
function rowsLine(body: Element, inside: DOMRect): string[] {
  const table = body.querySelector('[role="grid"]');
  const rows = [...(table?.querySelectorAll('[aria-rowindex] [role="rowheader"]') ?? [])].map((head) => head.getBoundingClientRect());
  // The head and the foot of the table count as rows, too.
  const count = Number(table?.getAttribute('aria-rowcount') ?? 0) - 2;
  const nDrawn = rows.filter(({ top, bottom }) => top >= inside.top && bottom <= inside.bottom).length;
  return table !== null && nDrawn < count ? [t('take.rowsShown', { shown: nDrawn, all: count })] : [];
}

/** The background colour of the panel. */
function surfaceOf(element: Element): string {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const colour = solid(getComputedStyle(at).backgroundColor);
    if (colour !== null) return colour;
  }
  return 'white';
}

/** Lines of at most so many letters, broken between words. */
export function wrapped(text: string, nLetters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < nLetters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The picture as a data URL, which the content security policy allows for images. */
export function addressOf({ svg }: Picture): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

export async function asPng(picture: Picture): Promise<Blob> {
  const image = new Image();
  image.src = addressOf(picture);
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = picture.width * PIXELS;
  canvas.height = picture.height * PIXELS;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error(t('take.tooLarge'));
  return blob;
}
