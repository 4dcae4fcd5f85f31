import { didYouMean } from '../base/did-you-mean.ts';
import { HeliosError } from '../base/errors.ts';
import { parseSecretReference } from '../sql/connector/secret-reference.ts';
import type { Acknowledgement, LogLevel } from './context.ts';
import { bytesOf, durationMsOf } from './quantity.ts';

/** What may be set, by flag, by `HELIOS_*`, or in helios.yaml. */
export type Config = {
  readonly url: string;
  /** Reference to the token that commands send; empty where none is needed. */
  readonly token: string;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** Where people and browsers reach Helios; empty: where it listens. */
  readonly public_url: string;
  /** Whether programs of Helios's own machine need a token, too. */
  readonly require_token: boolean;
  /** Reference to a token that opens everything; empty: only tokens that were made do. */
  readonly admin_token: string;
  /** Reference to what a proxy adds to each request; empty: requests need no such proof. */
  readonly origin_secret: string;
  readonly log_level: LogLevel;
  /** Origins of browsers that may talk to Helios besides its own. */
  readonly allowed_origins: readonly string[];
  /** Rows that `helios sql` shows of an answer. */
  readonly max_rows: number;
  /** Bytes of files of object stores that are kept on this machine, such as 10GB. */
  readonly cache_size: string;
  /** URL of the object store that keeps the state; empty where the data directory alone does. */
  readonly state: string;
  /** What changed is in that store within so long. */
  readonly state_interval: string;
  /** When events of the embedded log are acknowledged. */
  readonly ack: Acknowledgement;
  /** How long, at most, events gather for one object of the log, such as 150ms. */
  readonly ack_interval: string;
};

export type ConfigKey = keyof Config;
/** Where a value came from: `--port`, `HELIOS_PORT`, `helios.yaml:3` or `default`. */
export type Origins = Readonly<Record<ConfigKey, string>>;

export type ConfigInput = {
  /** Options as given; undefined where not. */
  readonly flags: Readonly<Partial<Record<ConfigKey, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: { readonly name: string; readonly text: string } | undefined;
};

/**
 * Flags over `HELIOS_*` over the file over defaults. Pure. Throws `invalid_config` with the place.
 */
export async function resolveConfig(
  input: ConfigInput,
): Promise<{ config: Config; origins: Origins }> {
  const entries =
    input.file === undefined ? new Map<string, Entry>() : await fileEntries(input.file);
  const pick = <Key extends ConfigKey>(key: Key): Picked<Config[Key]> =>
    pickValue(input, key, entries.get(key));
  const host = pick('host');
  const port = pick('port');
  const picked: PickedConfig = {
    url: pickUrl(pick('url'), host, port),
    token: pick('token'),
    data: pick('data'),
    host,
    port,
    public_url: pick('public_url'),
    require_token: pick('require_token'),
    admin_token: pick('admin_token'),
    origin_secret: pick('origin_secret'),
    log_level: pick('log_level'),
    allowed_origins: pick('allowed_origins'),
    max_rows: pick('max_rows'),
    cache_size: pick('cache_size'),
    state: pick('state'),
    state_interval: pick('state_interval'),
    ack: pick('ack'),
    ack_interval: pick('ack_interval'),
  };
  return { config: partsOf(picked, 'value'), origins: partsOf(picked, 'origin') };
}

/** How a key is read: its default, and a parser that throws a reason. */
type Reader<T> = {
  readonly fallback: T;
  readonly read: (value: unknown) => T;
  /** Given by reference; only a variable of the environment may be the secret itself. */
  readonly isSecret?: true | undefined;
};
type Picked<T> = { readonly value: T; readonly origin: string };
type PickedConfig = { readonly [Key in ConfigKey]: Picked<Config[Key]> };
type Entry = { readonly value: unknown; readonly line: number };

const readers: { readonly [Key in ConfigKey]: Reader<Config[Key]> } = {
  url: { fallback: 'http://127.0.0.1:7311', read: readUrl },
  token: { fallback: '', read: readReference, isSecret: true },
  data: { fallback: './helios-data', read: readText },
  host: { fallback: '127.0.0.1', read: readText },
  port: { fallback: 7311, read: (value) => readInteger(value, 0, 65_535) },
  public_url: { fallback: '', read: readPublicUrl },
  require_token: { fallback: false, read: readBoolean },
  admin_token: { fallback: '', read: readReference, isSecret: true },
  origin_secret: { fallback: '', read: readReference, isSecret: true },
  log_level: { fallback: 'info', read: readLogLevel },
  allowed_origins: { fallback: [], read: readList },
  max_rows: { fallback: 10_000, read: (value) => readInteger(value, 1, 1_000_000_000_000) },
  cache_size: { fallback: '10GB', read: readSize },
  state: { fallback: '', read: readStateUrl },
  state_interval: { fallback: '10s', read: readStateInterval },
  ack: { fallback: 'disk', read: readAcknowledgement },
  ack_interval: { fallback: '150ms', read: readDuration },
};

/** The address follows host and port unless it is given. */
function pickUrl(url: Picked<string>, host: Picked<string>, port: Picked<number>): Picked<string> {
  if (url.origin !== 'default') return url;
  const isDerived = host.origin !== 'default' || port.origin !== 'default';
  const value = `http://${hostInUrl(host.value)}:${port.value}`;
  return { value, origin: isDerived ? 'host and port' : url.origin };
}

function partsOf(picked: PickedConfig, part: 'value'): Config;
function partsOf(picked: PickedConfig, part: 'origin'): Origins;
function partsOf(picked: PickedConfig, part: 'value' | 'origin'): unknown {
  return Object.fromEntries(Object.entries(picked).map(([key, one]) => [key, one[part]]));
}

