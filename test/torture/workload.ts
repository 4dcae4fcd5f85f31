import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unreachable } from '../../src/base/assert.ts';
import type { HeliosProcess } from '../process/helios-process.ts';
import type { Entry } from './ledger.ts';

/** Where a run keeps everything. */
export type Folders = {
  readonly base: string;
  readonly data: string;
  readonly tables: string;
  readonly ledgers: string;
};

export function makeFolders(base: string): Folders {
  const folders = {
    base,
    data: join(base, 'data'),
    tables: join(base, 'tables'),
    ledgers: join(base, 'ledgers'),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  return folders;
}

export const stream = 'torture';
/** A window's length, and what clocks may differ in. */
const windowMs = 1_100;
/** Ids of the events in the file; those of producers lie above. */
const fileIdStart = 1;
export const producerIdStart = 10_000_000;

/** Four pipelines on one stream, three with two tables each; a fifth reads a file. */
export const pipelineNames = ['tables', 'raw', 'copy', 'states', 'from_file'] as const;
export type PipelineName = (typeof pipelineNames)[number];

export async function createPipeline(
  helios: HeliosProcess,
  folders: Folders,
  name: PipelineName,
): Promise<void> {
  await helios.call('POST', '/api/v1/pipelines', { name, sql: scriptOf(name, folders) });
}

/** Writes the file that the fifth pipeline reads. */
export function makeFile(folders: Folders, eventCount: number): void {
  writeFileSync(join(folders.base, 'events.ndjson'), fileEvents(eventCount).join(''));
}

/** Of the event that closes the windows of all others. */
const closingId = 9_000_000_000_000;

/** What the ledger has of it. */
export const closingEntry: Entry = {
  request: { number: 0, key: undefined, goodIds: [closingId], badIds: [] },
  isAcknowledged: true,
};

/** Sends it, later than any window of the others lasts. */
export async function closeWindows(url: string): Promise<void> {
  await sleep(windowMs);
  const response = await fetch(`${url}/ingest/${stream}`, {
    method: 'POST',
    body: JSON.stringify({ id: closingId, producer: 'closing' }),
  });
  if (!response.ok) throw new Error(`The last event: ${response.status} ${await response.text()}`);
}

/** The ledger's entry that so many events of `fileEvents` amount to. */
export function fileEntry(eventCount: number): Entry {
  const goodIds = Array.from({ length: eventCount }, (_, index) => fileIdStart + index);
  return {
    request: { number: 0, key: undefined, goodIds, badIds: [] },
    isAcknowledged: true,
  };
}

/** Lines, each with its end. */
export function fileEvents(eventCount: number): readonly string[] {
  return fileEntry(eventCount).request.goodIds.map(
    (id) => `{"id":${id},"producer":"file","text":"event ${id} of the file"}\n`,
  );
}

function scriptOf(name: PipelineName, folders: Folders): string {
  const columns = 'id BIGINT NOT NULL, producer TEXT NOT NULL, "at" TIMESTAMP, text TEXT';
  const http = `connector = 'http', stream = '${stream}', format = 'json', type = 'source'`;
  const delta = (table: string, more = '') =>
    `CREATE TABLE ${table} WITH (connector = 'delta', path = 'file://${folders.tables}/${table}',
       format = 'parquet', type = 'sink',
       'rolling_policy.interval' = interval '250 milliseconds'${more})`;
  const files = (table: string, more: string) =>
    `CREATE TABLE ${table} WITH (connector = 'filesystem', path = '${folders.tables}/${table}',
       type = 'sink', 'rolling_policy.interval' = interval '250 milliseconds', ${more})`;
  switch (name) {
    case 'tables':
      return `CREATE TABLE events (${columns}) WITH (${http});
        ${delta('everything')};
        ${delta('even', ", partition_fields = 'producer'")};
        INSERT INTO everything SELECT * FROM events;
        INSERT INTO even SELECT id, producer FROM events WHERE id % 2 = 0;`;
    case 'raw':
      return `CREATE TABLE events (${columns}) WITH (${http});
        ${files('raw_lines', "format = 'json', json.compression = 'gzip', partition_fields = 'producer'")};
        ${files('raw_parquet', "format = 'parquet'")};
        INSERT INTO raw_lines SELECT id, producer FROM events;
        INSERT INTO raw_parquet SELECT id FROM events WHERE id % 2 = 1;`;
    case 'copy':
      return `CREATE TABLE events (${columns}) WITH (${http});
        CREATE TABLE copy WITH (connector = 'single_file', path = '${folders.tables}/copy.ndjson',
          format = 'json', type = 'sink');
        INSERT INTO copy SELECT id FROM events;`;
    case 'states':
      return `CREATE TABLE events (${columns}) WITH (${http});
        ${delta('batches')};
        ${delta('seconds')};
        INSERT INTO batches SELECT id // 100 AS batch, count(*) AS n, list(id) AS ids
          FROM events GROUP BY 1;
        INSERT INTO seconds SELECT producer, ids FROM (
          SELECT tumble(INTERVAL '1 second') AS second, producer, list(id) AS ids
          FROM events GROUP BY 1, 2);`;
    case 'from_file':
      return `CREATE TABLE events (${columns}) WITH (connector = 'single_file',
          path = '${folders.base}/events.ndjson', format = 'json', type = 'source');
        ${delta('filed')};
        INSERT INTO filed SELECT id, text FROM events;`;
    default:
      return unreachable(name);
  }
}
