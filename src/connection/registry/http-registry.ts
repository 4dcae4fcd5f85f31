import { HeliosError } from '../../base/errors.ts';
import type { ConnectionContext, PlainOptions } from '../context.ts';
import { quoted } from '../failure/causes.ts';
import { registryEndpoint } from './registry-endpoint.ts';
import { registryAccess } from './registry-access.ts';
import { askRegistry, type RegistryAccess } from './registry-request.ts';
import type { RegisteredSchema, SchemaRegistry } from './schema-registry.ts';

/** Schemas kept in memory: a topic has a few. */
const schemasMax = 1000;

/** Schemas that one uses, and that those use. */
const referencesMax = 200;

/**
 * How long the stream waits for a schema that isn't there: writers register theirs first, so that
 * the registry lags behind, or is another one than theirs. Then the records are rejected, so that a
 * few bytes of nonsense can't stop a stream for ever.
 */
const missingWaitMs = 5 * 60_000;

/** An id that is known to be missing is asked for again this often. */
const askAgainMs = 60_000;

type Missing = { readonly sinceMs: number; readonly askedMs: number };

/** A registry that speaks Confluent's API: its own, Redpanda's, Apicurio's, Karapace. */
export class HttpSchemaRegistry implements SchemaRegistry {
  readonly endpoint: string;
  readonly #options: PlainOptions;
  readonly #context: ConnectionContext;
  readonly #schemas = new Map<number, RegisteredSchema>();
  readonly #missing = new Map<number, Missing>();

  /** `invalid_config` where the options name no registry. */
  constructor(options: PlainOptions, context: ConnectionContext) {
    this.endpoint = registryEndpoint(options);
    this.#options = options;
    this.#context = context;
  }

  async schema(id: number, signal: AbortSignal): Promise<RegisteredSchema | undefined> {
    const known = this.#schemas.get(id);
    if (known !== undefined) return known;
    const nowMs = this.#context.clock.monotonicMs();
    const missing = this.#missing.get(id);
    const isGivenUp = missing !== undefined && nowMs - missing.sinceMs >= missingWaitMs;
    if (isGivenUp && nowMs - missing.askedMs < askAgainMs) return undefined;
    const found = await this.#fetch(id, signal);
    if (found !== undefined) {
      this.#missing.delete(id);
      keep(this.#schemas, id, found);
      return found;
    }
    keep(this.#missing, id, { sinceMs: missing?.sinceMs ?? nowMs, askedMs: nowMs });
    if (isGivenUp) return undefined;
    throw new HeliosError(
      'schema_missing',
      `The schema registry at ${this.endpoint} has no schema with the id ${id}.`,
      {
        hint:
          'Register it, or check that schema_registry.endpoint is the registry of the writers. ' +
          `After ${missingWaitMs / 60_000} minutes such records are rejected.`,
      },
    );
  }

  /** All that have schemas; to see whether the registry lets us in. */
  async subjects(signal: AbortSignal): Promise<readonly string[]> {
    const access = await registryAccess(this.#options, this.#context.secrets);
    const { status, body } = await askRegistry(access, '/subjects', signal);
    const answer = parse(body);
    if (status === 200 && Array.isArray(answer) && answer.every(isText)) return answer;
    throw this.#failure(status, isObject(answer) ? answer : undefined, access);
  }

  async #fetch(id: number, signal: AbortSignal): Promise<RegisteredSchema | undefined> {
    const access = await registryAccess(this.#options, this.#context.secrets);
    const answer = await this.#ask(access, `/schemas/ids/${id}`, signal);
    if (answer === undefined) return undefined;
    const references = new Map<string, string>();
    const isWhole = await this.#collect(answer, references, { access, signal });
    if (!isWhole) return undefined;
    const type = answer['schemaType'] ?? 'AVRO';
    if ((type !== 'AVRO' && type !== 'JSON' && type !== 'PROTOBUF') || !isText(answer['schema'])) {
      throw this.#stranger('an answer without a schema');
    }
    return { type, text: answer['schema'], references: [...references.values()] };
  }

  /** Adds what a schema uses, each after what it uses itself; false where one is missing. */
  async #collect(
    answer: Answer,
    found: Map<string, string>,
    asking: { readonly access: RegistryAccess; readonly signal: AbortSignal },
  ): Promise<boolean> {
    for (const { subject, version } of referencesOf(answer)) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      if (found.has(path)) continue;
      if (found.size >= referencesMax)
        throw this.#stranger(`more than ${referencesMax} references`);
      const used = await this.#ask(asking.access, path, asking.signal);
      if (used === undefined || !isText(used['schema'])) return false;
      // Taken before what it uses, so that a circle ends; its place is behind that.
      found.set(path, '');
      if (!(await this.#collect(used, found, asking))) return false;
      found.delete(path);
      found.set(path, used['schema']);
    }
    return true;
  }

  /** Undefined where the registry says that there is no such thing. */
  async #ask(
    access: RegistryAccess,
    path: string,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { status, body } = await askRegistry(access, path, signal);
    const parsed = parse(body);
    const answer = isObject(parsed) ? parsed : undefined;
    if (status === 200 && answer !== undefined) return answer;
    // A server of another kind has no error codes.
    if (status === 404 && answer?.['error_code'] !== undefined) return undefined;
    throw this.#failure(status, answer, access);
  }

  #failure(status: number, answer: Answer | undefined, access: RegistryAccess): HeliosError {
    const said = isText(answer?.['message']) ? `: ${quoted(answer['message'])}` : '';
    const secret = access.credentials?.secret;
    const reason = secret === undefined ? said : said.replaceAll(secret, '…');
    const place = `The schema registry at ${this.endpoint}`;
    if (status === 401 || status === 403) {
      const hint =
        status === 401
          ? 'Check schema_registry.api_key and schema_registry.api_secret.'
          : 'Allow this key to read subjects and schemas (Confluent: the role DeveloperRead).';
      const message = `${place} refused access (${status}${reason}).`;
      return new HeliosError('access_refused', message, { hint, details: { status } });
    }
    if (status === 429) {
      const hint = 'It is asked once for each schema: others use up what it allows.';
      return new HeliosError('throttled', `${place} has too much to do (429${reason}).`, { hint });
    }
    if (status >= 500) {
      const hint = 'Look at its own log.';
      return new HeliosError('unreachable', `${place} failed (${status}${reason}).`, { hint });
    }
    return this.#stranger(`status ${status}`);
  }

  #stranger(what: string): HeliosError {
    const message = `What answers at ${this.endpoint} is no schema registry: it gave ${what}.`;
    return new HeliosError('unreachable', message, {
      hint: "Check schema_registry.endpoint. Apicurio's ends in /apis/ccompat/v7.",
    });
  }
}

type Answer = Readonly<Record<string, unknown>>;

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function referencesOf(answer: Answer): readonly { subject: string; version: number }[] {
  const references = answer['references'];
  if (!Array.isArray(references)) return [];
  return references.flatMap((reference: unknown) => {
    if (!isObject(reference)) return [];
    const { subject, version } = reference;
    return isText(subject) && typeof version === 'number' ? [{ subject, version }] : [];
  });
}

/** The oldest goes when there are too many. */
function keep<T>(map: Map<number, T>, id: number, value: T): void {
  const [oldest] = map.keys();
  if (map.size >= schemasMax && !map.has(id) && oldest !== undefined) map.delete(oldest);
  map.set(id, value);
}
