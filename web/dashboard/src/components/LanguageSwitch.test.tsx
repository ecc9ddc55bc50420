import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { preferredLanguage } from '../language';
import { mockGateway, renderAt, serving } from '../testing/gateway';

beforeEach(() => localStorage.removeItem('clio-language'));

describe('the language of the page', () => {
  it('is switched at once, at the same address and snapshot, and remembered', async () => {
    const gateway = mockGateway();
    const { history, link } = renderAt('/?measures=viewers&last=never', gateway);
    await screen.findByText('“never” is not a number of days for “last”; it is a whole number such as 7.');
    await screen.findByRole('link', { name: 'Explore' });
    link.move({ status: serving(2) });
    await screen.findByText('snapshot 2');
    const asked = gateway.asks.length;

    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Language' }), '한국어');
    await screen.findByRole('link', { name: '탐색' });
    screen.getByText('스냅샷 2');
    expect(document.documentElement.lang).toBe('ko');
    // What was read from the address is said anew.
    await screen.findByText(/^“never”은\(는\) “last”에 쓸 수 있는/);
    expect(history.location.search).toContain('measures=viewers');
    // The answers that it has are shown again, not asked for again.
    expect(gateway.asks).toHaveLength(asked);
    const select = screen.getByRole('combobox', { name: '언어' });
    await waitFor(() => expect(document.activeElement).toBe(select));
    expect(preferredLanguage()).toBe('ko');

    await userEvent.selectOptions(select, 'English');
    await screen.findByRole('link', { name: 'Explore' });
    expect(preferredLanguage()).toBe('en');
  });

  it("is the first of the reader's own that there is, where none was chosen", () => {
    const of = (...languages: string[]) => {
      vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages);
      return preferredLanguage();
    };
    expect(of('ko-KR', 'en-US')).toBe('ko');
    expect(of('de-DE', 'ko', 'en')).toBe('ko');
    expect(of('de-DE', 'en-GB', 'ko')).toBe('en');
    expect(of('fr')).toBe('en');
    expect(of()).toBe('en');
  });
});
