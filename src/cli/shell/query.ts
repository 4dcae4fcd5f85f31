import { unreachable } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { QueryAnswerDocument, QueryBody } from '../../server/api.ts';
import { errorOfBody } from '../client/client.ts';
import { live } from '../client/live.ts';
import { jsonText, markdownTable } from '../render/formats.ts';
import { groupDigits } from '../render/numbers.ts';
import type { ProgressLine } from '../render/progress.ts';
import type { Scope } from '../scope.ts';

export type OutputFormat = 'table' | 'csv' | 'json' | 'ndjson' | 'markdown';
export const outputFormats: readonly OutputFormat[] = [
  'table',
  'csv',
  'json',
  'ndjson',
  'markdown',
];

export type QuerySettings = {
  readonly format: OutputFormat;
  /** Undefined: as many as a person wants to see for `table` and `markdown`, all for the others. */
  readonly maxRows: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly params: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal;
};

/** Progress comes over the live socket, which takes messages of 64 KiB at most. */
const liveSqlCharactersMax = 10_000;
/** More than any result has, and less than where numbers stop being exact. */
const allRows = 1_000_000_000_000;

/** Runs one statement and prints its rows on stdout. Aborting cancels it in Helios. */
export async function runQuery(scope: Scope, sql: string, settings: QuerySettings): Promise<void> {
  const line = scope.progressLine();
  try {
    await answer(scope, { sql, settings, line });
  } finally {
    line.stop();
  }
}

type Running = {
  readonly sql: string;
  readonly settings: QuerySettings;
  readonly line: ProgressLine;
};

async function answer(scope: Scope, running: Running): Promise<void> {
  const { format } = running.settings;
  switch (format) {
    case 'table':
    case 'markdown':
      return printDocument(scope, await documentOf(scope, running), running);
    case 'json':
      return printJson(scope, running);
    case 'csv':
      return printStream(scope, running, 'text/csv');
    case 'ndjson':
      return printNdjson(scope, running);
    default:
      return unreachable(format);
  }
}

function bodyOf({ sql, settings }: Running, maxRows: number): QueryBody {
  return {
    sql,
    params: settings.params,
    max_rows: settings.maxRows ?? maxRows,
    timeout_ms: settings.timeoutMs,
  };
}

async function documentOf(scope: Scope, running: Running): Promise<QueryAnswerDocument> {
  const body = bodyOf(running, scope.config.max_rows);
  const { signal } = running.settings;
  if (running.sql.length <= liveSqlCharactersMax) {
    try {
      return await liveDocument(scope, running, body);
    } catch (thrown) {
      // What is too large for a message is not too large for an answer of its own.
      if (!(thrown instanceof HeliosError) || thrown.code !== 'too_large') throw thrown;
    }
  }
  return scope.client.json({ method: 'POST', path: '/api/v1/query', body, signal });
}

async function liveDocument(
  scope: Scope,
  { settings, line }: Running,
  body: QueryBody,
): Promise<QueryAnswerDocument> {
  for await (const event of live(scope.client, { kind: 'query', ...body }, settings.signal)) {
    if (event.kind === 'progress') {
      line.update({ count: event.rows_read, unit: 'rows read', percent: event.percent });
    }
    if (event.kind === 'result') return event.result;
  }
  throw new HeliosError('unavailable', 'The query ended without an answer.');
}

async function printDocument(
  scope: Scope,
  document: QueryAnswerDocument,
  { settings, line }: Running,
): Promise<void> {
  line.stop();
  if (settings.format === 'markdown') {
    await scope.output.data(markdownTable(document.columns, document.rows));
  } else {
    await scope.table(document.columns, document.rows);
  }
  if (document.truncated) {
    const count = groupDigits(document.row_count);
    scope.output.alarm(`The first ${count} rows of more: --max-rows shows more of them.`);
  }
  for (const { table, hot_rows_missing_of: names } of document.saw) {
    if (names === undefined) continue;
    const command = `helios pipeline show ${names[0] ?? ''}`;
    scope.output.alarm(
      `Rows of ${names.join(', ')} that are in no file of ${table} yet are missing: ${command}`,
    );
  }
}

