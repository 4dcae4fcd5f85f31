import type { ConnectionOptions } from '../sql/script.ts';
import type { EpochMs } from '../event/record.ts';

export type ConnectionKind = 'kafka' | 'kinesis';

/**
 * How to reach a cluster or an account, under a name. `options` are those of the dialect, as
 * written: secrets in them are references, never the secrets themselves.
 */
export type Connection = {
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly options: Readonly<Record<string, string>>;
  readonly createdAtMs: EpochMs;
};

/** The stored connections. */
export interface Connections {
  list(): readonly Connection[];
  /** `not_found` with did-you-mean. */
  get(name: string): Connection;
  /** `already_exists`, `invalid_name`, or `invalid_config` where an option is wrong. */
  create(connection: Omit<Connection, 'createdAtMs'>): Connection;
  /** `not_found`; `conflict` while a pipeline or a stream uses it. */
  delete(name: string): void;
  /** A table's options laid over those of its profile; `invalid_config` for one of another kind. */
  optionsOf(kind: ConnectionKind, options: ConnectionOptions): Readonly<Record<string, string>>;
}

/** Turns references (`env:NAME`, `file:PATH`, `ssm:/path`, …) into what they stand for. */
export interface Secrets {
  /**
   * The secret, looked up anew each time. `secret_missing` names the reference, never a value;
   * `invalid_config` for a text that is no reference.
   */
  resolve(reference: string): Promise<string>;
}

/** One thing that a test of a connection looked at. */
export type ConnectionStep = {
  readonly step:
    | 'options'
    | 'dns'
    | 'tcp'
    | 'tls'
    | 'authentication'
    | 'authorisation'
    | 'describe'
    | 'read'
    | 'registry-dns'
    | 'registry-tcp'
    | 'registry-tls'
    | 'registry-login'
    | 'registry-list';
  readonly outcome: 'ok' | 'failed' | 'skipped';
  /** What was found, or why it failed. Never holds a secret. */
  readonly message: string;
  /** What to do about a failure. */
  readonly hint: string | undefined;
  readonly durationMs: number;
};
