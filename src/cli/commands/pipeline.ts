import type { Command } from 'commander';
import type {
  PipelineAnswer,
  PipelineListAnswer,
  PreviewLine,
  ValidateAnswer,
} from '../../server/api.ts';
import { HeliosError } from '../../base/errors.ts';
import { errorOfBody, pathPart } from '../client/client.ts';
import { inSource, scriptFailures } from '../failures.ts';
import { parseDurationMs, parseInteger } from '../quantity.ts';
import type { SourceText } from '../render/failure.ts';
import { byteText, groupDigits } from '../render/numbers.ts';
import { type ScriptText, withFunctionFiles } from '../pipeline/function-files.ts';
import { addBackfillCommand, addRestartCommand } from '../pipeline/restart.ts';
import { showPipeline, stateText, waitsOf } from '../pipeline/show.ts';
import type { Scope } from '../scope.ts';
import { jsonLines } from '../client/lines.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

type ScriptOptions = { readonly command?: string };
type CreateOptions = ScriptOptions & { readonly adopt?: boolean; readonly allowSkipping?: boolean };
type LossOptions = { readonly discard?: boolean; readonly yes?: boolean };
type PreviewOptions = ScriptOptions & {
  readonly maxRows: number;
  readonly timeout: number;
  readonly live?: boolean;
};

const inlineScript = ['-c, --command <sql>', 'the script itself, instead of a file'] as const;
const discard = [
  '--discard',
  'lose the rows that are not in files yet, instead of rolling them',
] as const;
const yes = ['-y, --yes', 'do not ask'] as const;

export function addPipelineCommand(program: Command, run: Runner): void {
  const group = program.command('pipeline').description('SQL scripts that run all the time');
  withExamples(group, [
    'pipeline validate shop.sql',
    'pipeline create shop shop.sql',
    'pipeline list',
    'pipeline edit shop shop.sql',
    'pipeline restart shop --from 2026-01-31T08:00:00Z',
    'pipeline delete shop --yes',
  ]);
  addWriting(group, run);
  addTrying(group, run);
  addLooking(group, run);
  addStopping(group, run);
  addRestartCommand(group, run);
  addBackfillCommand(group, run);
}

function addWriting(group: Command, run: Runner): void {
  const create = group
    .command('create <name> [file]')
    .description('make a pipeline of a script (a file, - for stdin) and start it')
    .option(...inlineScript)
    .option('--adopt', 'go on with tables whose pipeline lost its state')
    .option('--allow-skipping', 'adopt though records are gone that are in no table');
  onCall<CreateOptions>(create, run, async (scope, { words, options }) => {
    const source = await scriptOf(scope, wordAt(words, 1), options.command);
    await checkScript(scope, source);
    const { adopt, allowSkipping: allow_skipping } = options;
    const body = { name: wordAt(words, 0), sql: source.sql, adopt, allow_skipping };
    await changed(scope, 'Created', () =>
      inSource(source, () =>
        scope.client.json({
          method: 'POST',
          path: '/api/v1/pipelines',
          body,
          signal: scope.signal,
        }),
      ),
    );
  });
  const edit = group
    .command('edit <name> [file]')
    .description('replace the script; positions stay, rows are rolled first')
    .option(...inlineScript)
    .option(...discard)
    .option(...yes);
  onCall<ScriptOptions & LossOptions>(edit, run, async (scope, { words, options }) => {
    const source = await scriptOf(scope, wordAt(words, 1), options.command);
    await checkScript(scope, source);
    const name = wordAt(words, 0);
    await weighLoss(scope, name, 'Edit', options);
    await changed(scope, 'Edited', () =>
      inSource(source, () =>
        scope.client.json({
          method: 'PATCH',
          path: pipelinePath(name, options),
          body: { sql: source.sql },
          signal: scope.signal,
        }),
      ),
    );
  });
}

function addTrying(group: Command, run: Runner): void {
  const validate = group
    .command('validate [file]')
    .description('say what is wrong with a script, and what its sinks would hold')
    .option(...inlineScript);
  onCall<ScriptOptions>(validate, run, async (scope, { words, options }) => {
    const source = await scriptOf(scope, wordAt(words, 0), options.command);
    const answer = await checkScript(scope, source);
    if (scope.output.isJson) return scope.output.json(answer);
    for (const sink of answer.sinks) {
      await scope.output.line(sink.name);
      await scope.table(
        [{ name: 'column' }, { name: 'type' }],
        sink.columns.map((column) => [column.name, column.type]),
      );
    }
    scope.output.talk(`${source.name} is fine.`);
  });
  const preview = group
    .command('preview [file]')
    .description('run a script without its sinks, and show the rows they would get')
    .option(...inlineScript)
    .option('--max-rows <n>', 'end after so many rows', parseInteger(1, 1_000_000), 100)
    .option('--timeout <duration>', 'end after so long', parseDurationMs, 10_000)
    .option('--live', 'only what arrives from now on');
  onCall<PreviewOptions>(preview, run, async (scope, { words, options }) => {
    const source = await scriptOf(scope, wordAt(words, 0), options.command);
    await checkScript(scope, source);
    await inSource(source, () => showPreview(scope, source.sql, options));
  });
}

