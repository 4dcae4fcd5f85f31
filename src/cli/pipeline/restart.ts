import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type { PipelineAnswer, PipelineRestartBody } from '../../server/api.ts';
import { pathPart } from '../client/client.ts';
import { onCall, withExamples, wordAt, type Runner } from '../commands/command.ts';
import type { Scope } from '../scope.ts';

type RestartOptions = {
  readonly from: string;
  readonly allowDuplicates?: boolean;
  readonly allowSkipping?: boolean;
  readonly yes?: boolean;
};

export function addRestartCommand(group: Command, run: Runner): void {
  const restart = group
    .command('restart <name>')
    .description('let a pipeline read on from elsewhere; says first what that doubles or skips')
    .requiredOption('--from <where>', 'earliest, latest, a time, or JSON of partition: position')
    .option('--allow-duplicates', 'records that are in the tables may come into them again')
    .option('--allow-skipping', 'records that are not in the tables may be left out')
    .option('-y, --yes', 'both, without being asked');
  withExamples(restart, [
    'pipeline restart shop --from earliest',
    'pipeline restart shop --from 2026-01-31T08:00:00Z --allow-duplicates',
    `pipeline restart shop --from '{"orders/3": "1234"}'`,
  ]);
  onCall<RestartOptions>(restart, run, async (scope, { words, options }) => {
    const name = wordAt(words, 0);
    const body = {
      restart_from: placeOf(options.from),
      allow_duplicates: options.allowDuplicates === true || options.yes === true,
      allow_skipping: options.allowSkipping === true || options.yes === true,
    };
    const pipeline = await restarted(scope, name, body);
    if (scope.output.isJson) return scope.output.json(pipeline);
    scope.output.talk(`Restarted pipeline ${pipeline.name}: ${pipeline.state}.`);
  });
}

export function addBackfillCommand(group: Command, run: Runner): void {
  const backfill = group
    .command('backfill <name>')
    .description('read what lies before the beginning of a pipeline, beside it, into its tables')
    .requiredOption('--from <where>', 'earliest, or a time');
  withExamples(backfill, ['pipeline backfill shop --from earliest']);
  onCall<{ readonly from: string }>(backfill, run, async (scope, { words, options }) => {
    const path = `/api/v1/pipelines/${pathPart(wordAt(words, 0))}/backfill`;
    const body = { from: options.from };
    const pipeline = await scope.withProgress(
      async (): Promise<PipelineAnswer> =>
        await scope.client.json({ method: 'POST', path, body, signal: scope.signal }),
    );
    if (scope.output.isJson) return scope.output.json(pipeline);
    scope.output.talk(
      `Began pipeline ${pipeline.name}: ${pipeline.state}. It finishes by itself; ` +
        `see how far it is with: helios pipeline show ${pipeline.name}`,
    );
  });
}

/** Asks where records would come twice or never, if there is somebody to be asked. */
async function restarted(
  scope: Scope,
  name: string,
  body: PipelineRestartBody,
): Promise<PipelineAnswer> {
  try {
    return await patch(scope, name, body);
  } catch (thrown) {
    const isQuestion = thrown instanceof HeliosError && Array.isArray(thrown.details?.['needs']);
    const canAsk = scope.context.isStdinTty && scope.context.isStderrTty && !scope.output.isJson;
    if (!isQuestion || !canAsk) throw thrown;
    await scope.confirm(`${thrown.message} Go ahead?`, false);
    return await patch(scope, name, { ...body, allow_duplicates: true, allow_skipping: true });
  }
}

async function patch(
  scope: Scope,
  name: string,
  body: PipelineRestartBody,
): Promise<PipelineAnswer> {
  const path = `/api/v1/pipelines/${pathPart(name)}`;
  return await scope.withProgress(
    async (): Promise<PipelineAnswer> =>
      await scope.client.json({ method: 'PATCH', path, body, signal: scope.signal }),
  );
}

/** JSON begins with a brace; everything else is Helios's to read. */
export function placeOf(text: string): PipelineRestartBody['restart_from'] {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(text) as Exclude<PipelineRestartBody['restart_from'], string>;
  } catch (thrown) {
    throw new HeliosError('invalid_request', `--from is not JSON: ${String(thrown)}.`, {
      hint: `Write partition and position: --from '{"orders/3": "1234"}'.`,
      cause: thrown,
    });
  }
}
