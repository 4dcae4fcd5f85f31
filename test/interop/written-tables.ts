import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuckdbType } from '../../src/engine/types.ts';
import type { Schema } from '../../src/event/schema.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { events, type Event } from './events.ts';
import { heliosValue, type Plain } from './plain-value.ts';

export type Rows = readonly Readonly<Record<string, Plain>>[];
export type TableName = 'wide' | 'timed';

const waitTimeoutMs = 300_000;
const dayMs = 86_400_000;
/** Helios writes a checkpoint after this many commits, and cleans up when it writes one. */
const commitsPerCheckpoint = 100;

/**
 * Two tables that Helios's own pipeline wrote from events that came over HTTP, and that it goes on
 * writing. `wide` has every type, odd partition values, a column that came later, and a log whose
 * beginning is gone; `timed` has folders by time.
 */
export class WrittenTables implements AsyncDisposable {
  readonly helios: HeliosProcess;
  readonly folder: string;
  /** Ids of all rows that are to be in `wide`, once each. */
  readonly ids: string[] = [];
  #fillerId = 1000;

  private constructor(helios: HeliosProcess, folder: string) {
    this.helios = helios;
    this.folder = folder;
  }

  static async write(): Promise<WrittenTables> {
    const folder = await mkdtemp(join(tmpdir(), 'helios-interop-'));
    for (const name of ['tables', 'trino', 'spark', 'data']) await mkdir(join(folder, name));
    const helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    const tables = new WrittenTables(helios, folder);
    try {
      await tables.#write();
    } catch (thrown) {
      await tables[Symbol.asyncDispose]();
      throw thrown;
    }
    return tables;
  }

  path(table: TableName): string {
    return join(this.folder, 'tables', table);
  }

  /** Rows as Helios's own SQL has them, and the columns' types. */
  async query(sql: string): Promise<{ readonly rows: Rows; readonly schema: Schema }> {
    const { columns, rows } = await this.helios.query(sql);
    const schema = columns.map(({ name, type }) => ({
      name,
      type: parseDuckdbType(type.replaceAll('TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE')),
    }));
    const named = rows.map((row) =>
      Object.fromEntries(
        schema.map(({ name, type }, index) => [name, heliosValue(type, row[index])]),
      ),
    );
    return { rows: named, schema };
  }

  /** Sends events, and waits until they are in committed files. */
  async send(batch: readonly Event[]): Promise<void> {
    await this.#ingest(batch);
    await this.settled();
  }

  /** Rows with little in them, whose ids nothing else has. */
  fillers(count: number): readonly Event[] {
    return Array.from({ length: count }, () => {
      const id = this.#fillerId++;
      return { id: String(id), json: `{"id":${id},"place":"eu","day":"2024-03-0${1 + (id % 3)}"}` };
    });
  }

  /** Waits until all that was sent is in committed files. */
  async settled(): Promise<void> {
    await this.#until('all rows are rolled', async () => {
      const info = await this.helios.call<Pipeline>('GET', '/api/v1/pipelines/written');
      if (info.state !== 'running') throw new Error(JSON.stringify(info));
      const behind = info.sources.reduce((sum, source) => sum + (source.bytes_behind ?? 0), 0);
      return behind === 0 && info.sinks.every((sink) => sink.hot_rows === 0);
    });
  }

  /** Versions of which the log has a file with this ending, in order. */
  async versions(
    table: TableName,
    ending: 'json' | 'checkpoint.parquet',
  ): Promise<readonly number[]> {
    const names = await readdir(join(this.path(table), '_delta_log'));
    return names
      .filter((name) => /^\d{20}\./.test(name) && name.slice(21) === ending)
      .map((name) => Number(name.slice(0, 20)))
      .toSorted((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.helios.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #write(): Promise<void> {
    const sql = script(this, '');
    await this.helios.call('POST', '/api/v1/pipelines', { name: 'written', sql });
    await this.send(events);
    await this.#commitUntil(commitsPerCheckpoint);
    await this.#age();
    const evolved = script(this, ', upper(txt) AS extra');
    await this.helios.call('PATCH', '/api/v1/pipelines/written', { sql: evolved });
    await this.#commitUntil(2 * commitsPerCheckpoint);
    await this.send([{ id: '900', json: '{"id":900,"place":"eu","txt":"late"}' }]);
  }

  /** Sends one row after the other, a commit for each. */
  async #commitUntil(version: number): Promise<void> {
    await this.#until(`version ${version}`, async () => {
      await this.#ingest(this.fillers(1));
      return ((await this.versions('wide', 'json')).at(-1) ?? 0) > version;
    });
  }

  /** Makes the log so far so old that Helios needs it no more. */
  async #age(): Promise<void> {
    const log = join(this.path('wide'), '_delta_log');
    const then = new Date(Date.now() - 60 * dayMs);
    for (const name of await readdir(log)) await utimes(join(log, name), then, then);
  }

  async #ingest(batch: readonly Event[]): Promise<void> {
    const body = batch.map((event) => `${event.json}\n`).join('');
    const response = await this.helios.request('/ingest/interop?wait=queryable', {
      method: 'POST',
      body,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    this.ids.push(...batch.map(({ id }) => id));
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + waitTimeoutMs;
    while (!(await isSo())) {
      if (performance.now() > deadline) {
        throw new Error(`It never came to this: ${what}.\n${this.helios.output}`);
      }
      await sleep(20);
    }
  }
}

type Pipeline = {
  readonly state: string;
  readonly sources: readonly { readonly bytes_behind?: number }[];
  readonly sinks: readonly { readonly hot_rows: number }[];
};

function script(tables: WrittenTables, extra: string): string {
  const sink = (name: TableName, options: string): string =>
    `CREATE TABLE ${name} WITH (connector = 'delta', path = 'file://${tables.path(name)}',
      format = 'parquet', type = 'sink',
      'rolling_policy.interval' = interval '10 milliseconds', ${options});`;
  return `
    CREATE TABLE events (
      id BIGINT NOT NULL, place TEXT, yes BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT,
      u8 TINYINT UNSIGNED, u16 SMALLINT UNSIGNED, u32 INT UNSIGNED, u64 BIGINT UNSIGNED,
      f32 FLOAT, f64 DOUBLE, large DECIMAL(38,10), middle DECIMAL(18,4), small DECIMAL(9,2),
      txt TEXT, js JSON, bin BYTEA, day DATE, clock TIME, span INTERVAL, ts TIMESTAMP,
      li BIGINT[], st STRUCT<a BIGINT, b TEXT>, deep ARRAY<STRUCT<tags TEXT[], seen TIMESTAMP>>,
      WATERMARK FOR ts
    ) WITH (connector = 'http', stream = 'interop', format = 'json', type = 'source');
    ${sink('wide', `partition_fields = 'place,day'`)}
    ${sink('timed', `time_partition_pattern = '%Y/%m/%d/%H', partition_fields = [yes]`)}
    INSERT INTO wide SELECT *,
      CASE WHEN txt IS NOT NULL THEN MAP {'k': CAST(1 AS BIGINT), 'l': NULL} END AS ma,
      CASE id WHEN 1 THEN CAST('NaN' AS DOUBLE) WHEN 2 THEN CAST('-Infinity' AS DOUBLE)
        WHEN 3 THEN CAST('Infinity' AS DOUBLE) ELSE f64 END AS odd${extra}
      FROM events;
    INSERT INTO timed SELECT id, ts, yes, txt FROM events WHERE ts IS NOT NULL;`;
}
