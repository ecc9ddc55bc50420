// A part of the page as SVG, drawn from the browser's layout: backgrounds, borders, texts, pictures, and charts as they
// are. The colour tokens are resolved, so that the drawing looks the same wherever it is opened.

import { solid } from './colours';
import { assignLines } from './lines';

const SVG = 'http://www.w3.org/2000/svg';
/** What is for interaction and screen readers, and means nothing on paper. */
const LEFT_OUT = '.visually-hidden, .chart-readout, input, select, [data-take="no"]';
/** Between the content and the edge. */
const PADDING = 12;
/** The properties that stylesheets set on shapes. */
const SHAPE = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'opacity', 'text-anchor', 'font-size', 'font-weight'] as const;

export function make(name: string, attributes: Readonly<Record<string, string | number>> = {}): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value);
  return element;
}

interface Drawing {
  readonly origin: DOMRect;
  /** Pictures as data URLs, by their addresses. */
  readonly pictures: ReadonlyMap<string, string>;
  nClips: number;
  /** How far the content reaches: texts, pictures and charts, but not backgrounds, which fill all available space. */
  right: number;
  bottom: number;
}

export interface Drawn {
  readonly content: SVGElement;
  readonly width: number;
  readonly height: number;
}

/** The inside of an element, from its upper left corner to the end of its content. */
export async function drawn(root: Element): Promise<Drawn> {
  const group = make('g');
  const origin = root.getBoundingClientRect();
  const drawing: Drawing = { origin, pictures: await picturesIn(root), nClips: 0, right: 0, bottom: 0 };
  draw(root, clipped(origin, group, drawing), drawing);
  return { content: group, width: Math.min(origin.width, drawing.right + PADDING), height: Math.min(origin.height, drawing.bottom + PADDING) };
}

function reach(drawing: Drawing, right: number, bottom: number): void {
  drawing.right = Math.max(drawing.right, right - drawing.origin.left);
  drawing.bottom = Math.max(drawing.bottom, bottom - drawing.origin.top);
}

function draw(element: Element, into: SVGElement, drawing: Drawing): void {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden' || element.matches(LEFT_OUT)) return;
  const box = element.getBoundingClientRect();
  if (element instanceof SVGSVGElement || element instanceof HTMLImageElement) reach(drawing, box.right, box.bottom);
  if (element instanceof SVGSVGElement) return into.append(chart(element, box, drawing));
  ground(style, box, into, drawing);
  if (element instanceof HTMLImageElement) {
    const data = drawing.pictures.get(element.currentSrc || element.src);
    if (data !== undefined) into.append(make('image', { ...placed(box, drawing), href: data, preserveAspectRatio: style.objectFit === 'cover' ? 'xMidYMid slice' : 'xMidYMid meet' }));
    return;
  }
  const isCut = style.overflowX !== 'visible' || style.overflowY !== 'visible';
  const inner = isCut ? clipped(box, into, drawing) : into;
  for (const child of element.childNodes) {
    if (child instanceof Element) draw(child, inner, drawing);
    else if (child instanceof Text) texts(child, element, style, inner, drawing);
  }
}

function placed(box: DOMRect, { origin }: Drawing) {
  return { x: box.left - origin.left, y: box.top - origin.top, width: box.width, height: box.height };
}

function clipped(box: DOMRect, into: SVGElement, drawing: Drawing): SVGElement {
  drawing.nClips += 1;
  const id = `clip-${drawing.nClips}`;
  const clip = make('clipPath', { id });
  clip.append(make('rect', placed(box, drawing)));
  const group = make('g', { 'clip-path': `url(#${id})` });
  into.append(clip, group);
  return group;
}

