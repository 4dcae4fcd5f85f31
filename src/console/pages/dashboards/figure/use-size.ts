import { type RefObject, useEffect, useRef, useState } from 'react';

/** An element, and how large it is now. */
export function useSize<E extends Element>(): {
  readonly element: RefObject<E | null>;
  readonly width: number;
  readonly height: number;
} {
  const element = useRef<E>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      setSize({ width: Math.floor(width), height: Math.floor(height) });
    });
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, ...size };
}
