import { quoteName } from '../../../engine/types.ts';
import type { Script, SourceColumn, SourceTable } from '../../../sql/script.ts';
import type { Compilation } from '../context.ts';
import type { UpdatingNode } from '../dataflow.ts';
import { hiddenNames, type Relation } from '../relation.ts';

/** What happened to a row, where the script doesn't ask for it. */
const operation: SourceColumn = {
  name: '__op',
  type: { kind: 'text' },
  isNotNull: false,
  isPrimaryKey: false,
  origin: { kind: 'metadata', key: 'op' },
};

/**
 * The script whose change events are changes of rows: those of tables with a PRIMARY KEY that
 * neither take what happened as a column nor have an event time of their own.
 */
export function withRowChanges(script: Script): Script {
  const sources = script.sources.map((source) => {
    const { columns, format, watermark } = source;
    const isKeyed = columns.some(({ isPrimaryKey }) => isPrimaryKey);
    const asksForIt = columns.some(
      ({ origin }) => origin.kind === 'metadata' && origin.key === 'op',
    );
    const isChanging =
      format.kind === 'debezium_json' && isKeyed && !asksForIt && watermark === undefined;
    return isChanging ? { ...source, columns: [...columns, operation] } : source;
  });
  return { ...script, sources };
}

export function givesChanges({ columns }: SourceTable): boolean {
  return columns.includes(operation);
}

/** The source without what happened to its rows, as SELECTs see it. */
export function withoutOperation(source: SourceTable): SourceTable {
  return { ...source, columns: source.columns.filter((column) => column !== operation) };
}

/** A node that keeps the last row of each key, and gives how it changes. */
export async function rowChanges(
  source: SourceTable,
  relation: Relation,
  compilation: Compilation,
): Promise<Relation> {
  const { columns } = relation;
  const primary = source.columns.filter(({ isPrimaryKey }) => isPrimaryKey);
  const keys = primary.map(({ name }) => name);
  const own = columns.map(({ name }) => quoteName(name)).join(', ');
  const values = columns.filter(({ name }) => !keys.includes(name));
  const keyColumns = keys.flatMap((key) => columns.find(({ name }) => name === key) ?? []);
  const kept = [...keyColumns, ...values].map(({ name }) => `${quoteName(name)}, `).join('');
  const by = keys.map(quoteName).join(', ');
  const name = compilation.newName();
  const text = `SELECT ${own} FROM (SELECT *, row_number() OVER
      (PARTITION BY ${by} ORDER BY "__place" DESC) AS "__rank" FROM __rows_0)
    WHERE "__rank" = 1 AND "__op" <> 'd'`;
  const rowNumber = 'row_number() OVER () AS "__place"';
  const node: UpdatingNode = {
    kind: 'updating',
    name,
    inputs: [
      {
        intake: {
          text: `SELECT ${kept}"__op", ${rowNumber}, 1::BIGINT AS "__weight"
            FROM ${quoteName(source.name)}`,
          reads: [source.name],
        },
        keys: keyColumns,
        values: [...values, operationValue, placeValue].map((one) => {
          return { ...one, merge: undefined };
        }),
        isRetracting: false,
      },
    ],
    result: { text, reads: [] },
    columns,
    resultKeys: keys,
    ttlMs: foreverMs,
    keepsLast: true,
    label: `last row by ${keys.join(', ')}`,
  };
  compilation.nodes.push(node);
  const changes = { ...relation, name, rows: 'changes', shape: undefined } as const;
  const list = [own, ...hiddenNames('changes').map(quoteName)].join(', ');
  const select = `SELECT ${list} FROM ${quoteName(name)}`;
  return await compilation.addSelect({
    ...changes,
    text: select,
    reads: [changes],
    label: undefined,
  });
}

const operationValue = {
  name: operation.name,
  type: operation.type,
  typeText: 'VARCHAR',
};

/** Which of the epoch's records came later. */
const placeValue = {
  name: '__place',
  type: { kind: 'integer', bits: 64, isUnsigned: false },
  typeText: 'BIGINT',
} as const;

/** The rows of a table are no less there for being old. */
const foreverMs = Number.MAX_SAFE_INTEGER;
