import { type ReactNode, useState } from 'react';
import { Icon } from './icon.tsx';

/** Text to take along, with the button that copies it. */
export function Copyable({
  text,
  what,
  children,
}: {
  readonly text: string;
  /** What it is, for who doesn't see it: "the command". */
  readonly what: string;
  /** The text as it is shown; in one colour unless given. */
  readonly children?: ReactNode;
}): ReactNode {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  };
  return (
    <div className="copyable">
      {children ?? <pre>{text}</pre>}
      <button type="button" className="button plain" onClick={copy}>
        <Icon name={state === 'copied' ? 'check' : 'copy'} />
        <span aria-live="polite">{words[state]}</span>
        <span className="visually-hidden"> {what}</span>
      </button>
    </div>
  );
}

const words = { ready: 'Copy', copied: 'Copied', refused: 'Select it' } as const;
