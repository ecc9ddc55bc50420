import { createMemoryHistory } from '@tanstack/react-router';
import { beforeEach, describe, expect, it } from 'vitest';
import { trailOf } from './trail';

let history: ReturnType<typeof createMemoryHistory>;
beforeEach(() => {
  history = createMemoryHistory({ initialEntries: ['/'] });
});

const shown = () => history.location.href;

describe('a trail', () => {
  it('undoes changes that pushed an entry, and those that replaced one', () => {
    const trail = trailOf(history);
    history.push('/?last=7');
    history.replace('/?last=7&sort=viewers');
    trail.undo();
    expect(shown()).toBe('/?last=7');
    trail.undo();
    expect(shown()).toBe('/');
    trail.undo();
    expect(shown()).toBe('/');
    trail.redo();
    trail.redo();
    expect(shown()).toBe('/?last=7&sort=viewers');
    expect(trail.read()).toEqual({ past: ['/', '/?last=7'], future: [] });
  });

  it('forgets what was undone when something else is done', () => {
    const trail = trailOf(history);
    history.push('/?last=7');
    trail.undo();
    history.push('/?last=28');
    expect(trail.read()).toEqual({ past: ['/'], future: [] });
  });

  it('leaves a step in the history for the browser to go back to', () => {
    const trail = trailOf(history);
    history.push('/?last=7');
    trail.undo();
    history.back();
    expect(shown()).toBe('/?last=7');
  });

  it('starts over on another page', () => {
    const trail = trailOf(history);
    history.push('/?last=7');
    history.push('/compare');
    expect(trail.read()).toEqual({ past: [], future: [] });
  });

  it('notifies its listeners', () => {
    const trail = trailOf(history);
    let nTold = 0;
    const stop = trail.listen(() => {
      nTold += 1;
    });
    history.push('/?last=7');
    trail.undo();
    stop();
    trail.redo();
    expect(nTold).toBe(2);
  });
});
