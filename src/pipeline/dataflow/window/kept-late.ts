import { quoteName } from '../../../engine/types.ts';
import type { ColumnType, Schema } from '../../../event/schema.ts';
import type { ScriptError, SinkTable } from '../../../sql/script.ts';
import type { Output } from '../../plan/plan.ts';
import type { StatefulScript } from '../compile.ts';
import type { Dataflow, DataflowNode, DataflowOutput, WindowNode } from '../dataflow.ts';
import { readsOf } from '../reachable.ts';
import { windowColumn } from '../relation.ts';

const text: ColumnType = { kind: 'text' };
const time: ColumnType = { kind: 'timestamp' };

/** Columns of a table of rows that came too late. */
const lateSchema: Schema = [
  { name: 'read_at', type: time },
  { name: 'event_time', type: time },
  { name: 'watermark', type: time },
  { name: 'window', type: windowColumn.type },
  { name: 'operator', type: text },
  { name: 'label', type: text },
  { name: 'source', type: text },
  { name: 'row', type: { kind: 'json' } },
];

export type KeptLate = {
  /** Without late rows of those that no output has. */
  readonly nodes: readonly DataflowNode[];
  /** The tables that come with them. */
  readonly outputs: readonly Output[];
  /** With those that were there. */
  readonly dataflowOutputs: readonly DataflowOutput[];
  readonly errors: readonly ScriptError[];
};

/** The tables of late rows beside those of outputs that keep them. */
export function keptLate(
  { nodes, outputs: compiled }: Pick<Dataflow, 'nodes' | 'outputs'>,
  { script, outputs }: StatefulScript,
): KeptLate {
  const kept = outputs.filter(({ table }) => table.keepsLate === true);
  const names = new Set<string>();
  const errors: ScriptError[] = [];
  const tables: Output[] = [];
  const dataflowOutputs: DataflowOutput[] = [...compiled];
  for (const output of kept) {
    const reads = compiled.find(({ table }) => table === output.table.name)?.sql.reads ?? [];
    const windows = windowsAbove(reads, nodes);
    const table = lateTable(output.table);
    if (windows.length === 0) errors.push(nothingLate(output.table));
    const isTaken = [...script.sources, ...script.views, ...script.memoryTables, ...script.sinks]
      .map(({ name }) => name.toLowerCase())
      .includes(table.name.toLowerCase());
    if (isTaken) errors.push(takenName(table));
    for (const { name } of windows) names.add(name);
    tables.push({ ...output, table, inserts: [], body: [], schema: lateSchema });
    dataflowOutputs.push({ table: table.name, sql: unionOf(windows) });
  }
  const stripped = nodes.map((node) => {
    if (node.kind !== 'window' || node.late === undefined) return node;
    if (!names.has(node.name)) return { ...node, late: undefined };
    return { ...node, late: { ...node.late, source: sourcesOf(node, nodes).join(', ') } };
  });
  return { nodes: stripped, outputs: tables, dataflowOutputs, errors };
}

/** Of an output whose rows pass no window. */
export function lateErrors({ table }: Pick<Output, 'table'>): readonly ScriptError[] {
  return table.keepsLate === true ? [nothingLate(table)] : [];
}

function nothingLate({ name, position }: SinkTable): ScriptError {
  return {
    message: `late_rows = 'keep': nothing comes too late for ${name}, whose rows pass no window.`,
    hint: 'Leave the option out, or group by a window.',
    position,
  };
}

function takenName({ name, position }: SinkTable): ScriptError {
  const message = `late_rows = 'keep' makes a table ${name}, and the script has one already.`;
  return { message, hint: 'Call the other one something else.', position };
}

/** Beside the sink's table: its name and its path go on with `_late`. */
function lateTable({ name, position, connector }: SinkTable): SinkTable {
  if (connector.kind !== 'delta') throw new TypeError(`${name} is no Delta table`);
  const { path, compaction, rolling } = connector;
  return {
    name: `${name}_late`,
    position,
    columns: undefined,
    timestampFormat: 'rfc3339',
    connector: {
      ...connector,
      path: `${path.replace(/\/+$/, '')}_late`,
      partitionFields: [],
      timePartitionPattern: undefined,
      compaction: compaction && { ...compaction, sortBy: [] },
      rolling: { ...rolling, onWatermark: false, timePattern: undefined },
    },
  };
}

function unionOf(windows: readonly WindowNode[]): DataflowOutput['sql'] {
  const reads = windows.flatMap(({ late }) => (late === undefined ? [] : [late.name]));
  const selects = reads.map((name) => `SELECT * FROM ${quoteName(name)}`);
  return { text: selects.join(' UNION ALL '), reads };
}

function windowsAbove(
  reads: readonly string[],
  nodes: readonly DataflowNode[],
): readonly WindowNode[] {
  const wanted = new Set(reads);
  for (const node of nodes.toReversed()) {
    if (wanted.has(node.name)) for (const name of readsOf(node)) wanted.add(name);
  }
  return nodes.filter((node) => node.kind === 'window').filter(({ name }) => wanted.has(name));
}

function sourcesOf(node: DataflowNode, nodes: readonly DataflowNode[]): readonly string[] {
  const found = readsOf(node).flatMap((name) => {
    const read = nodes.find((one) => one.name === name);
    return read === undefined ? [name] : sourcesOf(read, nodes);
  });
  return [...new Set(found)];
}
