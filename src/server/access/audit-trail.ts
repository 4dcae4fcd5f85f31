import type { IncomingMessage } from 'node:http';
import type { AuditEntry, AuditLog } from '../../access/audit-log.ts';
import type { Principal } from '../../access/token.ts';
import type { Clock } from '../../base/clock.ts';
import { visitorOf } from './visitor.ts';

export type Done = Pick<AuditEntry, 'action' | 'status'> &
  Partial<Pick<AuditEntry, 'code' | 'sql' | 'durationMs' | 'target'>>;

type Stored = { readonly entry: AuditEntry; readonly minute: number; requests: number };

const targetCharactersMax = 500;
const sqlCharactersMax = 10_000;
const minuteMs = 60_000;

/** Turns what the server did into lines of the audit log. */
export class AuditTrail {
  readonly #log: AuditLog;
  readonly #clock: Clock;
  /** Ingest by token and stream, of the minute that goes on. */
  readonly #stored = new Map<string, Stored>();

  /** Why requests failed whose answers are under way. */
  readonly #failures = new WeakMap<IncomingMessage, string>();

  constructor(log: AuditLog, clock: Clock) {
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

  /** An ingest request that was stored: too many to have a line each. */
  ingested(request: IncomingMessage, principal: Principal, stream: string): void {
    const minute = Math.floor(this.#clock.nowMs() / minuteMs);
    const key = `${principal.tokenId ?? ''} ${stream}`;
    const known = this.#stored.get(key);
    if (known !== undefined && known.minute === minute) {
      known.requests += 1;
      return;
    }
    this.#flush(minute);
    const done = { action: 'ingest', target: `/ingest/${stream}`, status: 200 };
    this.#stored.set(key, { entry: this.#entry(request, done), minute, requests: 1 });
  }

  /** Adds what is counted and not told yet. */
  flush(): void {
    this.#flush(undefined);
  }

  #flush(minute: number | undefined): void {
    for (const [key, { entry, requests, minute: begun }] of this.#stored) {
      if (begun === minute) continue;
      this.#stored.delete(key);
      this.#log.add({ ...entry, requests });
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
      address: visitor?.address ?? '',
      target: (done.target ?? shownUrl(request?.url)).slice(0, targetCharactersMax),
      sql: done.sql?.slice(0, sqlCharactersMax),
      durationMs: done.durationMs,
      ...{ action: done.action, status: done.status, requests: 1 },
      code: done.code ?? (request && this.#failures.get(request)),
    };
  }
}

/** An address without the token that it may hold. */
export function shownUrl(url: string | undefined): string {
  return (url ?? '').replaceAll(/([?&]token=)[^&#]*/g, '$1…');
}
