import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { EpochMs } from '../../event/record.ts';
import type { SourceTable } from '../../sql/script.ts';
import type { SourceTime } from '../dataflow/dataflow.ts';
import { ComposedSql } from '../plan/compose.ts';
import { emptyRecords, sourceRelation } from '../plan/plan.ts';
import type { TimeUs } from './manifest-stream.ts';
import { givenColumns, storedColumns, type UsedColumns } from './used/used-columns.ts';
import type { SaidTime } from './watermarks.ts';

/** Records of one partition: a SELECT of their field columns. */
export type PartitionRows = {
  readonly partition: string;
  /** When the newest of them arrived. */
  readonly arrivedAtMs: EpochMs;
  readonly select: string;
};

/** What an epoch has of one source. */
export type EpochRows = {
  readonly partitions: readonly PartitionRows[];
  /** SELECT of all their rows at once, the partition's place among them in `__file`. */
  readonly together?: string | undefined;
};

/** A watermark is believed that is at most so far ahead of when its record arrived. */
const aheadUsMax = 24n * 3600n * 1_000_000n;

/** Times of a source's epoch: kept until the next one's. */
export type TakenSource = {
  /** SELECT of its rows, with `__time` where the source has it; NULL in columns nobody uses. */
  readonly relation: string;
  readonly said: readonly SaidTime[];
};

/** Reads an epoch's rows of a source once, into a temporary table. */
export async function takeSource(
  connection: Connection,
  { table, time, index, used }: TimedTable & { readonly used: UsedColumns | undefined },
  { partitions, together }: EpochRows,
): Promise<TakenSource> {
  const name = quoteName(`__decoded_${index}`);
  const stored = storedColumns(table, used);
  const branch = (select: string, arrivedUs: string, batch: string): string =>
    `SELECT ${stored}${timeColumn(time, arrivedUs)}${batch} AS "__batch" FROM (${select}\n)`;
  const times = partitions.map(({ arrivedAtMs }) => String(toUs(arrivedAtMs)));
  const branches =
    together === undefined
      ? partitions.map(({ select }, number) =>
          branch(withGenerated(table, select), times[number] ?? '', String(number)),
        )
      : [
          branch(
            withGenerated(table, together, ['__file']),
            `[${times.join(', ')}]["__file" + 1]`,
            '"__file"',
          ),
        ];
  await connection.execute(
    `CREATE OR REPLACE TEMP TABLE ${name} AS ${branches.join(' UNION ALL ')}`,
  );
  const given = givenColumns(table, used);
  const relation = `SELECT ${given}${time === undefined ? '' : ', "__time"'} FROM ${name}`;
  return { relation, said: await saidTimes(connection, { time, name }, partitions) };
}

export type TimedTable = {
  readonly table: SourceTable;
  /** Undefined where nobody asks for its event time. */
  readonly time: SourceTime | undefined;
  readonly index: number;
};

/** SELECT of a source's columns, without rows. */
export function emptySource({ table, time }: Omit<TimedTable, 'index'>): string {
  return timedRecords({ table, time }, emptyRecords(table));
}

/** SELECT over records as the script sees them; with times of arrival that stand for any. */
export function timedRecords({ table, time }: Omit<TimedTable, 'index'>, select: string): string {
  const column = timeColumn(time, '0');
  return `SELECT *${column === '' ? '' : `, ${column.slice(0, -2)}`}
    FROM (${withGenerated(table, select)}\n)`;
}

function withGenerated(table: SourceTable, select: string, kept: readonly string[] = []): string {
  return new ComposedSql().add(sourceRelation(table, select, kept).body).text;
}

/** `… AS "__time", `, or nothing; `arrivedUs`: an expression. */
function timeColumn(time: SourceTime | undefined, arrivedUs: string): string {
  if (time === undefined) return '';
  const value = time.kind === 'arrival' ? `make_timestamptz(${arrivedUs})` : `(${time.time}\n)`;
  return `CAST(${value} AS ${duckdbType({ kind: 'timestamp' })}) AS "__time", `;
}

async function saidTimes(
  connection: Connection,
  { time, name }: { readonly time: SourceTime | undefined; readonly name: string },
  partitions: readonly PartitionRows[],
): Promise<readonly SaidTime[]> {
  if (time === undefined) return [];
  if (time.kind === 'arrival') {
    return partitions.map(({ partition, arrivedAtMs }) => ({
      partition,
      watermarkUs: toUs(arrivedAtMs),
      aheadCount: 0,
    }));
  }
  const limits = partitions.map(
    ({ arrivedAtMs }, number) => `(${number}, ${toUs(arrivedAtMs) + aheadUsMax}::BIGINT)`,
  );
  const rows = await connection.rows(
    `SELECT "__batch" AS batch, max(us) FILTER (us <= limit_us) AS watermark,
      count(*) FILTER (us > limit_us) AS ahead
    FROM (SELECT "__batch", epoch_us(${time.watermark}\n) AS us FROM ${name})
    JOIN (VALUES ${limits.join(', ')}) AS limits("__limited", limit_us) ON "__batch" = "__limited"
    GROUP BY "__batch"`,
  );
  return rows.map(({ batch, watermark, ahead }) => ({
    partition: partitions[Number(batch)]?.partition ?? '',
    watermarkUs: watermark === null ? undefined : BigInt(String(watermark)),
    aheadCount: Number(ahead),
  }));
}

function toUs(timeMs: EpochMs): TimeUs {
  return BigInt(Math.floor(timeMs)) * 1000n;
}
