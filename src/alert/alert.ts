import type { EpochMs } from '../event/record.ts';
import type { RecordCounts } from '../pipeline/rates/record-rates.ts';

/** Tells a webhook when too many of the records that a pipeline reads are rejected. */
export type AlertRule = {
  /** One pipeline's name; undefined watches each of them. */
  readonly pipeline?: string | undefined;
  /** In percent of the records read: above it, the alert goes off. */
  readonly sharePercent: number;
  /** Of the last so many minutes. */
  readonly windowMinutes: number;
  /** Fewer records than these say nothing yet. */
  readonly recordsMin: number;
  /** `http` or `https`, or a reference to a secret that is one. */
  readonly url: string;
};

/** A rule under its name. */
export type Alert = {
  readonly name: string;
  readonly rule: AlertRule;
  /** Two rules with one version are the same. */
  readonly version: string;
  readonly changedAtMs: EpochMs;
};

/**
 * What a rule has found of one pipeline; kept, so that a start of Helios tells nothing again.
 *
 * ```
 * (none) ── share above ──▶ over ── below for a while ──▶ past ── told ──▶ (none)
 *                            ▲                              │
 *                            └───── above before told ──────┘
 * ```
 */
export type Crossing = {
  readonly kind: 'over' | 'past';
  /** The same in both messages. */
  readonly id: string;
  readonly sinceMs: EpochMs;
  /** When it was over; undefined while it is not. */
  readonly untilMs?: EpochMs | undefined;
  /** Counts when it became what it is. */
  readonly counts: RecordCounts;
  readonly isTold: boolean;
  /** Of one that is past: whether anybody was told that it had begun. */
  readonly isBeginningTold?: boolean | undefined;
  /** The rule's version with which telling was given up: another one is tried again. */
  readonly givenUpVersion?: string | undefined;
};

/** Pipeline's name → what the rule has found of it. */
export type Crossings = Readonly<Record<string, Crossing>>;

/** What became of messages since Helios started. */
export type Deliveries = {
  readonly delivered: number;
  /** Attempts that failed. */
  readonly failed: number;
  /** Messages that nobody will send any more. */
  readonly givenUp: number;
  readonly last?:
    | {
        readonly atMs: EpochMs;
        /** Why it failed; undefined where it was taken. */
        readonly failure:
          | { readonly message: string; readonly hint: string | undefined }
          | undefined;
      }
    | undefined;
};

/** An alert as people look at it. */
export type AlertStatus = Alert & {
  readonly crossings: Crossings;
  /** Pipeline's name → what the rule's window holds now. */
  readonly counts: ReadonlyMap<string, RecordCounts>;
  readonly deliveries: Deliveries;
};

/** The alerts of one data directory. */
export interface Alerts {
  /** By name. */
  list(): readonly AlertStatus[];
  /** `not_found` with the nearest name. */
  get(name: string): AlertStatus;
  /**
   * Keeps a rule. Without `replaces` there must be none of its name (`already_exists`); with it the
   * one that is there must have that version (`conflict`); `*` replaces any. `invalid_config` and
   * `not_allowed` for an address that is never called.
   */
  put(name: string, rule: AlertRule, replaces: string | undefined): AlertStatus;
  /** Without `version`: whatever it is. Else `conflict` where it is another. */
  delete(name: string, version: string | undefined): void;
  /** Sends an example to the rule's address, once; gives the answer's status. */
  test(rule: AlertRule, signal: AbortSignal): Promise<number>;
}
