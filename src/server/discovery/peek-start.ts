import { HeliosError } from '../../base/errors.ts';
import type { PeekStart } from '../../source/look.ts';

/**
 * Where a look begins, as it is written: `newest`, `oldest`, a time (RFC 3339, or milliseconds
 * since 1970), or `PARTITION:POSITION`. `invalid_request`.
 */
export function parsePeekStart(text: string): PeekStart {
  if (text === 'newest' || text === 'latest') return { kind: 'newest' };
  if (text === 'oldest' || text === 'earliest') return { kind: 'oldest' };
  const atMs = timeOf(text);
  if (atMs !== undefined) return { kind: 'time', atMs };
  const [, partition, position] = /^([A-Za-z0-9_.-]+):(@?\d+)$/.exec(text) ?? [];
  if (partition !== undefined && position !== undefined) {
    return { kind: 'position', partition, position };
  }
  throw new HeliosError('invalid_request', `${JSON.stringify(text)} is no place in a stream.`, {
    hint: 'Say newest, oldest, a time as 2026-01-31T08:00:00Z, or PARTITION:POSITION.',
  });
}

/** Where a pipeline starts, as scripts write it: `earliest`, `latest` or a time. */
export function parseOffset(text: string): string {
  if (text === 'earliest' || text === 'latest') return text;
  const atMs = timeOf(text);
  if (atMs !== undefined) return new Date(atMs).toISOString();
  throw new HeliosError('invalid_request', `${JSON.stringify(text)} is no place to start.`, {
    hint: 'Say earliest, latest, or a time as 2026-01-31T08:00:00Z.',
  });
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[-+]\d{2}:\d{2}))?$/;

function timeOf(text: string): number | undefined {
  if (/^\d{10,15}$/.test(text)) return Number(text);
  if (!rfc3339.test(text)) return undefined;
  const atMs = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(atMs) ? undefined : atMs;
}
