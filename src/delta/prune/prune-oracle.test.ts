import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../../../test/properties.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { duckdbType, quoteText } from '../../engine/types.ts';
import type { Column, ColumnType } from '../../event/schema.ts';
import { parseInstantMicros } from './compare-value.ts';
import type { DataFile } from '../delta.ts';
import { partitionTextSql } from '../partition-value.ts';
import type { CompareOp, Literal, Predicate } from './predicate.ts';
import { Pruner } from './prune.ts';
import { columnStatsJson } from '../stats.ts';

const long: ColumnType = { kind: 'integer', bits: 64, isUnsigned: false };
const text: ColumnType = { kind: 'text' };

let engine: Engine;
let connection: Connection;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-prune-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  connection = await engine.connect();
});
afterAll(async () => {
  connection.close();
  engine.close();
  await rm(folder, { recursive: true });
});

test('a file that has a matching row is never skipped', async () => {
  let skipped = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowArbitrary, { minLength: 1, maxLength: 4 }),
      fc.array(predicateArbitrary, { minLength: 20, maxLength: 20 }),
      async (rows, predicates) => {
        const file = await writeFileOf(rows);
        const counts = predicates.map(
          (each, index) => `count(*) FILTER (${sqlOf(each)}) AS c${index}`,
        );
        const [answer] = await connection.rows(`SELECT ${counts.join(', ')} FROM rows`);
        const pruner = new Pruner();
        predicates.forEach((predicate, index) => {
          const mayMatch = pruner.mayMatch(predicate, file, oracleTable);
          if (!mayMatch) skipped++;
          expect({
            sql: sqlOf(predicate),
            mayMatch: mayMatch || answer![`c${index}`] === '0',
          }).toEqual({
            sql: sqlOf(predicate),
            mayMatch: true,
          });
        });
      },
    ),
    { numRuns: 50 },
  );
  expect(skipped).toBeGreaterThan(50);
});

async function writeFileOf(rows: readonly string[]): Promise<DataFile> {
  const names = oracleColumns.map((column) => column.name).join(', ');
  await connection.execute(
    `CREATE OR REPLACE TEMP TABLE rows AS SELECT * FROM (VALUES ${rows.join(', ')}) AS r(${names})`,
  );
  // One partition: every row gets the first one's value.
  await connection.execute('UPDATE rows SET p = (SELECT p FROM rows LIMIT 1)');
  const target = quoteText(join(folder, 'rows.parquet'));
  const [copied] = await connection.rows(
    `COPY (SELECT * EXCLUDE (p) FROM rows) TO ${target} (FORMAT parquet, RETURN_STATS)`,
  );
  const partition = oracleColumns.at(-1)!;
  const [value] = await connection.rows(`SELECT ${partitionTextSql(partition)} AS p FROM rows`);
  const file = fileOf(columnStatsJson(copied!, oracleColumns));
  return { ...file, partitionValues: { p: value!['p'] as string | null } };
}

/** A column with SQL literals of its type and what they are to the pruner. */
type OracleColumn = Column & { readonly literals: readonly (readonly [string, Literal])[] };

const oracleColumns: readonly OracleColumn[] = [
  {
    name: 'i',
    type: long,
    literals: [
      ...['0', '1', '-5', '9007199254740993', '9223372036854775807', '1.5'].map(exactPair),
      doublePair('9007199254740992e0'),
      doublePair('1e3'),
    ],
  },
  {
    name: 'f',
    type: { kind: 'float', bits: 64 },
    literals: [
      ...['0', '0.1', '0.3', '0.30000000000000004', '-2', '100000000000000000000'].map(exactPair),
      ...['1e0', '0e0', '1e300'].map(doublePair),
    ],
  },
  {
    name: 'g',
    type: { kind: 'float', bits: 32 },
    literals: [
      ...['0', '0.1', '16777217', '-2'].map(exactPair),
      doublePair('1e-1'),
      doublePair('1e38'),
    ],
  },
  {
    name: 'n',
    type: { kind: 'decimal', precision: 20, scale: 2 },
    literals: [
      ...['0', '0.1', '123456789012345678.91', '0.005'].map(exactPair),
      doublePair('1e-1'),
    ],
  },
  {
    name: 't',
    type: text,
    literals: [
      '',
      'a',
      'b',
      'é',
      '\u{ffff}',
      '\u{1f600}',
      'a'.repeat(33),
      `${'a'.repeat(32)}\u{1f600}`,
    ].map((each) => [quoteText(each), textOf(each)] as const),
  },
  {
    name: 'ts',
    type: { kind: 'timestamp' },
    literals: [
      ...[
        '2024-01-01 00:00:00.000001',
        '2024-01-01 00:00:00.0009',
        '1969-12-31 23:59:59.999999',
      ].map((each) => [`TIMESTAMPTZ '${each}+00'`, instant(each)] as const),
      ...['2024-01-01', '2024-01-01 00:00:00.001'].map(
        (each) => [quoteText(each), textOf(each)] as const,
      ),
    ],
  },
  {
    name: 'd',
    type: { kind: 'date' },
    literals: [
      [`DATE '2024-01-01'`, instant('2024-01-01')],
      [`'2024-01-02'`, textOf('2024-01-02')],
      [`TIMESTAMPTZ '2024-01-01 12:00:00+00'`, instant('2024-01-01 12:00:00')],
    ],
  },
  { name: 'p', type: long, literals: ['0', '1', '-5'].map(exactPair) },
];
const oracleTable = { schema: oracleColumns, partitionColumns: ['p'] };

