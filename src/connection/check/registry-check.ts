import { HeliosError } from '../../base/errors.ts';
import type { PlainOptions } from '../context.ts';
import { HttpSchemaRegistry } from '../registry/http-registry.ts';
import { registryAccess } from '../registry/registry-access.ts';
import type { RegistryAccess } from '../registry/registry-request.ts';
import { type Address, probeName, probeSocket, probeTls } from './reach.ts';
import type { Stage, StageResult } from './stages.ts';
import type { CheckPlace } from './test-connection.ts';

/** Whether a connection names a schema registry, in whatever spelling. */
export function namesRegistry(written: PlainOptions): boolean {
  return Object.keys(written).some((name) => name.toLowerCase() === 'schema_registry.endpoint');
}

/** The steps of a test of a connection's schema registry; each needs what those before it found. */
export class RegistryCheck {
  readonly #options: () => PlainOptions;
  readonly #place: CheckPlace;
  #access: RegistryAccess | undefined;
  #subjects: readonly string[] = [];
  #refusal: HeliosError | undefined;

  /** `options` are those that the first stage of the connection's own test has checked. */
  constructor(options: () => PlainOptions, place: CheckPlace) {
    this.#options = options;
    this.#place = place;
  }

  get stages(): readonly Stage[] {
    return [
      { step: 'registry-dns', run: () => this.#lookUp() },
      { step: 'registry-tcp', run: () => this.#connect() },
      { step: 'registry-tls', run: () => this.#shakeHands() },
      { step: 'registry-login', run: () => this.#authenticate() },
      { step: 'registry-list', run: () => this.#list() },
    ];
  }

  async #lookUp(): Promise<StageResult> {
    this.#access = await registryAccess(this.#options(), this.#place.context.secrets);
    return ok(`${await probeName(this.#address)}.`);
  }

  async #connect(): Promise<StageResult> {
    return ok(`Connected to ${await probeSocket(this.#address, this.#place.signal)}.`);
  }

  async #shakeHands(): Promise<StageResult> {
    if (this.#url.protocol === 'http:') {
      return { outcome: 'skipped', message: 'The registry is without TLS.' };
    }
    const { signal, context } = this.#place;
    const ca = this.#required.ca;
    const probe = {
      material: ca === undefined ? {} : { ca },
      serverName: undefined,
      caOption: 'schema_registry.ca',
      clock: context.clock,
    };
    return ok(`${await probeTls(this.#address, probe, signal)}.`);
  }

  /** Who is let in may still not be allowed to list. */
  async #authenticate(): Promise<StageResult> {
    const registry = new HttpSchemaRegistry(this.#options(), this.#place.context);
    try {
      this.#subjects = await registry.subjects(this.#place.signal);
    } catch (thrown) {
      const isAllowance = thrown instanceof HeliosError && thrown.details?.['status'] === 403;
      if (!isAllowance) throw thrown;
      this.#refusal = thrown;
    }
    return this.#required.credentials === undefined
      ? ok('The registry lets everybody in.')
      : ok('The registry accepted schema_registry.api_key.');
  }

  #list(): Promise<StageResult> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const count = this.#subjects.length;
    const { stream } = this.#place;
    const all = count === 1 ? '1 subject' : `${count} subjects`;
    if (stream === undefined) return Promise.resolve(ok(`${all}.`));
    const subject = `${stream}-value`;
    const has = this.#subjects.includes(subject) ? 'is one of them' : 'is none of them';
    return Promise.resolve(ok(`${all}; ${subject} ${has}.`));
  }

  get #required(): RegistryAccess {
    if (this.#access !== undefined) return this.#access;
    throw new Error('The name is looked up first.');
  }

  get #url(): URL {
    return new URL(this.#required.endpoint);
  }

  get #address(): Address {
    const { hostname, port, protocol } = this.#url;
    const usual = protocol === 'http:' ? 80 : 443;
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
  }
}

function ok(message: string): StageResult {
  return { outcome: 'ok', message };
}
