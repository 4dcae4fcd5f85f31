import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { TableListAnswer } from '../../server/api.ts';
import type { SavedQueryListAnswer } from '../../server/library/library-api.ts';
import { request } from '../api/request.ts';
import { go } from '../place.ts';
import { pages } from './pages.tsx';
import './palette.css';

type Target = { readonly label: string; readonly kind: string; readonly href: string };

const shownMax = 12;

/** Ctrl+K: goes to any page, table or saved query by a few letters of its name. */
export function Palette({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} className="palette" aria-label="Search or jump to" onClose={onClose}>
      {isOpen && <Search onDone={onClose} />}
    </dialog>
  );
}

function Search({ onDone }: { readonly onDone: () => void }): ReactNode {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const targets = useTargets();
  const found = matching(targets, text).slice(0, shownMax);
  const take = (target: Target | undefined): void => {
    if (target === undefined) return;
    go(target.href);
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') take(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] === undefined ? undefined : `palette-${at}`}
        aria-label="Name of a page, a table or a saved query"
        placeholder="Search or jump to…"
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" className="palette-list" role="listbox" aria-label="Found">
        {found.map((target, index) => (
          <li
            key={target.href}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => take(target)}
          >
            {target.label}
            <span className="quiet">{target.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="palette-none quiet">Nothing is called that.</p>}
    </>
  );
}

function useTargets(): readonly Target[] {
  const [listed, setListed] = useState<readonly Target[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const tables = request<TableListAnswer>('/api/v1/tables', { signal }).then(tableTargets);
    const queries = request<SavedQueryListAnswer>('/api/v1/library/queries', { signal });
    void Promise.allSettled([tables, queries.then(queryTargets)]).then((found) => {
      if (signal.aborted) return;
      // Pages can be gone to without; the page says why the server does not answer.
      setListed(found.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
    });
    return () => stop.abort();
  }, []);
  const own = pages.map(({ name, title }) => ({ label: title, kind: 'page', href: `/${name}` }));
  return [...own, ...listed];
}

function tableTargets({ tables }: TableListAnswer): readonly Target[] {
  return tables.map(({ name }) => ({
    label: name,
    kind: 'table',
    href: `/tables/${encodeURIComponent(name)}`,
  }));
}

function queryTargets({ queries }: SavedQueryListAnswer): readonly Target[] {
  return queries.map(({ path }) => ({
    label: path,
    kind: 'saved query',
    href: `/sql?${new URLSearchParams({ saved: path }).toString()}`,
  }));
}

/** All letters in their order, the closest together first. */
function matching(targets: readonly Target[], text: string): readonly Target[] {
  const wanted = text.toLowerCase().replaceAll(' ', '');
  return targets
    .flatMap((target) => {
      const spread = spreadOf(target.label.toLowerCase(), wanted);
      return spread === undefined ? [] : [{ target, spread }];
    })
    .toSorted((one, other) => one.spread - other.spread)
    .map(({ target }) => target);
}

function spreadOf(label: string, wanted: string): number | undefined {
  let at = -1;
  let spread = 0;
  for (const letter of wanted) {
    const next = label.indexOf(letter, at + 1);
    if (next === -1) return undefined;
    spread += next - at - 1;
    at = next;
  }
  return spread;
}
