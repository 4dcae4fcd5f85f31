import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { TailRecord } from '../../../../tail/tail-record.ts';
import type { StreamReader } from '../../stream-readers.ts';
import { columnsText, withColumn } from '../chosen-columns.ts';
import { Fields } from './fields.tsx';
import { RecordDetail } from './record-detail.tsx';
import type { Explored, Explorer } from '../use-explorer.ts';

export type SidePaneProps = {
  readonly explored: Explored;
  readonly explorer: Explorer;
  readonly readers: readonly StreamReader[];
  readonly chosen: TailRecord | undefined;
  readonly onClose: () => void;
};

/** One record, or the fields of all that are shown. */
export function SidePane(props: SidePaneProps): ReactNode {
  const { chosen, explorer } = props;
  const [side, setSide] = useState<'record' | 'fields'>('fields');
  const pane = useRef<HTMLElement>(null);
  useEffect(() => {
    setSide(chosen === undefined ? 'fields' : 'record');
    // On a narrow page it is below the list.
    if (chosen !== undefined) pane.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <aside ref={pane} className="explore-side" aria-label="Record and fields">
      <div className="explore-tabs" role="group" aria-label="What to show at the side">
        <button
          type="button"
          className="button plain"
          aria-pressed={side === 'fields'}
          onClick={() => setSide('fields')}
        >
          Fields
        </button>
        <button
          type="button"
          className="button plain"
          aria-pressed={side === 'record'}
          disabled={chosen === undefined}
          onClick={() => setSide('record')}
        >
          Record
        </button>
      </div>
      {side === 'record' && chosen !== undefined ? (
        <RecordDetail {...props} record={chosen} />
      ) : (
        <Fields
          records={explorer.records}
          columns={explorer.columns}
          onToggle={(path) =>
            explorer.change({ columns: columnsText(withColumn(explorer.columns, path)) }, 'replace')
          }
        />
      )}
    </aside>
  );
}
