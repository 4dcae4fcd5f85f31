import type { ReactNode } from 'react';
import { PipelineState } from '../../../parts/pipeline-state.tsx';
import { Link } from '../../../link.tsx';
import { bytes, count, duration } from '../../../text.ts';
import type { StreamReader } from '../stream-readers.ts';

/** The pipelines that read a stream: how they are, how far behind, what they refused. */
export function Readers({ readers }: { readonly readers: readonly StreamReader[] }): ReactNode {
  return readers.map(({ pipeline, source }) => (
    <span key={`${pipeline.name} ${source.name}`} className="streams-reader">
      <Link href={`/pipelines/${encodeURIComponent(pipeline.name)}`}>{pipeline.name}</Link>{' '}
      <PipelineState state={pipeline.state} />
      {lagText(source) !== undefined && <span className="quiet">{lagText(source)}</span>}
      {pipeline.records_rejected > 0 && (
        <Link href="/quarantine" className="chip rejected">
          {count(pipeline.records_rejected)} rejected
        </Link>
      )}
    </span>
  ));
}

function lagText({
  lag_ms: lagMs,
  lag_records: records,
  bytes_behind: behind,
}: StreamReader['source']): string | undefined {
  if (lagMs !== undefined) return `${duration(lagMs)} behind`;
  if (records !== undefined) return `${count(records)} records behind`;
  return behind === undefined ? undefined : `${bytes(behind)} behind`;
}