function ground(style: CSSStyleDeclaration, box: DOMRect, into: SVGElement, drawing: Drawing): void {
  const fill = solid(style.backgroundColor);
  const at = placed(box, drawing);
  if (fill !== null) into.append(make('rect', { ...at, rx: Number.parseFloat(style.borderTopLeftRadius) || 0, fill }));
  ring(style, at, into);
  const [right, bottom] = [at.x + at.width, at.y + at.height];
  const sides = [
    ['Top', at.x, at.y, right, at.y],
    ['Right', right, at.y, right, bottom],
    ['Bottom', at.x, bottom, right, bottom],
    ['Left', at.x, at.y, at.x, bottom],
  ] as const;
  let nDrawn = 0;
  for (const [side, x1, y1, x2, y2] of sides) {
    const width = Number.parseFloat(style[`border${side}Width`]) || 0;
    const stroke = width > 0 && style[`border${side}Style`] !== 'none' ? solid(style[`border${side}Color`]) : null;
    if (stroke === null) continue;
    nDrawn += 1;
    into.append(make('line', { x1, y1, x2, y2, stroke, 'stroke-width': width }));
  }
  // A frame is drawn whole.
  if (nDrawn === sides.length) reach(drawing, box.right, box.bottom);
}

/** An inner line that takes no space, which the stylesheets draw as a shadow: `<colour> 0px 0px 0px 2px inset`. */
function ring(style: CSSStyleDeclaration, { x, y, width, height }: ReturnType<typeof placed>, into: SVGElement): void {
  const [, colour = '', size = ''] = /^(.*) 0px 0px 0px ([\d.]+)px inset$/.exec(style.boxShadow) ?? [];
  const stroke = solid(colour);
  const line = Number(size);
  if (stroke === null || !(line > 0)) return;
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
  into.append(make('rect', { x: x + line / 2, y: y + line / 2, width: Math.max(0, width - line), height: Math.max(0, height - line), rx: Math.max(0, radius - line / 2), fill: 'none', stroke, 'stroke-width': line }));
}

function texts(node: Text, parent: Element, style: CSSStyleDeclaration, into: SVGElement, drawing: Drawing): void {
  const fill = solid(style.color);
  if (fill === null || node.data.trim() === '') return;
  for (const { text, left, right, baseline } of assignLines(node, parent, style)) {
    reach(drawing, right, baseline);
    const attributes = {
      x: left - drawing.origin.left,
      y: baseline - drawing.origin.top,
      fill,
      'font-size': style.fontSize,
      'font-weight': style.fontWeight,
      ...(style.direction === 'rtl' && { direction: 'rtl', 'text-anchor': 'end' }),
    };
    const line = make('text', attributes);
    line.textContent = text;
    into.append(line);
  }
}

/** A chart with the styles of its stylesheet as attributes. */
function chart(svg: SVGSVGElement, box: DOMRect, drawing: Drawing): SVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const shapes = [...svg.querySelectorAll('*')];
  const copies = [...copy.querySelectorAll('*')];
  for (const [index, shape] of shapes.entries()) {
    const style = getComputedStyle(shape);
    const target = copies[index];
    if (target === undefined) continue;
    target.removeAttribute('class');
    for (const name of SHAPE) {
      const value = style.getPropertyValue(name);
      // The computed address of a pattern is one of this page; the attribute that is there is right.
      if (value === '' || value.startsWith('url(')) continue;
      const isColour = name === 'fill' || name === 'stroke';
      target.setAttribute(name, isColour && value !== 'none' ? (solid(value) ?? 'none') : value);
    }
  }
  for (const [name, value] of Object.entries(placed(box, drawing))) copy.setAttribute(name, String(value));
  copy.removeAttribute('class');
  copy.setAttribute('overflow', 'visible');
  return copy;
}

async function picturesIn(root: Element): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const sources = new Set([...root.querySelectorAll('img')].map((image) => image.currentSrc || image.src));
  await Promise.all(
    [...sources].map(async (source) => {
      try {
        const response = await fetch(source);
        if (response.ok) found.set(source, await dataOf(await response.blob()));
      } catch {
        // Another host does not allow reading its picture, so its place stays empty.
      }
    }),
  );
  return found;
}

function dataOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result)));
    reader.addEventListener('error', () => reject(new Error('the picture cannot be read', { cause: reader.error })));
    reader.readAsDataURL(blob);
  });
}
