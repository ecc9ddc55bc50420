// The shortcuts of every page, off in text fields: Ctrl K finds, ? opens Help, / adds a filter, g and a letter goes to a page.

import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useSession } from '../api/session';
import { pagesOf } from './pages';
import { useNewest } from './useNewest';

/** How soon the letter has to follow. */
const SECOND_KEY_MS = 1_200;

export function useKeys(find: () => void): void {
  const navigate = useNavigate();
  const { dataset } = useSession();
  const newest = useNewest({ find, navigate, dataset });
  useEffect(() => {
    let goUntil = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        newest.current.find();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = event.timeStamp < goUntil ? pagesOf(newest.current.dataset).find(({ letter }) => letter === event.key) : undefined;
      goUntil = event.key === 'g' ? event.timeStamp + SECOND_KEY_MS : 0;
      if (page !== undefined) {
        event.preventDefault();
        void newest.current.navigate({ to: page.to, search: {} });
      } else if (event.key === '?') {
        event.preventDefault();
        void newest.current.navigate({ to: '/help' });
      } else if (event.key === '/') {
        const add = document.querySelector<HTMLButtonElement>('[data-key="/"]');
        if (add) event.preventDefault();
        add?.click();
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [newest]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], [role="dialog"], dialog') !== null;
}
