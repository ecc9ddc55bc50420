import { type RefObject, useLayoutEffect, useRef } from 'react';

/** The value of the newest render, for callbacks that outlive the render they were made in. */
export function useNewest<Value>(value: Value): RefObject<Value> {
  const newest = useRef(value);
  useLayoutEffect(() => {
    newest.current = value;
  }, [value]);
  return newest;
}
