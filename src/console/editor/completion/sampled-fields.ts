import { ask } from '../../api/rows.ts';
import { nowMs } from '../../clock.ts';
import { sqlName, sqlTableName } from '../sql-text.ts';
import { type Field, jsonFields } from './fields.ts';

type Sample = { readonly atMs: number; readonly fields: Promise<readonly Field[]> };

const samples = new Map<string, Sample>();

/** What was sampled is asked again after so long: events change. */
const sampleAgeMsMax = 5 * 60_000;
const samplesMax = 100;
const sampleRowsMax = 200;
const timeoutMs = 3000;

/**
 * The members of the JSON objects in a column, from a few of its rows. Asked once in a while, and
 * shared by all who wait for it; none where the server has no answer in time.
 */
export async function sampledFields(table: string, column: string): Promise<readonly Field[]> {
  const key = JSON.stringify([table, column]);
  const known = samples.get(key);
  if (known !== undefined && nowMs() - known.atMs < sampleAgeMsMax) return await known.fields;
  const [oldest] = samples.keys();
  if (samples.size >= samplesMax && oldest !== undefined) samples.delete(oldest);
  const fields = sample(table, column);
  samples.set(key, { atMs: nowMs(), fields });
  return await fields;
}

async function sample(table: string, column: string): Promise<readonly Field[]> {
  // The first line keeps it out of the history.
  const sql = `-- completion of the console
select json_group_structure(value::json)::varchar as structure
from (select ${sqlName(column)}::varchar as value from ${sqlTableName(table)}
  where ${sqlName(column)} is not null limit ${sampleRowsMax})
where json_valid(value)`;
  try {
    const [row] = await ask({ sql }, AbortSignal.timeout(timeoutMs));
    return jsonFields(String(row?.['structure'] ?? ''));
  } catch {
    // Completion does without; who runs a query on the table is told what is wrong.
    return [];
  }
}
