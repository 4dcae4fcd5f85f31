import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Connection } from '../../src/engine/engine.ts';
import { quoteText } from '../../src/engine/types.ts';

/**
 * A script, and for each sink the query over the input files that says what it holds. In a file of
 * cases each begins with a line `-- case: name` and the script; a line `-- equals` or
 * `-- equals SINK` begins the query. See sources.sql and tables.sql for what both may name.
 */
export type StreamingCase = {
  readonly name: string;
  /** Its INSERTs are into sinks of its own. */
  readonly script: string;
  /** Sink → query. */
  readonly equals: ReadonlyMap<string, string>;
};

/** The folder of the suite: relative paths of its scripts begin here. */
export const suiteFolder: string = import.meta.dirname;

/** The sink of a script that ends with a SELECT. */
const onlySink = 'result';

const sources = statementsOf(readText(join(suiteFolder, 'sources.sql')));

/** Names of the files of a subfolder, without their ends, and the cases of each. */
export function readCases(folder: string): ReadonlyMap<string, readonly StreamingCase[]> {
  const names = readdirSync(join(suiteFolder, folder)).filter((name) => name.endsWith('.sql'));
  return new Map(
    names.map((name) => {
      const parts = readText(join(suiteFolder, folder, name)).split(/^-- case: /m);
      return [basename(name, '.sql'), parts.slice(1).map(caseOf)];
    }),
  );
}

/** Gives a connection what queries may name: see tables.sql. */
export async function openOracle(connection: Connection): Promise<void> {
  await connection.execute(`SET VARIABLE input = ${quoteText(join(suiteFolder, 'input'))}`);
  const tables = readText(join(suiteFolder, 'tables.sql'));
  for (const statement of statementsOf(tables)) await connection.execute(statement);
}

/** A script, then the sources that it names, then its sinks: files of their names in a folder. */
export function wholeScript(script: string, folder: string): string {
  const read = sources.filter((source) => {
    const name = nameOf(source);
    return new RegExp(`\\b${name}\\b`, 'i').test(script) && !isCreated(name, script);
  });
  const made = sinksOf(script).map(
    (name) => `CREATE TABLE ${name} WITH (connector = 'single_file', format = 'json',
  path = '${join(folder, name)}.json', type = 'sink');`,
  );
  return [script, ...read, ...made].join('\n');
}

/** Several cases as one script; the sinks of each have its index behind their names. */
export function scriptOfAll(cases: readonly StreamingCase[]): string {
  const scripts = cases.map(({ script }, index) => {
    const sinks = sinksOf(script);
    return script.replaceAll(/^(insert into )(\w+)/gim, (all, words: string, name: string) =>
      sinks.includes(name) ? `${words}${sinkOfCase(name, index)}` : all,
    );
  });
  return scripts.join('\n');
}

/** What `scriptOfAll` calls a sink. */
export function sinkOfCase(name: string, index: number): string {
  return `${name}_${index}`;
}

function caseOf(part: string): StreamingCase {
  const [head = '', ...queries] = part.split(/^-- equals(?=[ \n])/m);
  const end = head.indexOf('\n');
  const equals = queries.map((query) => {
    const [first = '', ...lines] = query.split('\n');
    return [first.trim() || onlySink, lines.join('\n').trim()] as const;
  });
  return {
    name: head.slice(0, end),
    script: inserting(head.slice(end + 1).trim()),
    equals: new Map(equals),
  };
}

/** A script's last SELECT goes into a sink. */
function inserting(script: string): string {
  const last = statementsOf(script).at(-1) ?? '';
  if (!/^(select|with|from)\b/i.test(last)) return script;
  const at = script.lastIndexOf(last);
  return `${script.slice(0, at)}INSERT INTO ${onlySink}\n${script.slice(at)}`;
}

/** Where a script's INSERTs go, but tables that it makes itself. */
function sinksOf(script: string): readonly string[] {
  const names = [...script.matchAll(/^insert into (\w+)/gim)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => !isCreated(name, script));
}

function isCreated(name: string, text: string): boolean {
  return new RegExp(`create (table|view) ${name}\\b`, 'i').test(text);
}

function nameOf(source: string): string {
  return /create table (\w+)/i.exec(source)?.[1] ?? '';
}

/** Each ends with a semicolon at the end of a line. */
function statementsOf(script: string): readonly string[] {
  return script
    .split(/(?<=;)\s*\n/)
    .map((statement) => statement.replace(/^(\s*--.*\n)+/, '').trim())
    .filter((statement) => statement !== '');
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
