import type { Command } from 'commander';
import type { PipelineAnswer, PipelineListAnswer } from '../../server/api.ts';
import { inSource } from '../failures.ts';
import { byteText, groupDigits } from '../render/numbers.ts';
import {
  changed,
  discard,
  getPipeline,
  hotRows,
  type LossOptions,
  pipelinePath,
  weighLoss,
  yes,
} from '../pipeline/change.ts';
import { addEditCommand } from '../pipeline/edit.ts';
import { printPlan, showPlan } from '../pipeline/plan.ts';
import { addPreviewCommand } from '../pipeline/preview.ts';
import { addBackfillCommand, addRestartCommand } from '../pipeline/restart.ts';
import { checkScript, inlineScript, type ScriptOptions, scriptOf } from '../pipeline/script.ts';
import { showPipeline, stateText, waitsOf } from '../pipeline/show.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

type CreateOptions = ScriptOptions & { readonly adopt?: boolean; readonly allowSkipping?: boolean };
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
  addEditCommand(group, run);
  addTrying(group, run);
  addPreviewCommand(group, run);
  addLooking(group, run);
  addPlan(group, run);
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
}

function addTrying(group: Command, run: Runner): void {
  const validate = group
    .command('validate [file]')
    .description('say what is wrong with a script, and what its sinks would hold')
    .option('--plan', 'its operators instead: sources, windows, keys, state, sinks')
    .option(...inlineScript);
  onCall<ScriptOptions & { readonly plan?: boolean }>(
    validate,
    run,
    async (scope, { words, options }) => {
      const source = await scriptOf(scope, wordAt(words, 0), options.command);
      const answer = await checkScript(scope, source);
      if (options.plan === true) return await printPlan(scope, answer);
      if (scope.output.isJson) return scope.output.json(answer);
      for (const sink of answer.sinks) {
        await scope.output.line(sink.name);
        await scope.table(
          [{ name: 'column' }, { name: 'type' }],
          sink.columns.map((column) => [column.name, column.type]),
        );
      }
      scope.output.talk(`${source.name} is fine.`);
    },
  );
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

function addPlan(group: Command, run: Runner): void {
  const plan = group
    .command('plan <name>')
    .description('the operators by which it runs: sources, windows, keys, state, sinks');
  onCall(plan, run, async (scope, { words }) => {
    await showPlan(scope, wordAt(words, 0));
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

function waitText(pipeline: PipelineAnswer): string {
  return waitsOf(pipeline).find(({ waiting }) => waiting !== undefined)?.waiting?.message ?? '';
}
