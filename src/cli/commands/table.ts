import { type Command, InvalidArgumentError } from 'commander';
import type { TableAnswer, TableListAnswer } from '../../server/api.ts';
import { isRemotePath } from '../../sql/connector/availability.ts';
import { pathPart } from '../client/client.ts';
import { byteText, groupDigits } from '../render/numbers.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';
import type { Scope } from '../scope.ts';
import { addCareCommands } from '../table/care-commands.ts';

export function addTableCommand(program: Command, run: Runner): void {
  const group = program.command('table').description('what SQL can read');
  withExamples(group, [
    'table list',
    'table show shop_events',
    'table history shop_events                what each version did',
    'table restore shop_events --version 41   make it what it was',
    'table attach history /data/history      a Delta table, or a folder of Parquet, CSV or JSON',
    'table attach lake s3://bucket/lake --storage-option aws_region=eu-west-1',
  ]);
  onCall(group.command('list').description('all tables'), run, listTables);
  const show = group
    .command('show <name>')
    .description('columns, version, files, rows of one table');
  onCall(show, run, (scope, { words }) => showTable(scope, wordAt(words, 0)));
  const attach = group
    .command('attach <name> [path]')
    .option(
      '--storage-option <name=value>',
      'how to reach the store, as often as needed; secrets as references, such as env:NAME',
      addStorageOption,
      {},
    )
    .description('read what something else writes; without a path, the folder of that name here');
  onCall<AttachOptions>(attach, run, async (scope, { words, options }) => {
    const name = wordAt(words, 0);
    const { storageOption: given = {} } = options;
    const stored = Object.keys(given).length === 0 ? {} : { storage_options: given };
    const typed = words[1] ?? name;
    const place = isRemotePath(typed) ? typed : scope.path(typed);
    const body = { name, path: place, ...stored };
    const path = '/api/v1/tables';
    const table = await scope.client.json<TableAnswer>({
      method: 'POST',
      path,
      body,
      signal: scope.signal,
    });
    if (scope.output.isJson) return scope.output.json(table);
    scope.output.talk(`Attached ${table.name}: ${groupDigits(table.rows)} rows at ${table.path}.`);
  });
  addCareCommands(group, run);
  const detach = group
    .command('detach <name>')
    .description('forget an attached table; its files stay');
  onCall(detach, run, async (scope, { words }) => {
    const name = wordAt(words, 0);
    await scope.client.json({ method: 'DELETE', path: tablePath(name), signal: scope.signal });
    if (scope.output.isJson) return scope.output.json({ detached: name });
    scope.output.talk(`Detached ${name}. Its files stay.`);
  });
}

type AttachOptions = { readonly storageOption?: Readonly<Record<string, string>> | undefined };

function addStorageOption(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const end = text.indexOf('=');
  if (end > 0) return { ...before, [text.slice(0, end)]: text.slice(end + 1) };
  throw new InvalidArgumentError('It is NAME=VALUE, such as aws_region=eu-west-1.');
}

/** The tables as a list for a person, or as JSON. Also the shell's `\d`. */
export async function listTables(scope: Scope): Promise<void> {
  const path = '/api/v1/tables';
  const answer = await scope.client.json<TableListAnswer>({
    method: 'GET',
    path,
    signal: scope.signal,
  });
  if (scope.output.isJson) return scope.output.json(answer);
  await scope.table(
    [
      { name: 'name' },
      { name: 'kind' },
      { name: 'rows', type: 'BIGINT' },
      { name: 'hot rows', type: 'BIGINT' },
      { name: 'files', type: 'BIGINT' },
      { name: 'size', type: 'BIGINT' },
      { name: 'newest event' },
    ],
    answer.tables.map((table) => [
      table.name,
      kindText(table),
      groupDigits(table.rows),
      groupDigits(table.hot_rows),
      groupDigits(table.files),
      byteText(table.bytes),
      table.newest_event ?? '',
    ]),
  );
  for (const { name, error } of answer.tables) {
    if (error === undefined) continue;
    await scope.output.line(`${name} can't be asked now: ${error.message}`);
    if (error.hint !== undefined) await scope.output.line(`  ${error.hint}`);
  }
}

function kindText({ kind }: TableAnswer): string {
  return kind.replaceAll('_', ' ');
}

/** One table for a person, or as JSON. Also the shell's `\d NAME`. */
export async function showTable(scope: Scope, name: string): Promise<void> {
  const table = await scope.client.json<TableAnswer>({
    method: 'GET',
    path: tablePath(name),
    signal: scope.signal,
  });
  if (scope.output.isJson) return scope.output.json(table);
  const version = table.version === undefined ? '' : `, version ${table.version}`;
  await scope.output.line(`${table.name} (${kindText(table)}${version})${atPath(table)}`);
  await scope.table(
    [{ name: 'column' }, { name: 'type' }],
    table.columns.map((column) => [column.name, column.type]),
  );
  const rows = `${groupDigits(table.rows)} rows (${groupDigits(table.hot_rows)} of them hot)`;
  const files = `${groupDigits(table.files)} files, ${byteText(table.bytes)}`;
  await scope.output.line(`${rows}, ${files}`);
  if (table.newest_event !== undefined)
    await scope.output.line(`newest event ${table.newest_event}`);
  if (table.rejected_count > 0) {
    await scope.output.line(
      `${groupDigits(table.rejected_count)} rejected records (see: quarantine)`,
    );
  }
}

function atPath(table: TableAnswer): string {
  return table.path === undefined ? '' : ` at ${table.path}`;
}

function tablePath(name: string): string {
  return `/api/v1/tables/${pathPart(name)}`;
}
