import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, Engine } from '../src/engine/engine.ts';
import { readSerializedSelect } from '../src/sql/read-select.ts';
import { selectFacts, type SelectFacts } from '../src/sql/select-facts.ts';

let folder: string;
let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-facts-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 256 * 1024 ** 2, tempDirectory: folder });
  connection = await engine.connect();
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(folder, { recursive: true });
});

async function serialize(sql: string): Promise<unknown> {
  const rows = await connection.rows('SELECT json_serialize_sql($1::VARCHAR)::VARCHAR AS j', [sql]);
  return rows[0]?.['j'];
}

async function factsOf(sql: string): Promise<SelectFacts> {
  const select = readSerializedSelect(await serialize(sql));
  if (select.kind === 'error') throw new Error(select.message);
  expect(select.statements).toHaveLength(1);
  return selectFacts(select.statements[0]!);
}

test.each([
  ['select 1', []],
  ['from t', ['t']],
  ['select * from a, b join c using (x)', ['a', 'b', 'c']],
  ['with a as (from b) from a', ['b']],
  ['with A as (from b) from "a"', ['b']],
  // A CTE does not see itself, nor those that follow it.
  ['with a as (from a) from a', ['a']],
  ['with a as (from b), b as (select 1) from a', ['b']],
  ['with a as (select 1), b as (from a) from b', []],
  ['with recursive a as (select 1 union all select * from a) from a', []],
  ['with recursive a as (from a union all select * from a) from a', ['a']],
  // The trap: a CTE of a neighbouring subquery.
  [`select * from (with "/x.csv" as (select 1) select 1) q, '/x.csv'`, ['/x.csv']],
  [`with a as (with "/x" as (select 1) from "/x") select * from a, '/x'`, ['/x']],
  [`with "/\u212A" as (select 1) from '/k'`, ['/k']],
  ['with a as (select 1) from main.a', ['main.a']],
  ['with a as (select 1) from a at (version => 3)', ['a']],
  ['with a as (select 1) select (select max(x) from a), (select 1 from b)', ['b']],
  ['with a as (select 1) select 1 from t where x in (from a) or exists (from c)', ['c', 't']],
  ['with a as (select 1) (from a union all from b) order by (select 1 from c)', ['b', 'c']],
  ['select sum(x) over (order by (select 1 from o)) from t qualify (from q) > 1', ['o', 'q', 't']],
  ['select 1 from t limit (select 1 from l)', ['l', 't']],
  ['select case when (from a) then (from b) else (from c) end', ['a', 'b', 'c']],
  ['select * replace ((from r) as x) from t', ['r', 't']],
  ['select list_transform(l, lambda x: (from z)) from t', ['t', 'z']],
  ['from range((select 1 from r))', ['r']],
  ['from (values ((from v)))', ['v']],
  ['describe t', ['t']],
  ['from (summarize t)', ['t']],
  ['pivot t on x in (1, 2) using sum((select 1 from p))', ['p', 't']],
  ['from t left join u on t.x = (select 1 from c)', ['c', 't', 'u']],
  [
    'select count(*) filter (where (from f)) from t group by (from g) having (from h)',
    ['f', 'g', 'h', 't'],
  ],
  ['select string_agg(x, (from a) order by (from b)) from t', ['a', 'b', 't']],
])('%s reads %j', async (sql, expected) => {
  const { tables } = await factsOf(sql);
  const names = tables.map(({ schema, name }) => (schema === '' ? name : `${schema}.${name}`));
  expect(names.toSorted()).toEqual(expected);
});

test.each([
  ['select sum(x), upper(y) from t', ['sum', 'upper'], []],
  ['select row_number() over (), x + 1 from t', ['+', 'row_number'], []],
  [`from read_csv('x'), unnest(f(l))`, ['f'], ['read_csv', 'unnest']],
  ['select x.nope(1), [f(i) for i in l] from t', ['f', 'list_apply', 'nope'], []],
  [`from query('select 1')`, [], ['query']],
])('%s calls %j and the table functions %j', async (sql, functions, tableFunctions) => {
  const facts = await factsOf(sql);
  expect(facts.functions.map((call) => call.name).toSorted()).toEqual(functions);
  expect(facts.tableFunctions.map((call) => call.name).toSorted()).toEqual(tableFunctions);
});

test('parameters, types of a user and places are told', async () => {
  const facts = await factsOf("select 'é', f($low), x::my_type[] from t");
  expect(facts.parameters.map(({ name }) => name)).toEqual(['low']);
  expect(facts.userTypes.map(({ name }) => name)).toEqual(['my_type']);
  expect(facts.functions[0]?.byteOffset).toBe(13);
  expect(facts.tables[0]?.byteOffset).toBe(40);
});

test.each([
  ['selec 1', 'parser', 0],
  ["select '😀' from", 'parser', 15],
  ['drop table t', 'not implemented', undefined],
  ['explain select 1', 'not implemented', undefined],
])('%s is an error', async (sql, type, codePointOffset) => {
  const select = readSerializedSelect(await serialize(sql));
  expect(select).toMatchObject({ kind: 'error', type, codePointOffset });
});

test('several statements are told apart', async () => {
  const select = readSerializedSelect(await serialize('select 1; select 2'));
  expect(select.kind === 'ok' && select.statements.length).toBe(2);
});

test('a text that is nested too deeply is refused, not overflowed', async () => {
  const chain = Array.from({ length: 800 }, () => '1').join('+');
  const json = await serialize(`select ${chain}`);
  expect(() => readSerializedSelect(json)).toThrow('nested deeper than 400 levels');
});
