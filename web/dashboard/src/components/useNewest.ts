import { type RefObject, useLayoutEffect, useRef } from 'react';

/** The value of the latest render, for callbacks that outlive the render in which they were made. */
export function useNewest<Value>(value: Value): RefObject<Value> {
  const newest = useRef(value);
  useLayoutEffect(() => {
    newest.current = value;
  }, [value]);
  return newest;
}
