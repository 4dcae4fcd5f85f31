import type { Command } from 'commander';
import type {
  CareLine,
  DescriptionAnswer,
  HistoryAnswer,
  OptimizeAnswer,
  OptimizeBody,
  RestoreAnswer,
  RestoreBody,
  VacuumAnswer,
  VacuumBody,
} from '../../server/care/care-api.ts';
import { errorOfBody, pathPart } from '../client/client.ts';
import { jsonLines } from '../client/lines.ts';
import { onCall, type Runner, wordAt } from '../commands/command.ts';
import { parseBytes, parseDurationMs, parseInteger } from '../quantity.ts';
import { byteText, durationText, groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { describeLines, historyRows } from './care-text.ts';

type OptimizeOptions = { readonly sortBy?: string; readonly fileSize?: number };
type VacuumOptions = {
  readonly dryRun?: boolean;
  readonly retain?: number;
  readonly force?: boolean;
};
type RestoreOptions = {
  readonly version?: number;
  readonly timestamp?: string;
  readonly yes?: boolean;
};

/** `helios table optimize|vacuum|history|describe|restore`. */
export function addCareCommands(group: Command, run: Runner): void {
  addLooks(group, run);
  const optimize = group
    .command('optimize <name>')
    .description('merge small files now; it also happens by itself')
    .option('--sort-by <columns>', 'rewrite whole partitions, sorted: a,b')
    .option('--file-size <size>', 'how long files shall be, such as 256MB', parseBytes);
  onCall<OptimizeOptions>(optimize, run, async (scope, { words, options }) =>
    optimizeTable(scope, wordAt(words, 0), options),
  );
  const vacuum = group
    .command('vacuum <name>')
    .description('delete files that no version of the last days needs')
    .option('--dry-run', 'list them, and delete nothing')
    .option(
      '--retain <duration>',
      "keep what the table let go for this long: '7d'",
      parseDurationMs,
    )
    .option('--force', 'less than 7 days, though somebody may be reading such files');
  onCall<VacuumOptions>(vacuum, run, async (scope, { words, options }) =>
    vacuumTable(scope, wordAt(words, 0), options),
  );
  const restore = group
    .command('restore <name>')
    .description('make a table what it was, by a new version')
    .option('--version <n>', 'the version', parseInteger(0, Number.MAX_SAFE_INTEGER))
    .option('--timestamp <time>', 'what it was then: 2026-01-31T12:00:00Z')
    .option('-y, --yes', 'do not ask');
  onCall<RestoreOptions>(restore, run, async (scope, { words, options }) =>
    restoreTable(scope, wordAt(words, 0), options),
  );
}

function addLooks(group: Command, run: Runner): void {
  const history = group
    .command('history <name>')
    .description('versions of a Delta table, the newest first')
    .option('--limit <n>', 'how many', parseInteger(1, 9_999), 20);
  onCall<{ limit: number }>(history, run, async (scope, { words, options }) => {
    const path = `${tablePath(wordAt(words, 0))}/history?limit=${options.limit}`;
    const answer = await get<HistoryAnswer>(scope, path);
    if (scope.output.isJson) return await scope.output.json(answer);
    const { columns, rows } = historyRows(answer.versions);
    await scope.table(columns, rows);
  });
  const describe = group
    .command('describe <name>')
    .description('columns, partitions, properties, files and feeders of a Delta table');
  onCall(describe, run, async (scope, { words }) => {
    const path = `${tablePath(wordAt(words, 0))}/description`;
    const answer = await get<DescriptionAnswer>(scope, path);
    if (scope.output.isJson) return await scope.output.json(answer);
    await scope.table(
      [{ name: 'column' }, { name: 'type' }],
      answer.columns.map(({ name, type }) => [name, type]),
    );
    for (const line of describeLines(answer)) await scope.output.line(line);
  });
}

async function optimizeTable(
  scope: Scope,
  name: string,
  { sortBy, fileSize }: OptimizeOptions,
): Promise<void> {
  const columns = sortBy?.split(',').map((column) => column.trim());
  const body: OptimizeBody = { sort_by: columns, target_bytes: fileSize };
  const path = `${tablePath(name)}/optimize`;
  const result = await lastLine<OptimizeAnswer>(scope, path, body);
  if (scope.output.isJson) return await scope.output.json(result);
  for (const { message } of result.left_alone) scope.output.alarm(message);
  const { files_before: before, files_after: after } = result;
  if (result.version === undefined) {
    await scope.output.line(`${name}: there was nothing to merge.`);
    return;
  }
  const sizes = `${byteText(result.bytes_before)} → ${byteText(result.bytes_after)}`;
  await scope.output.line(
    `${name}: ${groupDigits(before)} files → ${groupDigits(after)}, ${sizes}, ` +
      `version ${result.version}.`,
  );
}

async function vacuumTable(scope: Scope, name: string, options: VacuumOptions): Promise<void> {
  const { retain: retainMs, dryRun, force } = options;
  const body: VacuumBody = { retain_ms: retainMs, dry_run: dryRun, force };
  const path = `${tablePath(name)}/vacuum`;
  const result = await lastLine<VacuumAnswer>(scope, path, body);
  if (scope.output.isJson) return await scope.output.json(result);
  if (result.dry_run) for (const file of result.paths) await scope.output.line(file);
  const verb = result.dry_run ? 'would delete' : 'deleted';
  const kept = durationText(result.retain_ms);
  scope.output.talk(
    `${name}: ${verb} ${groupDigits(result.files)} files, ${byteText(result.bytes)}; ` +
      `${groupDigits(result.orphans)} of them were named by no version. Kept: ${kept}.`,
  );
  if (result.uploads > 0) scope.output.talk(`${result.uploads} abandoned uploads, too.`);
}

async function restoreTable(
  scope: Scope,
  name: string,
  { version, timestamp, yes }: RestoreOptions,
): Promise<void> {
  const path = `${tablePath(name)}/restore`;
  const post = async (body: RestoreBody): Promise<RestoreAnswer> =>
    await scope.client.json({ method: 'POST', path, body, signal: scope.signal });
  const plan = await post({ version, timestamp, dry_run: true });
  const question =
    `Restore ${name} to version ${plan.to_version}? ` +
    `${filesText(plan.files_removed, plan.rows_removed)} go, ` +
    `${filesText(plan.files_added, plan.rows_added)} come back.${feedersText(plan)}`;
  await scope.confirm(question, yes === true);
  // The version, not the time: what was said is what is done.
  const done = await post({ version: plan.to_version });
  if (scope.output.isJson) return await scope.output.json(done);
  if (!done.committed) return scope.output.talk(`${name} is as it was at ${done.to_version}.`);
  const files = `${filesText(done.files_removed, done.rows_removed)} went`;
  const back = `${filesText(done.files_added, done.rows_added)} came back`;
  await scope.output.line(
    `${name} is version ${done.version}, as it was at ${done.to_version}: ${files}, ${back}.`,
  );
}

function feedersText({ fed_by: feeders }: RestoreAnswer): string {
  if (feeders.length === 0) return '';
  return (
    ` ${feeders.join(', ')} will go on after its newest rows, and not write again ` +
    'those that the restore takes away.'
  );
}

function filesText(files: number, rows: number | undefined): string {
  const some = files === 1 ? '1 file' : `${groupDigits(files)} files`;
  return rows === undefined ? some : `${some} (${groupDigits(rows)} rows)`;
}

/** Shows the progress, and gives the result. */
async function lastLine<Result>(scope: Scope, path: string, body: unknown): Promise<Result> {
  const progress = scope.progressLine();
  try {
    const stream = await scope.client.stream({ method: 'POST', path, body, signal: scope.signal });
    for await (const line of jsonLines<CareLine<Result>>(stream)) {
      if ('error' in line) throw errorOfBody(line.error);
      if ('result' in line) return line.result;
      const { done: count, total } = line.progress;
      const percent = total === undefined || total === 0 ? undefined : (100 * count) / total;
      progress.update({ count, unit: 'files', percent });
    }
    throw errorOfBody({ code: 'unavailable', message: 'The answer has no end.', id: '' });
  } finally {
    progress.stop();
  }
}

async function get<Answer>(scope: Scope, path: string): Promise<Answer> {
  return await scope.client.json<Answer>({ method: 'GET', path, signal: scope.signal });
}

function tablePath(name: string): string {
  return `/api/v1/tables/${pathPart(name)}`;
}
