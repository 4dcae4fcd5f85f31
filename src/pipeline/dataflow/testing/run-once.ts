import type { Connection, Row } from '../../../engine/engine.ts';
import { quoteName } from '../../../engine/types.ts';
import type { Dataflow, WindowNode, WindowShape } from '../dataflow.ts';

/**
 * Runs a dataflow by hand as one epoch that takes all rows of all sources and ends all windows. The
 * sources are tables of the connection; gives each output's rows.
 */
export async function runOnce(
  dataflow: Dataflow,
  connection: Connection,
): Promise<readonly (readonly Row[])[]> {
  const names: string[] = [];
  const create = async (name: string, select: string): Promise<void> => {
    const withNames = names.map((one) => `${quoteName(one)} AS (FROM ${quoteName(`run_${one}`)})`);
    const ctes = withNames.length === 0 ? '' : `WITH ${withNames.join(', ')} `;
    const table = quoteName(`run_${name}`);
    await connection.execute(`CREATE OR REPLACE TEMP TABLE ${table} AS ${ctes}${select}`);
    if (!names.includes(name)) names.push(name);
  };
  for (const source of dataflow.sources) {
    const time = source.kind === 'column' ? source.time : "TIMESTAMPTZ 'epoch'";
    const table = `main.${quoteName(source.name)}`;
    await create(source.name, `SELECT *, (${time}) AS __time FROM ${table}`);
  }
  for (const node of dataflow.nodes) {
    if (node.kind === 'select') await create(node.name, node.sql.text);
    if (node.kind !== 'window') continue;
    await create('__kept', merged(node));
    await create('__rows', windowed(node));
    await create(node.name, node.result.text);
  }
  const outputs: (readonly Row[])[] = [];
  for (const { sql } of dataflow.outputs) {
    await create('__output', sql.text);
    outputs.push(await connection.rows('FROM run___output'));
  }
  return outputs;
}

/** What the node keeps of the epoch's rows. */
function merged({ intake, keys, values, shape }: WindowNode): string {
  const isMerged = values.length > 0 && values.every(({ merge }) => merge !== undefined);
  if (!isMerged || shape.kind === 'session') return `FROM (${intake.text})`;
  const us = shape.kind === 'tumble' ? shape.widthUs : shape.slideUs;
  const list = [
    ...keys.map(({ name }) => quoteName(name)),
    ...values.map(({ name, merge, typeText }) => {
      return `CAST(${merge}(${quoteName(name)}) AS ${typeText}) AS ${quoteName(name)}`;
    }),
    `time_bucket(to_microseconds(${us}), __time, TIMESTAMPTZ 'epoch') AS __time`,
  ];
  const groups = [...keys.map((_, index) => index + 1), list.length];
  return `SELECT ${list.join(', ')} FROM (${intake.text}) GROUP BY ${groups.join(', ')}`;
}

/** The kept rows, once for each of their windows. */
function windowed({ shape, keys }: WindowNode): string {
  const columns = '* EXCLUDE (__time)';
  if (shape.kind !== 'session') {
    const start = `unnest(range(0, ${widthOf(shape) / slideOf(shape)}))`;
    return `SELECT * EXCLUDE (__bin, __step), {'start': __bin - to_microseconds(__step *
        ${slideOf(shape)}), 'end': __bin - to_microseconds(__step * ${slideOf(shape)} -
        ${widthOf(shape)})} AS __window
      FROM (SELECT ${columns}, time_bucket(to_microseconds(${slideOf(shape)}), __time,
        TIMESTAMPTZ 'epoch') AS __bin, ${start} AS __step FROM __kept)`;
  }
  const by = keys.map(({ name }) => `${quoteName(name)}, `).join('');
  const partition = by === '' ? '' : `PARTITION BY ${by.slice(0, -2)} `;
  const gap = `to_microseconds(${shape.gapUs})`;
  return `SELECT * EXCLUDE (__time, __number), {'start': min(__time) OVER session,
      'end': max(__time) OVER session + ${gap}} AS __window
    FROM (SELECT * EXCLUDE (__new), sum(__new) OVER (${partition}ORDER BY __time) AS __number
      FROM (SELECT *, CASE WHEN __time - lag(__time) OVER (${partition}ORDER BY __time) < ${gap}
        THEN 0 ELSE 1 END AS __new FROM __kept))
    WINDOW session AS (PARTITION BY ${by}__number)`;
}

function widthOf(shape: Exclude<WindowShape, { readonly kind: 'session' }>): bigint {
  return shape.widthUs;
}

function slideOf(shape: Exclude<WindowShape, { readonly kind: 'session' }>): bigint {
  return shape.kind === 'tumble' ? shape.widthUs : shape.slideUs;
}