function pickValue<Key extends ConfigKey>(
  input: ConfigInput,
  key: Key,
  entry: Entry | undefined,
): Picked<Config[Key]> {
  const reader = readers[key];
  const variable = `HELIOS_${key.toUpperCase()}`;
  const flag = input.flags[key];
  if (flag !== undefined) return readAs(reader, flag, `--${key.replaceAll('_', '-')}`);
  const fromEnvironment = input.environment[variable];
  // An empty variable is how shells and compose files say "not set".
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    const isItself = reader.isSecret === true && !isReference(fromEnvironment);
    return readAs(reader, isItself ? `env:${variable}` : fromEnvironment, variable);
  }
  if (entry !== undefined) return readAs(reader, entry.value, `${input.file?.name}:${entry.line}`);
  return { value: reader.fallback, origin: 'default' };
}

function readAs<T>(reader: Reader<T>, value: unknown, origin: string): Picked<T> {
  try {
    return { value: reader.read(value), origin };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const code = origin.startsWith('--') ? 'invalid_request' : 'invalid_config';
    // What stands where a reference should be may be the secret.
    const shown = reader.isSecret === true ? 'what is given' : JSON.stringify(value);
    throw new HeliosError(code, `${origin}: ${shown} ${reason}.`);
  }
}

async function fileEntries(file: { name: string; text: string }): Promise<Map<string, Entry>> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(file.text, { prettyErrors: false });
  const lineAt = (offset: number): number => file.text.slice(0, offset).split('\n').length;
  const broken = document.errors[0];
  if (broken !== undefined) {
    const line = lineAt(broken.pos[0]);
    throw new HeliosError('invalid_config', `${file.name}:${line}: ${broken.message}`);
  }
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new HeliosError('invalid_config', `${file.name} must hold keys and values.`, {
      hint: 'For example: port: 7311',
    });
  }
  const entries = new Map<string, Entry>();
  for (const [key, item] of Object.entries(value)) {
    const line = lineAt(keyOffset(file.text, key));
    if (!Object.hasOwn(readers, key)) throw unknownKey(`${file.name}:${line}`, key);
    entries.set(key, { value: item, line });
  }
  return entries;
}

/**
 * Keys stand at the beginning of a line in a flat file; one in JSON style is taken to be on line 1.
 */
function keyOffset(text: string, key: string): number {
  const at = `\n${text}`.indexOf(`\n${key}`);
  return Math.max(0, at);
}

function unknownKey(place: string, key: string): HeliosError {
  const near = didYouMean(key, Object.keys(readers));
  return new HeliosError('invalid_config', `${place}: there is no setting named "${key}".`, {
    hint:
      near === undefined
        ? `Settings are: ${Object.keys(readers).join(', ')}.`
        : `Did you mean "${near}"?`,
  });
}

function hostInUrl(host: string): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}

function readText(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error('is not a text');
}

function readUrl(value: unknown): string {
  const text = typeof value === 'string' ? value : '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error('is not an address such as http://127.0.0.1:7311');
  }
  return text.replace(/\/+$/, '');
}

/** The console and the API have no other paths than from the root. */
function readPublicUrl(value: unknown): string {
  const text = readUrl(value);
  if (new URL(text).href === `${text.toLowerCase()}/`) return text;
  throw new Error('is not an address without a path, such as https://helios.example.com');
}

function readReference(value: unknown): string {
  if (typeof value === 'string' && isReference(value)) return value.trim();
  throw new Error(
    'is no reference such as env:NAME or file:PATH; only a variable may hold the secret itself',
  );
}

function isReference(text: string): boolean {
  return parseSecretReference(text) !== undefined;
}

function readBoolean(value: unknown): boolean {
  const text = String(value);
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new Error('is not one of true, false');
}

function readSize(value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (bytesOf(text) !== undefined) return text;
  throw new Error('is not a size such as 10GB or 512MB');
}

function readInteger(value: unknown, smallest: number, largest: number): number {
  const isNumeric = typeof value === 'number' || /^\d+$/.test(String(value));
  const number = isNumeric ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number >= smallest && number <= largest) return number;
  throw new Error(`is not a whole number from ${smallest} to ${largest}`);
}

const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

function readLogLevel(value: unknown): LogLevel {
  const level = logLevels.find((known) => known === value);
  if (level !== undefined) return level;
  throw new Error(`is not one of ${logLevels.join(', ')}`);
}

function readStateUrl(value: unknown): string {
  const text = typeof value === 'string' ? value : '';
  if (/^(s3a?|s3::https?):\/\/./.test(text)) return text.replace(/\/+$/, '');
  throw new Error('is not the URL of a place in an object store, such as s3://bucket/helios');
}

function readAcknowledgement(value: unknown): Acknowledgement {
  if (value === 'disk' || value === 's3') return value;
  throw new Error('is not one of disk, s3');
}

function readDuration(value: unknown): string {
  if (typeof value === 'string' && durationMsOf(value) !== undefined) return value;
  throw new Error('is not a duration with its unit, such as 150ms or 1s');
}

/** Each costs requests, and a standby waits for three of them. */
function readStateInterval(value: unknown): string {
  const text = readDuration(value);
  const durationMs = durationMsOf(text) ?? 0;
  if (durationMs >= 100 && durationMs <= 3_600_000) return text;
  throw new Error('is not a duration from 100ms to 1h');
}

function readList(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : String(value).split(',');
  return items.map((item) => readText(typeof item === 'string' ? item.trim() : item));
}
