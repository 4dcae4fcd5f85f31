import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';

/** What an ingest request asks for. */
export type IngestTarget = {
  readonly stream: string;
  readonly isWaitingUntilQueryable: boolean;
};

/** Whether the address is ingest's: `/ingest`, or anything below it. */
export function isIngestUrl(url: string): boolean {
  if (!url.startsWith('/ingest')) return false;
  const next = url.charCodeAt('/ingest'.length);
  return Number.isNaN(next) || next === slash || next === questionMark;
}

/** Reads `/ingest[/{stream}][?wait=queryable]`. Errors: `invalid_name`, `invalid_request`. */
export function ingestTarget(url: string, nameCharactersMax: number): IngestTarget {
  const queryStart = url.indexOf('?');
  const path = queryStart < 0 ? url : url.slice(0, queryStart);
  const query = queryStart < 0 ? '' : url.slice(queryStart + 1);
  const encoded = path.slice('/ingest/'.length);
  return {
    stream: encoded === '' ? streamDefault : decodedName(encoded, nameCharactersMax),
    isWaitingUntilQueryable: query === '' ? false : isWaiting(query),
  };
}

/** What `/ingest` alone writes to; always exists. */
const streamDefault = 'events';
const slash = 0x2f;
const questionMark = 0x3f;

function decodedName(encoded: string, charactersMax: number): string {
  let name = encoded;
  try {
    if (encoded.includes('%')) name = decodeURIComponent(encoded);
  } catch (cause) {
    throw invalidName(encoded, 'it is not valid percent-encoding', cause);
  }
  if (name.length > charactersMax) {
    throw invalidName(`${name.slice(0, 32)}…`, `it is longer than ${charactersMax} characters`);
  }
  if (name.includes('/')) throw invalidName(name, 'it contains a slash');
  return name;
}

function invalidName(name: string, reason: string, cause?: unknown): HeliosError {
  return new HeliosError('invalid_name', `${JSON.stringify(name)} is no stream: ${reason}.`, {
    hint: 'Post to /ingest/{stream}, or to /ingest for the stream "events".',
    cause,
  });
}

function isWaiting(query: string): boolean {
  let isWaitingUntilQueryable = false;
  for (const [name, value] of new URLSearchParams(query)) {
    if (name !== 'wait') {
      throw new HeliosError('invalid_request', `Ingest has no parameter ${JSON.stringify(name)}.`, {
        hint: didYouMeanHint(name, ['wait']) ?? 'The only one is wait=queryable.',
      });
    }
    if (value !== 'queryable') {
      throw new HeliosError('invalid_request', `wait=${JSON.stringify(value)} is not known.`, {
        hint: 'Use wait=queryable, or leave it out.',
      });
    }
    isWaitingUntilQueryable = true;
  }
  return isWaitingUntilQueryable;
}