/** What rows hold beside the literals themselves. */
const oddValues: Readonly<Record<string, readonly string[]>> = {
  f: [`'nan'::DOUBLE`, `'inf'::DOUBLE`, `'-inf'::DOUBLE`, `'-0.0'::DOUBLE`, '1e-320'],
  g: [`'nan'::FLOAT`, `'inf'::FLOAT`, '1e-44::FLOAT', '0.1::FLOAT'],
  ts: [`TIMESTAMPTZ '2024-01-01 00:00:00.000999+00'`, `TIMESTAMPTZ '-infinity'`],
  d: [`DATE '2023-12-31'`],
};

const rowArbitrary: fc.Arbitrary<string> = fc
  .tuple(
    ...oracleColumns.map((column) => {
      const literals = column.literals.map(([sql]) => sql).filter((sql) => fits(column, sql));
      const values = ['NULL', ...literals, ...(oddValues[column.name] ?? [])];
      return fc
        .constantFrom(...values)
        .map((value) => `CAST(${value} AS ${duckdbType(column.type)})`);
    }),
  )
  .map((values) => `(${values.join(', ')})`);

function fits(column: OracleColumn, sql: string): boolean {
  return column.name !== 'd' || !sql.startsWith('TIMESTAMPTZ');
}

type SqlPredicate = Predicate & { readonly sql?: string };

const leafArbitrary: fc.Arbitrary<SqlPredicate> = fc
  .constantFrom(...oracleColumns)
  .chain((column) => {
    const path = [column.name];
    const literal = fc.constantFrom(...column.literals, ['NULL', { kind: 'null' }] as const);
    return fc.oneof(
      { weight: 6, arbitrary: compareArbitrary(column.name, literal) },
      fc.constant<SqlPredicate>({ kind: 'is_null', column: path, sql: `${column.name} IS NULL` }),
      fc.array(literal, { minLength: 1, maxLength: 3 }).map((values): SqlPredicate => ({
        kind: 'in',
        column: path,
        values: values.map(([, value]) => value),
        // One list casts all its members to one type, which the pruner is not asked about.
        sql: `(${values.map(([sql]) => `${column.name} = ${sql}`).join(' OR ')})`,
      })),
      fc.tuple(literal, literal).map(([low, high]): SqlPredicate => ({
        kind: 'between',
        column: path,
        low: low[1],
        high: high[1],
        sql: `(${column.name} >= ${low[0]} AND ${column.name} <= ${high[0]})`,
      })),
    );
  });

function compareArbitrary(
  name: string,
  literal: fc.Arbitrary<readonly [string, Literal]>,
): fc.Arbitrary<SqlPredicate> {
  const ops = fc.constantFrom<CompareOp>('=', '<>', '<', '<=', '>', '>=');
  return fc.tuple(ops, literal).map(([op, [sql, value]]) => ({
    ...compare(name, op, value),
    sql: `${name} ${op} ${sql}`,
  }));
}

const predicateArbitrary: fc.Arbitrary<SqlPredicate> = fc.letrec<{ predicate: SqlPredicate }>(
  (tie) => ({
    predicate: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leafArbitrary,
      tie('predicate').map((operand): SqlPredicate => ({ kind: 'not', operand })),
      fc
        .tuple(
          fc.constantFrom('and', 'or'),
          fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }),
        )
        .map(([kind, operands]): SqlPredicate => ({ kind, operands })),
    ),
  }),
).predicate;

function sqlOf(predicate: SqlPredicate): string {
  if (predicate.sql !== undefined) return predicate.sql;
  switch (predicate.kind) {
    case 'not':
      return `(NOT ${sqlOf(predicate.operand)})`;
    case 'and':
    case 'or':
      return `(${predicate.operands.map((operand) => sqlOf(operand)).join(` ${predicate.kind} `)})`;
    default:
      throw new Error(`no SQL for ${predicate.kind}`);
  }
}

function fileOf(statsJson: string | undefined): DataFile {
  return {
    path: 'a.parquet',
    partitionValues: {},
    byteLength: 1,
    modifiedAtMs: 0,
    statsJson,
    rowCount: undefined,
  };
}

function compare(column: string, op: CompareOp, value: Literal): Predicate {
  return { kind: 'compare', column: [column], op, value };
}

function exact(digits: string): Literal {
  return { kind: 'exact', text: digits };
}

function exactPair(digits: string): readonly [string, Literal] {
  return [digits, exact(digits)];
}

function doublePair(digits: string): readonly [string, Literal] {
  return [digits, { kind: 'double', value: Number(digits) }];
}

function textOf(value: string): Literal {
  return { kind: 'text', text: value };
}

function instant(value: string): Literal {
  return { kind: 'instant', micros: parseInstantMicros(value)! };
}
