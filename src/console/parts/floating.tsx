import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import './floating.css';

/** What floats over the page beside its anchor until Escape or a click elsewhere closes it. */
export function Floating({
  anchor,
  label,
  onClose,
  children,
}: {
  /** Where what opened it is, in the window. */
  readonly anchor: DOMRect;
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: anchor.left, top: anchor.bottom + gapPx });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.showPopover();
    const { width, height } = element.getBoundingClientRect();
    const left = Math.max(gapPx, Math.min(anchor.left, window.innerWidth - width - gapPx));
    const below = anchor.bottom + gapPx;
    const isBelow = below + height <= window.innerHeight - gapPx;
    setPlace({ left, top: isBelow ? below : Math.max(gapPx, anchor.top - gapPx - height) });
  }, [anchor]);
  useEffect(() => {
    const from = document.activeElement;
    const first = box.current?.querySelector<HTMLElement>('button, input, a[href]');
    first?.focus();
    return () => {
      if (from instanceof HTMLElement) from.focus();
    };
  }, []);
  return (
    <div
      ref={box}
      className="floating"
      popover="auto"
      role="dialog"
      aria-label={label}
      style={place}
      onToggle={(event) => {
        if (event.newState === 'closed') onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      {children}
    </div>
  );
}

const gapPx = 4;

/** A button that opens a floating list of what may be done. */
export function MenuButton({
  label,
  title,
  className = 'button',
  children,
  items,
}: {
  /** For whom the button's content says too little. */
  readonly label?: string | undefined;
  readonly title: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
  readonly items: readonly MenuItem[];
}): ReactNode {
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<DOMRect>();
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="dialog"
        aria-expanded={anchor !== undefined}
        aria-label={label}
        title={label}
        onClick={() => setAnchor(button.current?.getBoundingClientRect())}
      >
        {children}
      </button>
      {anchor !== undefined && (
        <Floating anchor={anchor} label={title} onClose={() => setAnchor(undefined)}>
          <ul className="floating-items">
            {items.map(({ name, note, onChoose }) => (
              <li key={name}>
                <button
                  type="button"
                  disabled={onChoose === undefined}
                  onClick={() => {
                    setAnchor(undefined);
                    onChoose?.();
                  }}
                >
                  {name}
                  {note !== undefined && <span className="quiet">{note}</span>}
                </button>
              </li>
            ))}
          </ul>
        </Floating>
      )}
    </>
  );
}

export type MenuItem = {
  readonly name: string;
  readonly note?: string | undefined;
  /** Undefined: it can't be done now, and `note` says why. */
  readonly onChoose: (() => void) | undefined;
};
