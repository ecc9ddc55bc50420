// Names that are written from right to left do not turn what stands around them: each is isolated, or in an element that takes its own direction.

import { screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerTo, type Gateway, mockGateway, renderAt } from '../testing/gateway';

const NAME = 'מסע אל הים (2)';

let gateway: Gateway;

beforeEach(() => {
  gateway = mockGateway();
  gateway.cube = (ask) => {
    const [key] = ask.query.groupBy ?? [];
    return key === 'DAY' || key === undefined ? {} : answerTo(ask, [NAME]);
  };
  gateway.members = () => ({ members: [{ field: 'COUNTRY', value: NAME, label: NAME, media: null, nCells: 1, nCellsLeft: 1 }], total: 1 });
});

/** The elements with the name whose text would run on into that of their neighbours. */
function loose(): string[] {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    // An option of a select is drawn by the system, in its own direction; SVG has one element for each text.
    if (!node.nodeValue?.includes(NAME) || node.nodeValue.includes(`\u2068${NAME}\u2069`) || element?.closest('bdi, [dir="auto"], option, svg, .visually-hidden')) continue;
    // Alone in its element, it has no neighbour in its line.
    if (node.nodeValue === NAME && element?.childNodes.length === 1 && !/^(SPAN|A|STRONG|EM|B)$/.test(element.tagName)) continue;
    found.push(`${element?.tagName} ${element?.className}: ${node.nodeValue}`);
  }
  return found;
}

describe('a name from right to left', () => {
  it.each([
    ['in a table and in bars', '/?group=country'],
    ['in a filter', `/?country.any=${encodeURIComponent(NAME)}&group=country`],
    ['nested', '/?group=country,audience&view=nested'],
    ['as a title', `/titles/${encodeURIComponent(NAME)}`],
    ['as a piece of media', `/assets/${encodeURIComponent(NAME)}`],
    ['side by side', `/compare?by=country&sel=${encodeURIComponent(NAME)},DE`],
  ])('%s', async (_, address) => {
    renderAt(address, gateway);
    expect((await screen.findAllByText((text) => text.includes(NAME))).length).toBeGreaterThan(0);
    expect(loose()).toEqual([]);
  });
});
