import type { Command } from 'commander';
import type {
  QuarantineAnswer,
  QuarantineReplayBody,
  QuarantineTrialAnswer,
  QuarantineTrialBody,
  RefusedRecords,
  ReplayAnswer,
  ReplayListAnswer,
} from '../../server/quarantine/quarantine-api.ts';
import { pathPart } from '../client/client.ts';
import { onCall, type Runner, withExamples, wordAt } from '../commands/command.ts';
import { groupDigits } from '../render/numbers.ts';
import { withFunctionFiles } from '../pipeline/function-files.ts';
import type { Scope } from '../scope.ts';

type FilterOptions = {
  readonly source?: string;
  readonly code?: string;
  readonly column?: string;
  readonly from?: string;
  readonly until?: string;
};
type TrialOptions = FilterOptions & { readonly file?: string };
type ReplayOptions = FilterOptions & { readonly key?: string; readonly wait: boolean };

const path = '/api/v1/quarantine';
/** A replay that runs is looked at this often. */
const lookIntervalMs = 250;

export function addQuarantineCommand(program: Command, run: Runner): void {
  const group = program.command('quarantine').description('rejected records, tried and replayed');
  withExamples(group, [
    'quarantine list',
    'quarantine try shop                      how many would pass now, and why others fail',
    'quarantine try shop --file shop.sql      or with this SQL',
    'quarantine replay shop --code type_mismatch --from 2026-01-31T08:00:00Z',
    `sql -c "select code, message, raw_text from quarantine where pipeline = 'shop'"`,
  ]);
  const list = group.command('list [pipeline]').description('how many there are, by their state');
  onCall(list, run, (scope, { words }) => listRejected(scope, words[0]));
  const trial = withFilter(group.command('try <pipeline>'))
    .description('what a replay would make of them now; writes nothing')
    .option('-f, --file <file>', "SQL to try in place of the pipeline's own; - is stdin");
  onCall<TrialOptions>(trial, run, (scope, { words, options }) =>
    tryRecords(scope, wordAt(words, 0), options),
  );
  const replay = withFilter(group.command('replay <pipeline>'))
    .description('send them through the pipeline once more, each at most once')
    .option('--key <key>', 'the same key again is the same replay')
    .option('--no-wait', 'only ask for it; it goes on by itself');
  onCall<ReplayOptions>(replay, run, (scope, { words, options }) =>
    replayRecords(scope, wordAt(words, 0), options),
  );
  const replays = group.command('replays [pipeline]').description('the last replays, newest first');
  onCall(replays, run, (scope, { words }) => listReplays(scope, words[0]));
}

function withFilter(command: Command): Command {
  return command
    .option('--source <table>', 'of this source table')
    .option('--code <code>', 'rejected for this reason, such as type_mismatch')
    .option('--column <name>', 'whose message names this column')
    .option('--from <time>', 'rejected then or later: 2026-01-31T08:00:00Z')
    .option('--until <time>', 'rejected before then');
}

function filterOf(
  pipeline: string,
  { source, code, column, from, until }: FilterOptions,
): Readonly<Record<string, string | undefined>> & { readonly pipeline: string } {
  return { pipeline, source, code, column, from, until };
}

async function listRejected(scope: Scope, pipeline: string | undefined): Promise<void> {
  const answer = await scope.client.json<QuarantineAnswer>({
    method: 'GET',
    path: withPipeline(path, pipeline),
    signal: scope.signal,
  });
  if (scope.output.isJson) return await scope.output.json(answer);
  await scope.table(
    [
      { name: 'pipeline' },
      { name: 'source' },
      { name: 'open', type: 'BIGINT' },
      { name: 'failed again', type: 'BIGINT' },
      { name: 'replayed', type: 'BIGINT' },
    ],
    answer.counts.map((count) => [
      count.pipeline,
      count.source,
      groupDigits(count.open),
      groupDigits(count.failed_again),
      groupDigits(count.replayed),
    ]),
  );
}