async function printJson(scope: Scope, running: Running): Promise<void> {
  const body = bodyOf(running, scope.config.max_rows);
  const response = await post(scope, running, { body, accept: 'application/json' });
  // Passed on as it came, so that no number is rounded on its way.
  await scope.output.data(await jsonText(response));
}

async function printStream(scope: Scope, running: Running, accept: string): Promise<void> {
  const response = await post(scope, running, { body: bodyOf(running, allRows), accept });
  let bytes = 0;
  try {
    for await (const chunk of response) {
      const data = Buffer.from(chunk);
      bytes += data.length;
      running.line.update({ count: bytes, unit: 'bytes' });
      await writeData(scope, running.line, data);
    }
  } catch (thrown) {
    throw settingsReason(running.settings, thrown);
  }
}

/** Rows as they come; a failure in mid-stream is the last line, and goes to stderr instead. */
async function printNdjson(scope: Scope, running: Running): Promise<void> {
  const accept = 'application/x-ndjson';
  const response = await post(scope, running, { body: bodyOf(running, allRows), accept });
  let tail: Buffer = Buffer.alloc(0);
  let rows = 0;
  try {
    for await (const chunk of response) {
      const data = Buffer.concat([tail, Buffer.from(chunk)]);
      // The last line is held back until it is known that it is a row.
      const end = data.lastIndexOf(lineFeed, -2) + 1;
      tail = data.subarray(end);
      rows += countLines(data.subarray(0, end));
      running.line.update({ count: rows, unit: 'rows' });
      await writeData(scope, running.line, data.subarray(0, end));
    }
  } catch (thrown) {
    throw settingsReason(running.settings, thrown);
  }
  throwIfError(tail);
  await writeData(scope, running.line, tail);
}

const lineFeed = 0x0a;

function countLines(data: Buffer): number {
  let lines = 0;
  for (let at = data.indexOf(lineFeed); at >= 0; at = data.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

function throwIfError(tail: Buffer): void {
  if (!tail.subarray(0, 10).toString().startsWith('{"error":')) return;
  const value: unknown = JSON.parse(tail.toString());
  // A column may be called error; only Helios's own has all of these in it.
  if (typeof value !== 'object' || value === null || !('error' in value)) return;
  const { error } = value;
  if (typeof error !== 'object' || error === null || Object.keys(value).length !== 1) return;
  const { code, message, hint, position, id } = error as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string' || typeof id !== 'string') return;
  throw errorOfBody({ code, message, hint, position, id } as Parameters<typeof errorOfBody>[0]);
}

function post(
  scope: Scope,
  { settings }: Running,
  { body, accept }: { readonly body: QueryBody; readonly accept: string },
): ReturnType<Scope['client']['stream']> {
  return scope.client.stream({
    method: 'POST',
    path: '/api/v1/query',
    headers: { accept },
    body,
    signal: settings.signal,
  });
}

async function writeData(scope: Scope, line: ProgressLine, data: Uint8Array): Promise<void> {
  if (scope.context.isStdoutTty) line.clear();
  await scope.output.data(data);
}

/** A connection that we closed fails with something of its own: the reason is the signal's. */
function settingsReason(settings: QuerySettings, thrown: unknown): unknown {
  if (settings.signal.aborted) return settings.signal.reason;
  if (thrown instanceof HeliosError || !(thrown instanceof Error) || !('code' in thrown))
    return thrown;
  if (thrown.code !== 'ECONNRESET') return thrown;
  return new HeliosError('unavailable', 'The answer broke off: these are not all rows.', {
    hint: "The query failed or Helios was stopped; Helios's log says which.",
    cause: thrown,
  });
}
