import { afterAll, beforeAll, expect, test } from 'vitest';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, Engine } from '../src/engine/engine.ts';
import { builtInNames } from '../src/pipeline/plan/macros.ts';
import { checkScript } from '../src/sql/check-script.ts';
import { renderScriptError } from '../src/sql/render-error.ts';
import type { Script, ScriptError, SelectText } from '../src/sql/script.ts';

// Each test/sql/*.sql holds scripts under lines `-- case: name`; the .out beside it says what each
// means. A missing .out is written here and fails in CI; a changed one is written beside it as
// .changed.

const folder = join(import.meta.dirname, 'sql');

let tempDirectory: string;
let engine: Engine;
let connection: Connection;
let aggregates: ReadonlySet<string>;

beforeAll(async () => {
  tempDirectory = await mkdtemp(join(tmpdir(), 'helios-sql-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 256 * 1024 ** 2, tempDirectory });
  connection = await engine.connect();
  const rows = await connection.rows(
    "SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type = 'aggregate'",
  );
  aggregates = new Set(rows.map((row) => String(row['name'])));
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(tempDirectory, { recursive: true });
});

const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));

test('there are scripts to try', () => {
  expect(files.length).toBeGreaterThan(4);
});

test.each(files)('%s means what its .out says', async (file) => {
  const outputs: string[] = [];
  for (const { name, text } of casesOf(readFileSync(join(folder, file), 'utf8'))) {
    outputs.push(`-- case: ${name}\n${await outputOf(text)}\n`);
  }
  const path = join(folder, file.replace(/\.sql$/, '.out'));
  expect(differenceTo(path, outputs.join('\n'))).toBeUndefined();
});

type Case = { readonly name: string; readonly text: string };

/** A case whose name ends in `[crlf]` gets the line ends of Windows. */
function casesOf(content: string): readonly Case[] {
  return content
    .split(/^-- case: /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const name = part.slice(0, end);
      const text = part.slice(end + 1).trimEnd();
      return { name, text: name.endsWith('[crlf]') ? text.replaceAll('\n', '\r\n') : text };
    });
}

async function outputOf(text: string): Promise<string> {
  const isAggregate = (name: string): boolean => aggregates.has(name);
  const builtIn = async (names: readonly string[]): Promise<readonly string[]> =>
    await builtInNames(connection, names);
  const checked = await checkScript(text, { serialize, isAggregate, builtIn, tables: [] });
  if (checked.kind === 'errors') return rendered(text, checked.errors);
  return described(checked.script, checked.reads);
}

async function serialize(sql: string): Promise<unknown> {
  const rows = await connection.rows('SELECT json_serialize_sql($1::VARCHAR)::VARCHAR AS j', [sql]);
  return rows[0]?.['j'];
}

function rendered(text: string, errors: readonly ScriptError[]): string {
  return errors.map((error) => renderScriptError(text, error)).join('\n\n');
}

/** A line of JSON for everything in the script. */
function described(script: Script, reads: ReadonlyMap<SelectText, readonly string[]>): string {
  const replacer = (key: string, value: unknown): unknown => {
    if (key === 'position') return undefined;
    if (value instanceof RegExp) return `/${value.source}/`;
    if (typeof value !== 'object' || value === null || !('positionAt' in value)) return value;
    const select = value as SelectText;
    return { text: select.text, reads: reads.get(select) };
  };
  return Object.entries(script)
    .flatMap(([kind, items]) => items.map((item) => `${kind} ${JSON.stringify(item, replacer)}`))
    .join('\n');
}

function differenceTo(path: string, output: string): string | undefined {
  if (!existsSync(path)) {
    if (process.env['CI'] !== undefined) return `${path} is missing`;
    writeFileSync(path, output);
    return undefined;
  }
  if (readFileSync(path, 'utf8') === output) return undefined;
  writeFileSync(`${path}.changed`, output);
  return `${path} is not what comes out now: see ${path}.changed`;
}
