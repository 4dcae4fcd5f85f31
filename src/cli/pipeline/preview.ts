import type { Command } from 'commander';
import type { PreviewLine } from '../../server/api.ts';
import { errorOfBody } from '../client/client.ts';
import { jsonLines } from '../client/lines.ts';
import { onCall, type Runner, withExamples, wordAt } from '../commands/command.ts';
import { inSource } from '../failures.ts';
import { parseDurationMs, parseInteger } from '../quantity.ts';
import { groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { placeOf } from './restart.ts';
import { checkScript, inlineScript, type ScriptOptions, scriptOf } from './script.ts';

type PreviewOptions = ScriptOptions & {
  readonly maxRows: number;
  readonly timeout: number;
  readonly live?: boolean;
  readonly from?: string;
  readonly until?: string;
};

export function addPreviewCommand(group: Command, run: Runner): void {
  const preview = group
    .command('preview [file]')
    .description('run a script without its sinks, and show the rows they would get')
    .option(...inlineScript)
    .option('--max-rows <n>', 'end after so many rows', parseInteger(1, 100_000), 100)
    .option('--timeout <duration>', 'end after so long', parseDurationMs, 10_000)
    .option('--live', 'only what arrives from now on')
    .option('--from <where>', 'earliest, latest, a time, or JSON of partition: position')
    .option(
      '--until <when>',
      'end at latest (what is there now), or at a time; gives open windows',
    );
  withExamples(preview, [
    'pipeline preview shop.sql --from 2026-01-31T08:00:00Z --until latest',
    'pipeline preview shop.sql --live --timeout 10m',
  ]);
  onCall<PreviewOptions>(preview, run, async (scope, { words, options }) => {
    const source = await scriptOf(scope, wordAt(words, 0), options.command);
    await checkScript(scope, source);
    await inSource(source, () => showPreview(scope, source.sql, options));
  });
}

async function showPreview(scope: Scope, sql: string, options: PreviewOptions): Promise<void> {
  const body = {
    sql,
    max_rows: options.maxRows,
    timeout_ms: options.timeout,
    input: options.live === true ? 'live' : 'history',
    from: options.from === undefined ? undefined : placeOf(options.from),
    until: options.until,
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
