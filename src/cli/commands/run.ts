import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import { printPlan } from '../pipeline/plan.ts';
import { withFunctionFiles } from '../pipeline/function-files.ts';
import type { RunProgress, RunSummary } from '../context.ts';
import { inSource } from '../failures.ts';
import { byteText, groupDigits } from '../render/numbers.ts';
import type { Progress } from '../render/progress.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

export function addRunCommand(program: Command, run: Runner): void {
  const command = program
    .command('run <file>')
    .description('run one pipeline script here, until its sources end or Ctrl+C')
    .option('--data <dir>', 'keep the state here, to go on later (else: nothing is kept)');
  withExamples(command, ['run convert.sql', 'run shop.sql --data ./state']);
  onCall<{ data?: string }>(command, run, async (scope, { words, options }) => {
    const source = await withFunctionFiles(scope, await scope.readText(wordAt(words, 0)));
    const line = scope.progressLine();
    let told: string | undefined;
    try {
      const summary = await inSource(source, () =>
        scope.context.runPipeline({
          sql: source.sql,
          baseDirectory: scope.context.workingDirectory,
          dataDirectory: options.data === undefined ? undefined : scope.path(options.data),
          logLevel: scope.origins.log_level === 'default' ? 'warn' : scope.config.log_level,
          stdout: scope.context.stdout,
          onProgress: (progress) => {
            line.update(readSoFar(progress));
            told = tellWaiting(scope, progress, told);
          },
          signal: scope.signal,
        }),
      );
      line.stop();
      if (summary.explained !== undefined) return await printPlan(scope, summary.explained);
      if (scope.output.isJson) return await scope.output.json(summaryDocument(summary));
      const rejected = groupDigits(summary.recordsRejected);
      scope.output.talk(`${byteText(summary.bytesIn)} in, ${rejected} records rejected.`);
      for (const { table, rowsOut } of summary.sinks) {
        scope.output.talk(`${table}: ${groupDigits(rowsOut)} rows.`);
      }
    } catch (thrown) {
      if (!isOwnInterrupt(thrown, scope.signal)) throw thrown;
    } finally {
      line.stop();
    }
  });
}

/** Each reason once, as long as it stays. */
function tellWaiting(
  { output }: Scope,
  { waitingFor }: RunProgress,
  told: string | undefined,
): string | undefined {
  if (waitingFor === undefined || waitingFor.message === told) return told;
  output.alarm(`warning: ${waitingFor.message}`);
  if (waitingFor.hint !== undefined) output.alarm(`hint: ${waitingFor.hint}`);
  output.talk('It waits for that, and tries again by itself. Ctrl+C ends it.');
  return waitingFor.message;
}

function readSoFar({ bytesIn, bytesBehind }: RunProgress): Progress {
  const all = bytesBehind === undefined ? 0 : bytesIn + bytesBehind;
  return { count: bytesIn, unit: 'bytes', percent: all === 0 ? undefined : (100 * bytesIn) / all };
}

function summaryDocument(summary: RunSummary): Record<string, unknown> {
  return {
    bytes_in: summary.bytesIn,
    records_rejected: summary.recordsRejected,
    sinks: summary.sinks.map(({ table, rowsOut }) => ({ table, rows_out: rowsOut })),
  };
}

/** Ctrl+C is how a script with unbounded sources ends. */
function isOwnInterrupt(thrown: unknown, signal: AbortSignal): boolean {
  return signal.aborted && thrown instanceof HeliosError && thrown.code === 'cancelled';
}
