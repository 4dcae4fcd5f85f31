import type { ReactNode } from 'react';
import { PipelineState } from '../../../parts/pipeline-state.tsx';
import { Link } from '../../../link.tsx';
import { rejectedText } from '../../../parts/rejected-text.ts';
import { bytes, count, duration } from '../../../text.ts';
import type { StreamReader } from '../stream-readers.ts';
import './streams.css';

/** The pipelines that read a stream: how they are, how far behind, what they refused. */
export function Readers({ readers }: { readonly readers: readonly StreamReader[] }): ReactNode {
  return readers.map(({ pipeline, source }) => (
    <span key={`${pipeline.name} ${source.name}`} className="streams-reader">
      <Link href={`/pipelines/${encodeURIComponent(pipeline.name)}`}>{pipeline.name}</Link>{' '}
      <PipelineState state={pipeline.state} />
      {lagText(source) !== undefined && (
        <span className="streams-lag quiet">{lagText(source)}</span>
      )}
      <RejectedChip pipeline={pipeline.name} source={source} />
    </span>
  ));
}

/** What it rejects now, or else what it has rejected in the last hour. */
function RejectedChip({
  pipeline,
  source,
}: {
  readonly pipeline: string;
  readonly source: StreamReader['source'];
}): ReactNode {
  const now = rejectedText(source.recent, 'last_5_minutes');
  const window = now.isBad ? 'last_5_minutes' : 'last_hour';
  const { short, long, isBad } = rejectedText(source.recent, window);
  if (!isBad) return null;
  return (
    <Link
      href={`/quarantine?pipeline=${encodeURIComponent(pipeline)}`}
      className="chip rejected"
      title={long}
    >
      {short} rejected in {now.isBad ? '5 min' : '1 h'}
    </Link>
  );
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