function addLooking(group: Command, run: Runner): void {
  const list = group.command('list').description('all pipelines and how they are');
  onCall(list, run, async (scope) => {
    const path = '/api/v1/pipelines';
    const answer = await scope.client.json<PipelineListAnswer>({
      method: 'GET',
      path,
      signal: scope.signal,
    });
    if (scope.output.isJson) return scope.output.json(answer);
    await scope.table(
      [
        { name: 'name' },
        { name: 'state' },
        { name: 'read', type: 'BIGINT' },
        { name: 'rejected', type: 'BIGINT' },
        { name: 'hot rows', type: 'BIGINT' },
        { name: 'error' },
      ],
      answer.pipelines.map((pipeline) => [
        pipeline.name,
        stateText(pipeline),
        byteText(pipeline.bytes_in),
        groupDigits(pipeline.records_rejected),
        groupDigits(hotRows(pipeline)),
        pipeline.error?.message ?? waitText(pipeline),
      ]),
    );
  });
  const show = group
    .command('show <name>')
    .description('one pipeline: script, sources, sinks, error');
  onCall(show, run, async (scope, { words }) => {
    const pipeline = await getPipeline(scope, wordAt(words, 0));
    if (scope.output.isJson) return scope.output.json(pipeline);
    await showPipeline(scope, pipeline);
  });
}

function addStopping(group: Command, run: Runner): void {
  const start = group
    .command('start <name>')
    .description('let a stopped pipeline go on where it was');
  onCall(start, run, async (scope, { words }) => {
    const path = pipelinePath(wordAt(words, 0), {});
    const body = { state: 'running' };
    await changed(scope, 'Started', () =>
      scope.client.json({ method: 'PATCH', path, body, signal: scope.signal }),
    );
  });
  addPausing(group, run);
  const stop = group
    .command('stop <name>')
    .description('stop a pipeline; its rows are rolled first')
    .option(...discard)
    .option(...yes);
  onCall<LossOptions>(stop, run, async (scope, { words, options }) => {
    const name = wordAt(words, 0);
    await weighLoss(scope, name, 'Stop', options);
    const body = { state: 'stopped' };
    await changed(scope, 'Stopped', () =>
      scope.client.json({
        method: 'PATCH',
        path: pipelinePath(name, options),
        body,
        signal: scope.signal,
      }),
    );
  });
  const remove = group
    .command('delete <name>')
    .description('delete a pipeline; its tables stay')
    .option(...discard)
    .option(...yes);
  onCall<LossOptions>(remove, run, async (scope, { words, options }) => {
    const name = wordAt(words, 0);
    await weighLoss(scope, name, 'Delete', options);
    const path = pipelinePath(name, options);
    await scope.withProgress(() =>
      scope.client.json({ method: 'DELETE', path, signal: scope.signal }),
    );
    if (scope.output.isJson) return scope.output.json({ deleted: name });
    scope.output.talk(`Deleted pipeline ${name}. Its tables stay.`);
  });
}

function addPausing(group: Command, run: Runner): void {
  const words = [
    ['pause', 'Paused', 'paused', 'stop reading at once; rows that are hot stay hot'],
    ['resume', 'Resumed', 'running', 'let a paused pipeline go on where it was'],
  ] as const;
  for (const [word, done, state, description] of words) {
    const command = group.command(`${word} <name>`).description(description);
    onCall(command, run, async (scope, call) => {
      const path = pipelinePath(wordAt(call.words, 0), {});
      await changed(scope, done, () =>
        scope.client.json({ method: 'PATCH', path, body: { state }, signal: scope.signal }),
      );
    });
  }
}

async function scriptOf(
  scope: Scope,
  file: string,
  command: string | undefined,
): Promise<ScriptText> {
  return await withFunctionFiles(scope, await writtenScript(scope, file, command));
}

