import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HeliosProcess } from '../../process/helios-process.ts';
import type { Folders } from '../workload.ts';

/** Where a pipeline finds its stream. */
export type StreamPlace = {
  readonly kind: 'kafka' | 'kinesis';
  /** Of the connection. */
  readonly options: Readonly<Record<string, string>>;
  /** The topic, or the stream. */
  readonly name: string;
};

export const pipelineName = 'streamed';
export const tableName = 'everything';

/** Emulators take any. */
export const environment = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/**
 * One pipeline from the stream to a Delta table with the place of each record, and to a file, whose
 * lines are in the order in which records were worked on. `isTableOnly`: without that file, which
 * two processes may write to at once.
 */
export async function createPipeline(
  helios: HeliosProcess,
  folders: Folders,
  { place, isTableOnly = false }: { readonly place: StreamPlace; readonly isTableOnly?: boolean },
): Promise<void> {
  mkdirSync(folders.tables, { recursive: true });
  const { kind, options } = place;
  await helios.call('POST', '/api/v1/connections', { name: 'peer', kind, options });
  const table = `CREATE TABLE ${tableName} WITH (connector = 'delta', format = 'parquet',
      path = 'file://${join(folders.tables, tableName)}', type = 'sink',
      'rolling_policy.interval' = interval '250 milliseconds');
    INSERT INTO ${tableName} SELECT id, key, part, place FROM events;`;
  const copy = `CREATE TABLE copy WITH (connector = 'single_file', format = 'json', type = 'sink',
      path = '${join(folders.tables, 'copy.ndjson')}');
    INSERT INTO copy SELECT id, key, part, place FROM events;`;
  const sql = `${sourceOf(place)} ${table} ${isTableOnly ? '' : copy}`;
  await helios.call('POST', '/api/v1/pipelines', { name: pipelineName, sql });
}

function sourceOf({ kind, name }: StreamPlace): string {
  const columns = 'id BIGINT NOT NULL, key TEXT NOT NULL, text TEXT';
  const common = `type = 'source', format = 'json', connection_profile = 'peer',
    'source.offset' = 'earliest'`;
  return kind === 'kafka'
    ? `CREATE TABLE events (${columns}, part INT METADATA FROM 'partition',
        place BIGINT METADATA FROM 'offset_id')
       WITH (connector = 'kafka', topic = '${name}', ${common});`
    : `CREATE TABLE events (${columns}, part TEXT METADATA FROM 'shard_id',
        place TEXT METADATA FROM 'sequence_number')
       WITH (connector = 'kinesis', stream_name = '${name}', ${common});`;
}
