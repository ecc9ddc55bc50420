import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import english from '../../language/en/index';
import { mockGateway, renderAt } from '../../testing/gateway';
import { STEPS } from './steps';
import { forgetTour } from './tour';

beforeEach(() => {
  localStorage.clear();
  forgetTour();
});

const tour = async () => within(await screen.findByRole('complementary', { name: 'Tour' }));

describe('the tour', () => {
  it('is offered once, and not again to whoever declines it', async () => {
    const view = renderAt('/', mockGateway());
    await userEvent.click((await tour()).getByRole('button', { name: 'No, thanks' }));
    expect(screen.queryByRole('complementary', { name: 'Tour' })).toBeNull();
    view.unmount();
    forgetTour();
    renderAt('/', mockGateway());
    await screen.findByRole('grid');
    expect(screen.queryByRole('complementary', { name: 'Tour' })).toBeNull();
  });

  it('goes from place to place, each of which is on the page, and ends at Help', async () => {
    const { history } = renderAt('/', mockGateway());
    await screen.findAllByRole('slider');
    await userEvent.click((await tour()).getByRole('button', { name: 'Show me' }));
    for (const [index, { text, place }] of STEPS.entries()) {
      const card = await tour();
      await waitFor(() => expect(card.getByText(`${index + 1} of ${STEPS.length}`)).toBeTruthy());
      expect(screen.getByRole('complementary', { name: 'Tour' }).textContent).toContain((english.texts[text] ?? []).at(-1));
      expect(document.querySelector(place)).not.toBeNull();
      if (index < STEPS.length - 1) await userEvent.click(card.getByRole('button', { name: 'Next' }));
    }
    await userEvent.click((await tour()).getByRole('button', { name: 'Back' }));
    expect((await tour()).getByText(`${STEPS.length - 1} of ${STEPS.length}`)).toBeTruthy();
    await userEvent.click((await tour()).getByRole('button', { name: 'Next' }));
    await userEvent.click((await tour()).getByRole('link', { name: 'How to read the numbers' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'How to read the numbers' })).toBeTruthy();
    expect(history.location.pathname).toBe('/help');
    expect(localStorage.getItem('clio.toured')).toBe('1');
  });

  it('ends by Escape, and begins again from Help', async () => {
    localStorage.setItem('clio.toured', '1');
    renderAt('/help', mockGateway());
    await userEvent.click(await screen.findByRole('button', { name: 'Show the tour of Explore' }));
    expect((await tour()).getByText(`1 of ${STEPS.length}`)).toBeTruthy();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('complementary', { name: 'Tour' })).toBeNull();
  });
});

describe('the page Help', () => {
  it('is a key away, and explains each word of a verdict', async () => {
    const { history } = renderAt('/', mockGateway());
    await screen.findByRole('grid');
    await userEvent.keyboard('?');
    await waitFor(() => expect(history.location.pathname).toBe('/help'));
    const words = within(await screen.findByRole('region', { name: 'Is it really higher?' }));
    for (const word of ['higher, lower (observational)', 'probably …', 'no difference', 'within counting error', 'too little data']) expect(words.getAllByText(word).length).toBeGreaterThan(0);
    expect(screen.getByText(/2 Jan 2026: 2,260.*; noted: Premiere/)).toBeTruthy();
  });
});
