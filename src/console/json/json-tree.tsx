import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { CopyButton } from '../parts/copy-button.tsx';
import { Icon } from '../parts/icon.tsx';
import { count } from '../text.ts';
import type { JsonNode } from './json-node.ts';
import { jsonText, scalarText } from './json-text.ts';
import { siblingsMax, type TreeRow } from './tree-rows.ts';
import { useJsonTree } from './use-json-tree.ts';
import './json-tree.css';

/** Of a long text, so much is in the tree; copying takes all. */
const shownCharactersMax = 2000;

/** A document as a tree, to be walked with the arrow keys; its numbers as they were written. */
export function JsonTree({
  root,
  label,
}: {
  readonly root: JsonNode;
  readonly label: string;
}): ReactNode {
  const { rows, current, choose, toggle, onKey } = useJsonTree(root);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!list.current?.contains(document.activeElement)) return;
    document.getElementById(`${id}${current?.path}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, current?.path]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (onKey(event.key)) event.preventDefault();
  };
  return (
    <div className="json">
      <div
        ref={list}
        role="tree"
        aria-label={label}
        className="json-rows"
        tabIndex={0}
        aria-activedescendant={current && `${id}${current.path}`}
        onKeyDown={onKeyDown}
      >
        {rows.map((row) => (
          <Row
            key={row.path + row.place}
            id={`${id}${row.path}`}
            row={row}
            isCurrent={row === current}
            onChoose={() => (row.isOpen === undefined ? choose(row.path) : toggle(row.path))}
          />
        ))}
      </div>
      {current !== undefined && <Chosen row={current} />}
    </div>
  );
}

function Row({
  id,
  row,
  isCurrent,
  onChoose,
}: {
  readonly id: string;
  readonly row: TreeRow;
  readonly isCurrent: boolean;
  readonly onChoose: () => void;
}): ReactNode {
  const text = scalarText(row.node).slice(0, shownCharactersMax);
  const isLast = row.place === siblingsMax && row.siblingCount > siblingsMax;
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={row.level}
      aria-posinset={row.place}
      aria-setsize={row.siblingCount}
      aria-selected={isCurrent}
      aria-expanded={row.isOpen}
      className="json-row"
      style={{ paddingLeft: `${(row.level - 1) * 14}px` }}
      onClick={onChoose}
    >
      <span className="json-mark">
        {row.isOpen !== undefined && <Icon name={row.isOpen ? 'down' : 'right'} />}
      </span>
      <span className="json-name">{row.name === '' ? '' : `${row.name}:`}</span>
      <span className={`json-value ${row.node.kind}`}>{quoted(row.node, text)}</span>
      {isLast && (
        <span className="quiet">
          and {count(row.siblingCount - siblingsMax)} more, which the raw text has
        </span>
      )}
    </div>
  );
}

function Chosen({ row }: { readonly row: TreeRow }): ReactNode {
  const isWhole = row.node.kind === 'object' || row.node.kind === 'array';
  const value = isWhole ? jsonText(row.node) : scalarText(row.node);
  return (
    <div className="json-chosen">
      <code title={row.path}>{row.path}</code>
      <CopyButton text={value} label="Copy value" />
      <CopyButton text={row.path} label="Copy path" />
    </div>
  );
}

function quoted(node: JsonNode, text: string): string {
  if (node.kind !== 'string') return text;
  return node.text.length > text.length
    ? `"${text}… (${count(node.text.length)} characters)`
    : `"${text}"`;
}
