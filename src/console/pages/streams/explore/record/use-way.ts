import { useEffect, useState } from 'react';
import type { ErrorBody, PipelineAnswer } from '../../../../../server/api.ts';
import { errorBodyOf, request } from '../../../../api/request.ts';
import { ask } from '../../../../api/rows.ts';
import type { Beside, TailRecord } from '../../../../tail/tail-record.ts';
import { streamPath } from '../../stream-place.ts';
import type { StreamReader } from '../../stream-readers.ts';
import type { Explored } from '../use-explorer.ts';
import { lookedRecords } from '../look/looked-records.ts';
import { lookAt } from '../look/use-look.ts';
import { partitionNames, passageKind } from './passage-kind.ts';

/** What is found out about one record; what isn't known yet, or can't be, is undefined. */
export type Way = {
  /** RFC 3339: when it was taken in. */
  readonly arrivedAt?: string | undefined;
  readonly beside?: Beside | undefined;
  /** Why what stands beside it could not be looked up. */
  readonly error?: ErrorBody | undefined;
  readonly passages: readonly Passage[];
};

/** What became of a record in a pipeline. */
export type Passage = {
  readonly pipeline: string;
  readonly outcome:
    | { readonly kind: 'read' | 'ahead' | 'unknown' }
    | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
    | { readonly kind: 'failed'; readonly error: ErrorBody };
};

/** Asks for what surrounds a record, and for what its readers did with it. */
export function useWay(
  record: TailRecord,
  { explored, readers }: { readonly explored: Explored; readonly readers: readonly StreamReader[] },
): Way {
  const [found, setFound] = useState<{ record: TailRecord; way: Way }>();
  const { name, connection } = explored;
  const path = streamPath(name, connection);
  const readerKey = readers.map(({ pipeline, source }) => `${pipeline.name} ${source.name}`).join();
  useEffect(() => {
    const stop = new AbortController();
    const find = async (): Promise<void> => {
      const [place, passages] = await Promise.all([
        placeOf(record, { path, signal: stop.signal }).catch((thrown: unknown) => ({
          error: errorBodyOf(thrown),
        })),
        Promise.all(
          readers.map(
            async (reader) => await passageOrWhyNot({ record, name }, reader, stop.signal),
          ),
        ),
      ]);
      if (!stop.signal.aborted) setFound({ record, way: { ...place, passages } });
    };
    void find();
    return () => stop.abort();
    // The readers are told each second; what they are is in the key.
  }, [record, path, readerKey]);
  if (found?.record === record) return found.way;
  return { ...besideOf(record), passages: [] };
}

function besideOf(record: TailRecord): Pick<Way, 'arrivedAt' | 'beside'> {
  if (record.beside === undefined) return {};
  return { arrivedAt: record.time === '' ? undefined : record.time, beside: record.beside };
}

type Asking = { readonly path: string; readonly signal: AbortSignal };

/** A tail tells no time and no key: the record is looked up, unless it is another there. */
async function placeOf(
  record: TailRecord,
  { path, signal }: Asking,
): Promise<Pick<Way, 'arrivedAt' | 'beside'>> {
  const { partition, position, beside, text } = record;
  if (beside !== undefined || position === undefined) return besideOf(record);
  const answer = await lookAt(path, { from: `${partition}:${position}`, count: 1, signal });
  const [found] = lookedRecords(answer);
  if (found?.position !== position || found.text !== text) return {};
  return { arrivedAt: found.time, beside: found.beside };
}

type Placed = { readonly record: TailRecord; /** Of its stream. */ readonly name: string };

async function passageOrWhyNot(
  placed: Placed,
  reader: StreamReader,
  signal: AbortSignal,
): Promise<Passage> {
  try {
    return await passageOf(placed, reader, signal);
  } catch (thrown) {
    const { name: pipeline } = reader.pipeline;
    return { pipeline, outcome: { kind: 'failed', error: errorBodyOf(thrown) } };
  }
}

async function passageOf(
  { record: { partition, position }, name: stream }: Placed,
  { pipeline: { name }, source }: StreamReader,
  signal: AbortSignal,
): Promise<Passage> {
  if (partition === undefined || position === undefined) {
    return { pipeline: name, outcome: { kind: 'unknown' } };
  }
  const names = partitionNames(partition, [stream, ...(source.reads?.names ?? [])]);
  const sql = `SELECT code, message FROM quarantine
    WHERE pipeline = $1 AND source = $2 AND position = $3 AND partition IN
      (${names.map((_, index) => `$${index + 4}`).join(', ')}) LIMIT 1`;
  const params = [name, source.name, position, ...names];
  const [details, rejected] = await Promise.all([
    request<PipelineAnswer>(`/api/v1/pipelines/${encodeURIComponent(name)}`, { signal }),
    ask({ sql, params }, signal),
  ]);
  const [row] = rejected;
  if (row !== undefined) {
    const { code, message } = row;
    return {
      pipeline: name,
      outcome: { kind: 'rejected', code: String(code), message: String(message) },
    };
  }
  const read = details.sources
    .find((one) => one.name === source.name)
    ?.partitions?.find((one) => names.includes(one.partition))?.position;
  return { pipeline: name, outcome: { kind: passageKind(source.connector, read, position) } };
}
