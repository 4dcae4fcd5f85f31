import { type ReactNode, useEffect, useRef } from 'react';
import { Copyable } from '../parts/copyable.tsx';
import { bytes } from '../text.ts';
import { useZone } from '../time/zone.ts';
import { cellText, exactText, laidOutJson } from './values/cell-text.ts';
import { type GridColumn, zoneNote } from './values/columns.ts';
import { isCut } from './values/cut-value.ts';
import './cell-viewer.css';

/** One value whole: JSON laid out, anything else as it is. */
export function CellViewer({
  column,
  value,
  onClose,
}: {
  readonly column: GridColumn;
  readonly value: unknown;
  readonly onClose: () => void;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const text = isCut(value) ? value.helios_cut : exactText(value);
  const zone = useZone();
  const note = zoneNote(column.type, zone);
  const isLong = text !== undefined && text.length > charactersMax;
  const shown = isLong ? text.slice(0, charactersMax) : (text ?? '');
  return (
    <dialog
      ref={dialog}
      className="cell-viewer"
      aria-label={`Value of ${column.name}`}
      onClose={onClose}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current.close();
      }}
    >
      <div className="cell-viewer-body">
        <header>
          <h2>{column.name}</h2>
          <span className="quiet">{column.type}</span>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        {text !== undefined && note !== undefined && (
          <p>
            {cellText(text, column.kind, zone)} <span className="quiet">{note}.</span>
          </p>
        )}
        {text === undefined && <p className="grid-null">NULL</p>}
        {text === '' && <p className="quiet">The empty text</p>}
        {isLong && (
          <p className="notice">
            The first {bytes(charactersMax)} of {bytes(text.length)}. An export has all of it.
          </p>
        )}
        {isCut(value) && (
          <p className="notice">
            This is how it begins; it has {bytes(value.helios_bytes)}. An export has all of it.
          </p>
        )}
        {shown !== '' && <Copyable text={laidOutJson(shown) ?? shown} what="the value" />}
      </div>
    </dialog>
  );
}

/** More than that makes the page slow, and nobody reads it here. */
const charactersMax = 200_000;
