import { useEffect, useState } from 'react';
import type { ErrorBody, PreviewLine } from '../../../../server/api.ts';
import type {
  DraftAnswerDocument,
  DraftBody,
  InferAnswerDocument,
  PeekedRecordAnswer,
} from '../../../../server/discovery/discovery-answers.ts';
import { jsonLines } from '../../../api/json-lines.ts';
import { ApiError, errorBodyOf, request } from '../../../api/request.ts';
import { type Draft, nameFrom, sourceOf, tableKey } from '../draft/draft.ts';

/** Real events, and the table that was drafted for them. */
export type Sample = {
  readonly drafted: DraftAnswerDocument;
  readonly records: readonly SampleRecord[];
  /** Events that were looked at: more than `records` where these are large. */
  readonly lookedCount: number;
  /** What is to be said of the look: its cost, partitions that could not be read. */
  readonly remarks: readonly string[];
};

export type SampleRecord = Pick<PeekedRecordAnswer, 'partition' | 'position' | 'value' | 'time'>;

/** Of the stream that the draft reads: looked at once, and again when it is asked for. */
export type SampleState = {
  readonly sample: Sample | undefined;
  readonly error: ErrorBody | undefined;
  readonly isLooking: boolean;
  readonly again: () => void;
};

const sampleCount = 200;

/** Looks while `isWanted`; the samples of other streams are kept for who comes back to them. */
export function useSample(draft: Draft, isWanted: boolean): SampleState {
  const key = tableKey(draft);
  const [samples, setSamples] = useState<Readonly<Record<string, Sample>>>({});
  const [failure, setFailure] = useState<{ readonly key: string; readonly error: ErrorBody }>();
  const [round, setRound] = useState(0);
  const sample = key === undefined ? undefined : samples[key];
  const error = failure?.key === key ? failure?.error : undefined;
  const isLooking = isWanted && key !== undefined && sample === undefined && error === undefined;
  useEffect(() => {
    if (!isLooking) return undefined;
    const stop = new AbortController();
    look(draft, stop.signal).then(
      (found) => setSamples((before) => ({ ...before, [key]: found })),
      (thrown: unknown) => {
        if (!stop.signal.aborted) setFailure({ key, error: errorBodyOf(thrown) });
      },
    );
    return () => stop.abort();
    // The rest of the draft may change while it looks: the stream is what counts.
  }, [key, isLooking, round]);
  const again = (): void => {
    if (key === undefined) return;
    setFailure(undefined);
    setSamples((before) =>
      Object.fromEntries(Object.entries(before).filter(([other]) => other !== key)),
    );
    setRound((before) => before + 1);
  };
  return { sample, error, isLooking, again };
}

async function look(draft: Draft, signal: AbortSignal): Promise<Sample> {
  const source = sourceOf(draft);
  if (source === undefined) throw new Error('There is no stream to look at.');
  const table = nameFrom(source.stream);
  if (draft.kind === 'files') return await lookAtFile(source.stream, table, signal);
  const stream = encodeURIComponent(source.stream);
  const { connection } = source;
  const place = connection === undefined ? '' : `connections/${encodeURIComponent(connection)}/`;
  const body = { table, count: sampleCount, records: true };
  const answer = await request<InferAnswerDocument>(`/api/v1/${place}streams/${stream}/infer`, {
    body,
    signal,
  });
  const { sample } = answer;
  const cost = sample.cost === undefined ? [] : [`The look took ${sample.cost}.`];
  const troubles = sample.problems.map(({ partition, message }) => `${partition}: ${message}`);
  return {
    drafted: { ...answer, readable_count: sample.readable_count },
    records: sample.records ?? [],
    lookedCount: sample.record_count,
    remarks: [...cost, ...troubles],
  };
}

/** Lines as a pipeline would read them, through a preview that keeps nothing. */
async function lookAtFile(path: string, table: string, signal: AbortSignal): Promise<Sample> {
  const source = fileSource(path);
  const options = Object.entries({ ...source, format: 'raw_string' });
  const written = options.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  const sql =
    `CREATE TABLE file_lines (value TEXT) WITH (${written.join(', ')});\n` +
    "CREATE TABLE shown WITH (connector = 'delta', path = 'shown', format = 'parquet');\n" +
    'INSERT INTO shown SELECT value FROM file_lines;';
  const records: SampleRecord[] = [];
  const body = { sql, max_rows: sampleCount, input: 'history' };
  const lines = jsonLines<PreviewLine>('/api/v1/pipelines/preview', { body, signal });
  for await (const line of lines) {
    if ('error' in line) throw new ApiError(line.error, 0);
    if (line.kind !== 'rows') continue;
    for (const [value] of line.rows) {
      const position = String(records.length + 1);
      records.push({ partition: 'line', position, value: { text: String(value) } });
    }
  }
  const sent = records.map(({ partition, position, value }) => ({ partition, position, value }));
  const drafted = await request<DraftAnswerDocument>('/api/v1/pipelines/draft', {
    body: { table, source, records: sent } satisfies DraftBody,
    signal,
  });
  return { drafted, records, lookedCount: records.length, remarks: [] };
}

/** A file of this machine by itself; folders and stores by what lists them. */
function fileSource(path: string): Readonly<Record<string, string>> {
  const isFile = !path.includes('://') && /\.[a-z]+(\.(gz|zst))?$/i.test(path);
  if (isFile) return { connector: 'single_file', path };
  return { connector: 'filesystem', type: 'source', path };
}
