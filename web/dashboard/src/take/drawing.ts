// A part of the page as SVG, drawn from what the browser has laid out: grounds, lines, texts, pictures, and charts as they
// are. Colours are those that the tokens come to at that moment, so that the drawing looks alike wherever it is opened.

import { solid } from './colours';
import { assignLines } from './lines';

const SVG = 'http://www.w3.org/2000/svg';
/** What is for hands and screen readers, and says nothing on paper. */
const LEFT_OUT = '.visually-hidden, .chart-readout, input, select, [data-take="no"]';
/** Whatever a stylesheet can say of a shape. */
const SHAPE = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'opacity', 'text-anchor', 'font-size', 'font-weight'] as const;

export function make(name: string, attributes: Readonly<Record<string, string | number>> = {}): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value);
  return element;
}

interface Drawing {
  readonly origin: DOMRect;
  /** Pictures as data, by their addresses. */
  readonly pictures: ReadonlyMap<string, string>;
  nClips: number;
}

/** The inside of an element, from its upper left corner. */
export async function drawn(root: Element): Promise<SVGElement> {
  const group = make('g');
  const drawing: Drawing = { origin: root.getBoundingClientRect(), pictures: await picturesIn(root), nClips: 0 };
  draw(root, clipped(drawing.origin, group, drawing), drawing);
  return group;
}

function draw(element: Element, into: SVGElement, drawing: Drawing): void {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden' || element.matches(LEFT_OUT)) return;
  const box = element.getBoundingClientRect();
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
  const [right, bottom] = [at.x + at.width, at.y + at.height];
  const sides = [
    ['Top', at.x, at.y, right, at.y],
    ['Right', right, at.y, right, bottom],
    ['Bottom', at.x, bottom, right, bottom],
    ['Left', at.x, at.y, at.x, bottom],
  ] as const;
  for (const [side, x1, y1, x2, y2] of sides) {
    const width = Number.parseFloat(style[`border${side}Width`]) || 0;
    const stroke = width > 0 && style[`border${side}Style`] !== 'none' ? solid(style[`border${side}Color`]) : null;
    if (stroke !== null) into.append(make('line', { x1, y1, x2, y2, stroke, 'stroke-width': width }));
  }
}

function texts(node: Text, parent: Element, style: CSSStyleDeclaration, into: SVGElement, drawing: Drawing): void {
  const fill = solid(style.color);
  if (fill === null || node.data.trim() === '') return;
  for (const { text, left, baseline } of assignLines(node, parent, style)) {
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

/** A chart with what its stylesheet says written into it. */
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
      // A pattern is named by an address of this page; the attribute that is there names it rightly.
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
        // A picture of another host that lets nobody read it: its place stays empty.
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