async function writtenScript(
  scope: Scope,
  file: string,
  command: string | undefined,
): Promise<SourceText> {
  if (command !== undefined) return { name: '-c', text: command };
  if (file !== '') return withText(await scope.readText(file));
  if (!scope.context.isStdinTty) return withText(await scope.readText('-'));
  throw new HeliosError('invalid_request', 'There is no script.', {
    hint: 'Give a file, - for stdin, or -c with the SQL.',
  });
}

function withText(source: SourceText): SourceText {
  if (source.text.trim() !== '') return source;
  throw new HeliosError('invalid_request', `${source.name} is empty.`, {
    hint: 'Give a file, - for stdin, or -c with the SQL.',
  });
}

/** All errors of a script at once, where it has any. */
async function checkScript(
  scope: Scope,
  source: ScriptText,
): Promise<Extract<ValidateAnswer, { valid: true }>> {
  const answer = await scope.client.json<ValidateAnswer>({
    method: 'POST',
    path: '/api/v1/pipelines/validate',
    body: { sql: source.sql },
    signal: scope.signal,
  });
  if (!answer.valid) throw scriptFailures(answer.errors, source);
  return answer;
}

async function showPreview(scope: Scope, sql: string, options: PreviewOptions): Promise<void> {
  const body = {
    sql,
    max_rows: options.maxRows,
    timeout_ms: options.timeout,
    input: options.live === true ? 'live' : 'history',
  };
  const path = '/api/v1/pipelines/preview';
  const stream = await scope.client.stream({ method: 'POST', path, body, signal: scope.signal });
  const columns = new Map<string, readonly string[]>();
  for await (const line of jsonLines<PreviewLine>(stream)) {
    if ('error' in line) throw errorOfBody(line.error);
    if (line.kind === 'columns')
      columns.set(
        line.sink,
        line.columns.map((column) => column.name),
      );
    if (line.kind === 'rows') {
      const names = columns.get(line.sink) ?? [];
      for (const row of line.rows) {
        const entries = names.map((name, index) => [name, row[index] ?? null]);
        await scope.output.line(
          JSON.stringify({ sink: line.sink, row: Object.fromEntries(entries) }),
        );
      }
    }
    if (line.kind === 'rejected') scope.output.talk(`rejected (${line.code}): ${line.message}`);
    if (line.kind === 'end') {
      const rejected = groupDigits(line.rejected_count);
      const counts = `${groupDigits(line.row_count)} rows, ${rejected} rejected`;
      scope.output.talk(`${counts} (${line.reason.replaceAll('_', ' ')}). Nothing was written.`);
    }
  }
}

function pipelinePath(name: string, options: LossOptions): string {
  return `/api/v1/pipelines/${pathPart(name)}${options.discard === true ? '?discard=true' : ''}`;
}

async function getPipeline(scope: Scope, name: string): Promise<PipelineAnswer> {
  return scope.client.json({ method: 'GET', path: pipelinePath(name, {}), signal: scope.signal });
}

/** Says what happens to rows that are not in files yet; asks where something is lost or deleted. */
async function weighLoss(
  scope: Scope,
  name: string,
  verb: 'Stop' | 'Edit' | 'Delete',
  options: LossOptions,
): Promise<void> {
  const rows = hotRows(await getPipeline(scope, name));
  const isLosing = options.discard === true;
  const rowText = `${groupDigits(rows)} hot rows`;
  if (isLosing || verb === 'Delete') {
    const loss = isLosing ? `${rowText} will be lost.` : `${rowText} are rolled into files first.`;
    await scope.confirm(`${verb} pipeline ${name}? ${loss}`, options.yes === true);
    return;
  }
  if (rows > 0)
    scope.output.talk(`Rolling ${rowText} into files first (--discard would lose them).`);
}

async function changed(
  scope: Scope,
  what: string,
  action: () => Promise<PipelineAnswer>,
): Promise<void> {
  const pipeline = await scope.withProgress(action);
  if (scope.output.isJson) return scope.output.json(pipeline);
  scope.output.talk(`${what} pipeline ${pipeline.name}: ${pipeline.state}.`);
  const { error } = pipeline;
  if (error === undefined) return;
  const isWaiting = pipeline.state === 'retrying';
  scope.output.alarm(`${isWaiting ? 'warning' : 'error'}: ${error.message}`);
  if (error.hint !== undefined) scope.output.alarm(`hint: ${error.hint}`);
  if (isWaiting) scope.output.talk('It waits for that, and tries again by itself.');
}

function waitText(pipeline: PipelineAnswer): string {
  return waitsOf(pipeline).find(({ waiting }) => waiting !== undefined)?.waiting?.message ?? '';
}

function hotRows(pipeline: PipelineAnswer): number {
  return pipeline.sinks.reduce((sum, sink) => sum + sink.hot_rows, 0);
}
