import type { WebhookTable } from './webhook-table.ts';
import type { OptionReader } from '../option-reader.ts';
import { parseSecretReference, templatePattern } from '../secret-reference.ts';
import type { TableText } from '../table-text.ts';
import { readHeaders } from './headers.ts';
import { readTemplate } from './template.ts';

/** Limits of options: what a receiver can take, and what shall fit in memory. */
const concurrencyMax = 64;
const batchRowsMax = 10_000;
const batchBytesMax = 8 * 1024 * 1024;
const timeoutMsMax = 10 * 60 * 1000;

const timeoutMsDefault = 10_000;
const batchRowsDefault = 1000;
const batchBytesDefault = 1024 * 1024;

/** Reads a table of the connector `webhook`, which is written to. */
export function readWebhook({ options }: TableText): WebhookTable {
  const endpoint = readEndpoint(options);
  const headers = readHeaders(options);
  const isText = isPlainText(options, headers);
  const template = readTemplateOption(options, isText ? 'text' : 'json');
  const batch = readBatch(options);
  if (isText && template === undefined) {
    const hint = "Add template = '…', or leave Content-Type out of headers.";
    options.report(options.spanOf('headers'), 'A row is JSON unless a template says more.', hint);
  }
  if (isText && batch !== undefined) {
    const message = 'Rows that are no JSON go one by one.';
    options.report(options.spanOf('batch.rows', 'batch.bytes'), message, 'Leave batch.… out.');
  }
  return {
    kind: 'webhook',
    endpoint,
    method: options.choice(['method'], methods) ?? 'POST',
    headers,
    template,
    batch,
    concurrency: options.integer(['concurrency'], 1, concurrencyMax) ?? 1,
    timeoutMs: readTimeout(options),
    onError: readOnError(options),
  };
}

const methods = { POST: 'POST', PUT: 'PUT', PATCH: 'PATCH' } as const;

function readEndpoint(options: OptionReader): string {
  const text = options.required(['endpoint'], "'https://example.com/hook'") ?? '';
  if (text === '' || parseSecretReference(text) !== undefined) return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const hint =
    "Give one such as 'https://example.com/hook/{{ TOKEN }}', or a reference: 'env:HOOK'.";
  // What a placeholder stands for may be the whole beginning.
  if (url === undefined && text.search(templatePattern) >= 0) return text;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    options.report(options.spanOf('endpoint'), 'The endpoint is no http or https address.', hint);
  } else if (url.username !== '' || url.password !== '') {
    const message = 'The endpoint has a password in its address.';
    options.report(options.spanOf('endpoint'), message, hint);
  }
  return text;
}

/** Whether the body is text, in which values stand as they are. */
function isPlainText(options: OptionReader, headers: Readonly<Record<string, string>>): boolean {
  const content = (headers['content-type'] ?? 'application/json').toLowerCase();
  if (/^text\/plain\b/.test(content)) return true;
  if (/^application\/([\w.-]+\+)?json\b/.test(content)) return false;
  const message = 'Bodies are JSON or plain text.';
  const hint = 'Content-Type is application/json, one that ends in +json, or text/plain.';
  options.report(options.spanOf('headers'), message, hint);
  return false;
}

function readTemplateOption(
  options: OptionReader,
  content: 'json' | 'text',
): WebhookTable['template'] {
  const text = options.text('template');
  if (text === undefined) return undefined;
  const read = readTemplate(text, content);
  if ('template' in read) return read.template;
  options.report(options.spanOf('template'), read.problem.message, read.problem.hint);
  return undefined;
}

function readBatch(options: OptionReader): WebhookTable['batch'] {
  const rowsMax = options.integer(['batch.rows'], 1, batchRowsMax);
  const bytesMax = options.bytes('batch.bytes');
  if (bytesMax !== undefined && bytesMax > batchBytesMax) {
    const message = 'batch.bytes is too large.';
    options.report(options.spanOf('batch.bytes'), message, "It is '8MB' at most.");
  }
  if (rowsMax === undefined && bytesMax === undefined) return undefined;
  return { rowsMax: rowsMax ?? batchRowsDefault, bytesMax: bytesMax ?? batchBytesDefault };
}

function readTimeout(options: OptionReader): number {
  const timeoutMs = options.durationMs('timeout') ?? timeoutMsDefault;
  if (timeoutMs <= timeoutMsMax) return timeoutMs;
  options.report(options.spanOf('timeout'), 'timeout is too long.', 'It is 10 minutes at most.');
  return timeoutMsDefault;
}

function readOnError(options: OptionReader): WebhookTable['onError'] {
  const kinds = { fail: 'fail', quarantine: 'quarantine', drop: 'drop' } as const;
  const kind = options.choice(['on_error'], kinds) ?? 'fail';
  const patienceMs = options.durationMs('retry.timeout');
  if (kind !== 'fail') return { kind, patienceMs };
  if (patienceMs !== undefined) {
    const message = 'retry.timeout says when a row is given up, and none is.';
    const hint =
      "Add on_error = 'quarantine' or 'drop'; or leave it out: rows wait until they are taken.";
    options.report(options.spanOf('retry.timeout'), message, hint);
  }
  return { kind };
}
