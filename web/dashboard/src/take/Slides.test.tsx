import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { mockGateway, renderAt } from '../testing/gateway';

beforeEach(() => {
  // jsdom lays out no text.
  Range.prototype.getBoundingClientRect ??= () => new DOMRect(0, 0, 10, 10);
});

it('shows the panels of the page one by one, from the one whose menu was open', async () => {
  const user = userEvent.setup();
  renderAt('/', mockGateway());
  await user.click(await screen.findByText('Export: Viewers by Asset'));
  const menu = await screen.findByRole('dialog', { name: 'Export: Viewers by Asset' });
  await user.click(await within(menu).findByRole('button', { name: 'Show as slides' }));
  const slides = await screen.findByRole('dialog', { name: 'Slides' });
  await waitFor(() => expect(within(slides).getByRole('status').textContent).toBe('3 of 4'));
  const names = () => [...slides.querySelectorAll('img')].map((image) => [image.alt.split('.')[0], image.className]);
  expect(names()).toEqual([
    ['Totals', 'slide slide-off'],
    ['Viewers by day', 'slide slide-off'],
    ['Viewers by Asset', 'slide'],
    ['Measures by Asset', 'slide slide-off'],
  ]);
  await user.click(within(slides).getByRole('button', { name: 'Next' }));
  expect(within(slides).getByRole('status').textContent).toBe('4 of 4');
  await user.keyboard('{ArrowRight}{Home}');
  expect(within(slides).getByRole('status').textContent).toBe('1 of 4');
  await user.click(within(slides).getByRole('button', { name: 'Close' }));
  await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Slides' })).toBeNull());
});
