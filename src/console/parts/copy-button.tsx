import { type ReactNode, useEffect, useState } from 'react';
import { after } from '../clock.ts';
import { Icon } from './icon.tsx';

const saidMs = 2000;

/** Takes a text along that is not shown, or shown in pieces. */
export function CopyButton({
  text,
  label,
}: {
  readonly text: string;
  /** `Copy path` */
  readonly label: string;
}): ReactNode {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  useEffect(
    () => (state === 'ready' ? undefined : after(saidMs, () => setState('ready'))),
    [state],
  );
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  };
  return (
    <button type="button" className="button plain" onClick={copy}>
      <Icon name={state === 'copied' ? 'check' : 'copy'} />
      <span aria-live="polite">{words[state] ?? label}</span>
    </button>
  );
}

const words: Readonly<Record<string, string>> = {
  copied: 'Copied',
  refused: 'The browser refused',
};
