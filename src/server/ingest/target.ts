import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';

/** What an ingest request asks for. */
export type IngestTarget = {
  readonly stream: string;
  readonly isWaitingUntilQueryable: boolean;
  /** Of pages whose requests can't have headers. */
  readonly token: string | undefined;
};

/** Whether the address is ingest's: `/ingest`, or anything below it. */
export function isIngestUrl(url: string): boolean {
  if (!url.startsWith('/ingest')) return false;
  const next = url.charCodeAt('/ingest'.length);
  return Number.isNaN(next) || next === slash || next === questionMark;
}

/**
 * Reads `/ingest[/{stream}][?wait=queryable][&token=…]`. Errors: `invalid_name`,
 * `invalid_request`.
 */
export function ingestTarget(url: string, nameCharactersMax: number): IngestTarget {
  const queryStart = url.indexOf('?');
  const path = queryStart < 0 ? url : url.slice(0, queryStart);
  const query = queryStart < 0 ? '' : url.slice(queryStart + 1);
  const encoded = path.slice('/ingest/'.length);
  return {
    stream: encoded === '' ? streamDefault : decodedName(encoded, nameCharactersMax),
    ...(query === '' ? withoutOptions : optionsOf(query)),
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

type Options = Omit<IngestTarget, 'stream'>;

const withoutOptions: Options = { isWaitingUntilQueryable: false, token: undefined };

function optionsOf(query: string): Options {
  let options = withoutOptions;
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'token') options = { ...options, token: value };
    else if (name === 'wait') options = { ...options, isWaitingUntilQueryable: isWaiting(value) };
    else throw unknownOption(name);
  }
  return options;
}

function isWaiting(value: string): boolean {
  if (value === 'queryable') return true;
  throw new HeliosError('invalid_request', `wait=${JSON.stringify(value)} is not known.`, {
    hint: 'Use wait=queryable, or leave it out.',
  });
}

function unknownOption(name: string): HeliosError {
  return new HeliosError('invalid_request', `Ingest has no parameter ${JSON.stringify(name)}.`, {
    hint: didYouMeanHint(name, ['wait', 'token']) ?? 'There are wait=queryable and token.',
  });
}
