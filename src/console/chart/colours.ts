import { useEffect, useState } from 'react';

/** A token's colour as a canvas takes it, in the theme that `element` is in. */
export function canvasColour(element: HTMLElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Colours of series, apart also to whoever sees red and green as one. */
export function seriesColours(element: HTMLElement): readonly string[] {
  return seriesTokens.map((token) => canvasColour(element, token));
}

/** Another number whenever the theme is another: what is drawn must be drawn again. */
export function useThemeChange(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const onChange = (): void => setCount((before) => before + 1);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    const observer = new MutationObserver(onChange);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    scheme.addEventListener('change', onChange);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', onChange);
    };
  }, []);
  return count;
}

const seriesTokens = Array.from({ length: 8 }, (_, index) => `--series-${index + 1}`);
