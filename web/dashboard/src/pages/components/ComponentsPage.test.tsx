import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { mockGateway, renderAt } from '../../testing/gateway';

test('the page of components shows each of them in its states', async () => {
  renderAt('/dev/components', mockGateway());
  for (const name of ['Colours', 'Buttons', 'Numbers', 'Kinds of outliers', 'loading', 'ready', 'updating', 'failed', 'failed, and kept']) {
    expect(await screen.findByRole('region', { name })).toBeTruthy();
  }
  expect(screen.getAllByRole('button', { name: 'Disabled' })).toHaveLength(3);
  expect(screen.getAllByText(/^The query service is not available at the moment\./)).toHaveLength(2);
});
