import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { type Connection, Engine } from '../engine/engine.ts';
import { allowedFunctions, allowedTableFunctions } from './functions.generated.ts';
import { Gate, type GatedQuery } from './gate.ts';
import { statementEnd, withoutExplain } from './statement-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'gate-'));
let engine: Engine;
let parser: Connection;
let gate: Gate;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 27, tempDirectory: folder });
  parser = await engine.connect();
  gate = new Gate(parser);
});

afterAll(() => {
  parser.close();
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function pass(sql: string): Promise<GatedQuery> {
  return gate.pass({
    sql,
    parameters: [],
    tableNames: ['Events', 'helios.files', 'a.csv'],
    nowMs: 0,
  });
}

async function refusal(sql: string): Promise<HeliosError> {
  return pass(sql).then(
    () => {
      throw new Error(`${sql.slice(0, 100)} passed`);
    },
    (thrown: unknown) => {
      if (thrown instanceof HeliosError) return thrown;
      throw thrown;
    },
  );
}

it('names the tables as the catalog does, each once', async () => {
  const sql = 'SELECT * FROM events, EVENTS e, main.Events f, helios.FILES, "a.csv"';
  expect((await pass(sql)).tables).toEqual(['Events', 'helios.files', 'a.csv']);
});

it.each([
  ['SELECT 1', 'no', 'SELECT 1'],
  ['SELECT 1 ; -- x', 'no', 'SELECT 1 '],
  ['/* a */ explain SELECT 1;', 'plan', '                SELECT 1'],
  ['EXPLAIN ANALYZE\nSELECT 1', 'analyze', '               \nSELECT 1'],
])('%j is taken as %s of %j', async (sql, explain, text) => {
  expect(await pass(sql)).toMatchObject({ explain, sql: text });
});

it.each([
  ["SELECT ';' ; x", 11],
  ['SELECT ";" ; x', 11],
  ['SELECT $$;$$ ; x', 13],
  ['SELECT $a$;$$;$a$; x', 17],
  ['SELECT 1 -- ;\n; x', 14],
  ['SELECT /* ; /* ; */ ; */ 1; x', 26],
  ["SELECT E'\\';'; x", 13],
  ["SELECT 'a''b;'; x", 14],
  ['SELECT $1; x', 9],
  ["SELECT 'never closed;", 21],
])('%j ends at %i', (sql, end) => {
  expect(statementEnd(sql)).toBe(end);
});

it('judges parameters and tables anew for a text that it knows', async () => {
  const request = {
    sql: 'SELECT $x FROM events',
    parameters: { x: 1 },
    tableNames: ['events'],
    nowMs: 0,
  };
  const first = await gate.pass(request);
  expect(await gate.pass(request)).toEqual(first);
  await expect(gate.pass({ ...request, parameters: {} })).rejects.toThrow('$x has no value');
  await expect(gate.pass({ ...request, tableNames: [] })).rejects.toThrow('no table "events"');
  expect((await gate.pass({ ...request, tableNames: ['EVENTS'] })).tables).toEqual(['EVENTS']);
});

it('takes EXPLAIN for a keyword only where it stands alone', () => {
  expect(withoutExplain('explained').explain).toBe('no');
});

describe('a column whose name is a word of SQL', () => {
  it.each([
    ['SELECT at FROM events', 'at'],
    ['SELECT id, max(at) FROM events WHERE at > 1 GROUP BY At', 'at'],
    ['SELECT id FROM events ORDER BY at', 'at'],
    ['SELECT at', 'at'],
    ['SELECT "é", order FROM events', 'order'],
    ['SELECT end FROM events', 'end'],
    ['SELECT left, id FROM events -- why', 'left'],
    ['SELECT x FROM events FROM events', undefined],
    ['SELECT a b c', undefined],
    ['SELECT at, order FROM events', undefined],
    ['SELEC at FROM events', undefined],
    [`SELECT at, ${'1,'.repeat(3000)} 2`, undefined],
  ])('%.60s', async (sql, word) => {
    const { code, hint } = await refusal(sql);
    expect(code).toBe('invalid_sql');
    const quoted =
      word === undefined ? undefined : `A column named ${word} must be quoted: "${word}".`;
    expect(hint?.toLowerCase()).toBe(quoted?.toLowerCase());
  });
});

describe('what no parser should be given', () => {
  const deep = 30_000;

  it.each([
    ['too long', `SELECT '${'x'.repeat(65_536)}'`, 'too_large'],
    ['a NUL', 'SELECT 1 \0; DROP TABLE x', 'invalid_sql'],
    ['half a surrogate pair', "SELECT '\ud800'", 'invalid_sql'],
    ['nothing', '', 'invalid_sql'],
    ['only a comment', '-- x', 'invalid_sql'],
    ['parentheses', `SELECT ${'('.repeat(deep)}1${')'.repeat(deep)}`, 'invalid_sql'],
    ['additions', `SELECT ${'1+'.repeat(deep)}1`, 'invalid_sql'],
    ['negations', `SELECT ${'not '.repeat(deep / 2)}true`, 'invalid_sql'],
    ['lists', `SELECT ${'['.repeat(deep)}${']'.repeat(deep)}`, 'invalid_sql'],
    ['subqueries', `SELECT ${'(SELECT '.repeat(6000)}1${')'.repeat(6000)}`, 'invalid_sql'],
    ['calls', `SELECT ${'abs('.repeat(12_000)}1${')'.repeat(12_000)}`, 'invalid_sql'],
    ['casts', `SELECT 1${'::INT'.repeat(10_000)}`, 'invalid_sql'],
    ['joins', `SELECT * FROM events${' JOIN events USING (a)'.repeat(2900)}`, 'invalid_sql'],
  ])('%s', async (_, sql, code) => {
    expect((await refusal(sql)).code).toBe(code);
  });
});

it('knows every function of this DuckDB: a new one is judged before it passes', async () => {
  const rows = await parser.rows(
    "SELECT DISTINCT function_name AS name, function_type AS type FROM duckdb_functions() WHERE function_type <> 'pragma' ORDER BY ALL",
  );
  const refused = rows
    .filter(({ type, name }) =>
      String(type).startsWith('table')
        ? !allowedTableFunctions.has(String(name))
        : !allowedFunctions.has(String(name).toLowerCase()),
    )
    .map(({ name }) => String(name))
    .filter(
      (name) => !/^(__internal_|icu_collate_|pg_|has_|duckdb_|pragma_|read_|parquet_)/.test(name),
    );
  expect([...new Set(refused)].join(' ').replaceAll(/(.{60,90}?) /g, '$1\n'))
    .toMatchInlineSnapshot(`
    "arrow_scan arrow_scan_dumb cast_to_type check_peg_parser checkpoint
    col_description combine create_sort_key current_catalog current_connection_id
    current_database current_query current_query_id current_role
    current_schema current_schemas current_setting current_transaction_id
    current_user currval disable_logging disable_peg_parser disable_profiling
    enable_logging enable_peg_parser enable_profiling finalize force_checkpoint
    format_pg_type format_type get_block_size getvariable glob histogram
    histogram_values icu_calendar_names in_search_path inet_client_addr
    inet_client_port inet_server_addr inet_server_port json_deserialize_sql
    json_execute_serialized_sql json_serialize_plan json_serialize_sql
    map_to_pg_oid nextval obj_description parse_duckdb_log_message
    query query_table remap_struct replace_type seq_scan session_user
    setseed shobj_description sleep_ms sniff_csv sql_auto_complete
    stats summary test_all_types test_vector_types timetz_byte_comparable
    truncate_duckdb_logs txid_current user variant_bytes_to_variant
    variant_normalize variant_to_parquet_variant vector_type which_secret
    write_log"
  `);
});
