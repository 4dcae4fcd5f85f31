import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDelta } from '../judge.ts';
import type { Evidence } from '../verdicts.ts';
import { badIdOf } from './events.ts';
import { tableName } from './workload.ts';

/** Where a record stood: its partition or shard, and its offset or sequence number there. */
export type Place = { readonly part: string; readonly place: bigint };

/** An event as it was found somewhere. */
export type Found = Place & { readonly id: number; readonly key: string };

/** A record in quarantine. */
export type Rejected = Place & {
  /** Undefined: no producer sent these bytes. */
  readonly id: number | undefined;
  readonly text: string;
};

/** What Helios made of a stream. */
export type Outcome = {
  /** Of the table. */
  readonly rows: readonly Found[];
  readonly rejected: readonly Rejected[];
  /** The file's lines in their order; undefined where there is no such file. */
  readonly copied: readonly Found[] | undefined;
  /** What is wrong with the tables' logs, and lines of the file that are none. */
  readonly faults: readonly string[];
};

/** Every row of the table and of the quarantine, as delta-rs reads them, and every line. */
export function readOutcome({ python, folders }: Evidence): Outcome {
  const words = ['id', 'part', 'place', 'key'].map((name) => `CAST(${name} AS VARCHAR)`);
  const table = readDelta(python, {
    table: join(folders.tables, tableName),
    column: `concat(${words.join(", ' ', ")})`,
    folder: folders.base,
  });
  const quarantine = readDelta(python, {
    table: join(folders.data, 'tables', 'quarantine'),
    column: `concat("partition", ' ', "position", ' ', encode(raw, 'hex'))`,
    folder: folders.base,
  });
  const path = join(folders.tables, 'copy.ndjson');
  const copy = existsSync(path) ? parseCopy(readFileSync(path, 'utf8')) : undefined;
  return {
    rows: table.values.map(parseRow),
    rejected: quarantine.values.map(parseRejected),
    copied: copy?.copied,
    faults: [...table.faults, ...quarantine.faults, ...(copy?.faults ?? [])],
  };
}

/** Lines of the file, and how many of them are torn. */
export function parseCopy(text: string): Required<Pick<Outcome, 'faults'>> & {
  readonly copied: readonly Found[];
} {
  const lines = text.split('\n');
  const isWhole = text === '' || lines.at(-1) === '';
  const matches = lines.filter((line) => line !== '').map((line) => linePattern.exec(line)?.groups);
  const copied = matches.flatMap((groups) => {
    if (groups === undefined) return [];
    const { id, key = '', part = '', place = '' } = groups;
    return [{ id: Number(id), key, part, place: BigInt(place) }];
  });
  const torn = matches.length - copied.length + (isWhole ? 0 : 1);
  return { copied, faults: torn === 0 ? [] : [`copy.ndjson has ${torn} torn lines`] };
}

const linePattern =
  /^\{"id":(?<id>\d+),"key":"(?<key>[^"]+)","part":"?(?<part>[^",]+)"?,"place":"?(?<place>\d+)"?\}$/;

function parseRow(value: unknown): Found {
  const [id, part = '', place = '', key = ''] = String(value).split(' ');
  return { id: Number(id), part, place: BigInt(place), key };
}

/** Partitions of topics are `topic/number`; positions in shards say `~` when a record arrived. */
export function parseRejected(value: unknown): Rejected {
  const [partition = '', position = '', hex = ''] = String(value).split(' ');
  const text = Buffer.from(hex, 'hex').toString('utf8');
  const part = partition.slice(partition.lastIndexOf('/') + 1);
  return { part, place: BigInt(position.split('~')[0] ?? ''), id: badIdOf(text), text };
}