async function tryRecords(scope: Scope, pipeline: string, options: TrialOptions): Promise<void> {
  const { file } = options;
  const read = async (script: string): Promise<string> =>
    (await withFunctionFiles(scope, await scope.readText(script))).sql;
  const sql = file === undefined ? {} : { sql: await read(file) };
  const body = { ...filterOf(pipeline, options), ...sql } as QuarantineTrialBody;
  const trial = await scope.withProgress(
    async (): Promise<QuarantineTrialAnswer> =>
      await scope.client.json({
        method: 'POST',
        path: `${path}/trial`,
        body,
        signal: scope.signal,
      }),
  );
  if (scope.output.isJson) return await scope.output.json(trial);
  const some =
    trial.tried < trial.selected ? ` (the oldest of ${groupDigits(trial.selected)})` : '';
  await scope.output.line(
    `${groupDigits(trial.passing)} of ${groupDigits(trial.tried)} records would pass${some}.`,
  );
  if (trial.replayed > 0) await scope.output.line(`${groupDigits(trial.replayed)} did before.`);
  if (trial.reasons.length > 0) {
    await scope.table(
      [{ name: 'fail', type: 'BIGINT' }, { name: 'source' }, { name: 'code' }, { name: 'message' }],
      trial.reasons.map(({ records, source, code, examples }) => [
        groupDigits(records),
        source,
        code,
        examples[0]?.message ?? '',
      ]),
    );
  }
  await tellRefused(scope, trial.refused);
}

async function replayRecords(
  scope: Scope,
  pipeline: string,
  options: ReplayOptions,
): Promise<void> {
  const body = { ...filterOf(pipeline, options), key: options.key } as QuarantineReplayBody;
  const { signal } = scope;
  const accepted = await scope.withProgress(
    async (): Promise<ReplayAnswer> =>
      await scope.client.json({ method: 'POST', path: `${path}/replay`, body, signal }),
  );
  const replay = options.wait ? await untilDone(scope, accepted) : accepted;
  if (scope.output.isJson) return await scope.output.json(replay);
  await scope.output.line(replayText(replay));
  await tellRefused(scope, replay.refused);
}

async function untilDone(scope: Scope, accepted: ReplayAnswer): Promise<ReplayAnswer> {
  return await scope.withProgress(async () => {
    let replay = accepted;
    while (replay.state !== 'done') {
      await scope.context.clock.sleep(lookIntervalMs, scope.signal);
      replay = await scope.client.json<ReplayAnswer>({
        method: 'GET',
        path: `${path}/replays/${pathPart(replay.id)}`,
        signal: scope.signal,
      });
    }
    return replay;
  });
}

async function listReplays(scope: Scope, pipeline: string | undefined): Promise<void> {
  const answer = await scope.client.json<ReplayListAnswer>({
    method: 'GET',
    path: withPipeline(`${path}/replays`, pipeline),
    signal: scope.signal,
  });
  if (scope.output.isJson) return await scope.output.json(answer);
  await scope.table(
    [
      { name: 'requested' },
      { name: 'pipeline' },
      { name: 'state' },
      { name: 'records', type: 'BIGINT' },
      { name: 'replayed', type: 'BIGINT' },
      { name: 'failed again', type: 'BIGINT' },
      { name: 'id' },
    ],
    answer.replays.map((replay) => [
      replay.requested_at,
      replay.pipeline,
      replay.state,
      replay.selected === undefined ? '' : groupDigits(replay.selected),
      groupDigits(replay.replayed),
      groupDigits(replay.failed),
      replay.id,
    ]),
  );
}

function replayText({ state, selected, replayed, failed, id }: ReplayAnswer): string {
  if (state !== 'done') return `Replay ${id} is ${state}; see it with: helios quarantine replays`;
  const [passed, all, others] = [replayed, selected ?? 0, failed].map(groupDigits);
  return `Replayed ${passed} of ${all} records; ${others} failed again.`;
}

async function tellRefused(scope: Scope, refused: readonly RefusedRecords[]): Promise<void> {
  for (const { message } of refused) await scope.output.line(message);
}

function withPipeline(route: string, pipeline: string | undefined): string {
  return pipeline === undefined ? route : `${route}?pipeline=${encodeURIComponent(pipeline)}`;
}
