import { type ReactNode, useMemo, useState } from 'react';
import { JsonTree } from '../../../../json/json-tree.tsx';
import { parseJson } from '../../../../json/json-node.ts';
import { CopyButton } from '../../../../parts/copy-button.tsx';
import { Icon } from '../../../../parts/icon.tsx';
import type { TailRecord } from '../../../../tail/tail-record.ts';
import { bytes, count } from '../../../../text.ts';
import { RecordWay } from './record-way.tsx';
import type { SidePaneProps } from './side-pane.tsx';

/** Of a longer record, so much is shown; copying takes all. */
const shownCharactersMax = 200_000;

/** One record: as a tree, as it was sent, and its way as far as it is known. */
export function RecordDetail({
  record,
  onClose,
  ...rest
}: SidePaneProps & { readonly record: TailRecord }): ReactNode {
  const root = useMemo(
    () => (record.form === undefined ? parseJson(record.text) : undefined),
    [record],
  );
  const [wanted, setWanted] = useState<'tree' | 'raw'>('tree');
  const shown = root === undefined ? 'raw' : wanted;
  return (
    <div className="explore-record">
      <div className="explore-tabs" role="group" aria-label="How to show the record">
        {(['tree', 'raw'] as const).map((how) => (
          <button
            key={how}
            type="button"
            className="button plain"
            aria-pressed={shown === how}
            disabled={how === 'tree' && root === undefined}
            onClick={() => setWanted(how)}
          >
            {how === 'tree' ? 'Tree' : 'Raw'}
          </button>
        ))}
        <CopyButton text={record.text} label="Copy record" />
        <button
          type="button"
          className="button plain end"
          aria-label="Close the record"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      {shown === 'tree' && root !== undefined ? (
        <JsonTree root={root} label="The record" />
      ) : (
        <Raw record={record} />
      )}
      <RecordWay {...rest} record={record} />
    </div>
  );
}

function Raw({ record: { text, form } }: { readonly record: TailRecord }): ReactNode {
  if (form === 'nothing') {
    return <p className="explore-hint quiet">It holds nothing: a tombstone.</p>;
  }
  return (
    <div className="explore-raw" role="region" aria-label="The record as it was sent" tabIndex={0}>
      {form === 'base64' && (
        <p className="quiet">
          {bytes(Math.floor((text.length * 3) / 4))} that are no text, written in base64
        </p>
      )}
      <pre>{text.slice(0, shownCharactersMax)}</pre>
      {text.length > shownCharactersMax && (
        <p className="quiet">
          The first {count(shownCharactersMax)} of {count(text.length)} characters; Copy record
          takes all.
        </p>
      )}
    </div>
  );
}
