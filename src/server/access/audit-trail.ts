import type { IncomingMessage } from 'node:http';
import type { AuditEntry, AuditLog } from '../../access/audit-log.ts';
import { type Principal, withoutTokens } from '../../access/token.ts';
import type { Clock } from '../../base/clock.ts';
import { visitorOf } from './visitor.ts';

export type Done = Pick<AuditEntry, 'action' | 'status'> &
  Partial<Pick<AuditEntry, 'code' | 'sql' | 'durationMs' | 'target'>>;

type Counted = { readonly entry: AuditEntry; readonly minute: number; requests: number };

const targetCharactersMax = 500;
const sqlCharactersMax = 10_000;
const addressCharactersMax = 100;
const minuteMs = 60_000;
/** Refusals of one minute that have a line of their own; of those beyond, each kind has one. */
const refusalsMax = 200;

/** Turns what the server did into lines of the audit log. */
export class AuditTrail {
  readonly #log: Pick<AuditLog, 'add'>;
  readonly #clock: Clock;
  /** Ingest by token and stream, of the minute that goes on. */
  readonly #stored = new Map<string, Counted>();
  /** Refusals after the first of their kind, of the minute that goes on. */
  readonly #refused = new Map<string, Counted>();

  /** Why requests failed whose answers are under way. */
  readonly #failures = new WeakMap<IncomingMessage, string>();

  constructor(log: Pick<AuditLog, 'add'>, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  failed(request: IncomingMessage, code: string): void {
    this.#failures.set(request, code);
  }

  /** One request, or one of those that a live socket carries. */
  add(request: IncomingMessage | undefined, done: Done): void {
    this.#log.add(this.#entry(request, done));
  }

  /**
   * A request that was refused. Whoever sends many has the first in a line of its own, and the rest
   * of the minute counted in another: or strangers would push everything else out of the log.
   */
  refused(request: IncomingMessage | undefined, done: Done): void {
    const minute = Math.floor(this.#clock.nowMs() / minuteMs);
    if (this.#refused.values().next().value?.minute !== minute) this.#flush(this.#refused, minute);
    const entry = this.#entry(request, done);
    const kind = [entry.action, entry.status, entry.code];
    const own = JSON.stringify([entry.tokenId, entry.who, entry.address, ...kind]);
    const isOwn = this.#refused.has(own) || this.#refused.size < refusalsMax;
    const key = isOwn ? own : JSON.stringify(kind);
    const known = this.#refused.get(key);
    if (known !== undefined) {
      known.requests += 1;
      return;
    }
    this.#refused.set(key, { entry, minute, requests: 0 });
    this.#log.add(entry);
  }

  /** An ingest request that was stored: too many to have a line each. */
  ingested(request: IncomingMessage, principal: Principal, stream: string): void {
    const minute = Math.floor(this.#clock.nowMs() / minuteMs);
    const key = `${principal.tokenId ?? ''} ${stream}`;
    const known = this.#stored.get(key);
    if (known !== undefined && known.minute === minute) {
      known.requests += 1;
      return;
    }
    this.#flush(this.#stored, minute);
    const done = { action: 'ingest', target: `/ingest/${stream}`, status: 200 };
    this.#stored.set(key, { entry: this.#entry(request, done), minute, requests: 1 });
  }

  /** Adds what is counted and not told yet. */
  flush(): void {
    this.#flush(this.#stored, undefined);
    this.#flush(this.#refused, undefined);
  }

  #flush(counted: Map<string, Counted>, minute: number | undefined): void {
    for (const [key, { entry, requests, minute: begun }] of counted) {
      if (begun === minute) continue;
      counted.delete(key);
      if (requests > 0) this.#log.add({ ...entry, requests });
    }
  }

  #entry(request: IncomingMessage | undefined, done: Done): AuditEntry {
    const visitor = request && visitorOf(request);
    const principal = visitor?.principal;
    return {
      atMs: this.#clock.nowMs(),
      id: visitor?.id ?? '',
      who: principal?.name,
      tokenId: principal?.tokenId,
      via: principal?.via,
      address: (visitor?.address ?? '').slice(0, addressCharactersMax),
      target: (done.target ?? shownUrl(request?.url)).slice(0, targetCharactersMax),
      sql: done.sql?.slice(0, sqlCharactersMax),
      durationMs: done.durationMs,
      ...{ action: done.action, status: done.status, requests: 1 },
      code: done.code ?? (request && this.#failures.get(request)),
    };
  }
}

/** An address without the token that it may hold, however that is written there. */
export function shownUrl(url: string | undefined): string {
  const shown = (url ?? '').replaceAll(
    /([?&])([^?&=]*)=[^&]*/g,
    (whole, mark: string, name: string) => (isToken(name) ? `${mark}${name}=…` : whole),
  );
  return withoutTokens(shown);
}

/** As `URLSearchParams` reads names: `%74oken` is one, too. */
function isToken(encoded: string): boolean {
  const [name = ''] = new URLSearchParams(encoded).keys();
  return name.trim().toLowerCase() === 'token';
}
