import type { Access } from '../access/access.ts';
import type { AuditLog } from '../access/audit-log.ts';
import type { Alerts } from '../alert/alert.ts';
import type { Clock } from '../base/clock.ts';
import type { HeliosError } from '../base/errors.ts';
import type { Library } from '../catalog/library.ts';
import type { ConnectionTest } from '../connection/check/test-connection.ts';
import type { Connection, Connections, ConnectionStep } from '../connection/connection.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { EpochMs } from '../event/record.ts';
import type { Schema } from '../event/schema.ts';
import type { BackedStreams } from '../log/backed-streams.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Pipelines } from '../pipeline/pipeline.ts';
import type { Replays } from '../pipeline/replay/replay.ts';
import type { QueryService } from '../query/query.ts';
import type { StoreFacts } from '../storage/store-facts.ts';
import type { Logger } from 'pino';
import type { Care } from './care/routes.ts';
import type { ConsoleFiles } from './console-files.ts';
import type { DemoShop } from './demo/demo-api.ts';
import type { ServerLimits } from './limits.ts';

/** What a table is and how much of it is where. */
export type TableInfo = {
  readonly name: string;
  /**
   * `delta`: written by pipelines here; `attached`: by somebody else; `system`: facts about Helios.
   */
  readonly kind: 'delta' | 'materialized_view' | 'files' | 'attached' | 'system';
  /** Absolute; undefined for system tables. */
  readonly path: string | undefined;
  readonly schema: Schema;
  readonly version: number | undefined;
  readonly files: number;
  /** All rows, the hot ones included. */
  readonly rows: number;
  readonly bytes: number;
  readonly hotRows: number;
  readonly newestEventMs: EpochMs | undefined;
  readonly rejectedCount: number;
  /** Why it could not be asked; the rest is what was known before. */
  readonly problem?: HeliosError | undefined;
};

/** The tables that SQL can name, for people who look at them. */
export interface Tables {
  /** How many there are; asks none of them. */
  readonly count: number;
  /** In a bounded time; one that can't be asked has its `problem`. */
  list(): Promise<readonly TableInfo[]>;
  /** `not_found` with did-you-mean. */
  get(name: string): Promise<TableInfo>;
  /**
   * Makes what lies at `path` a table, read only. `already_exists`, `invalid_name`, or
   * `unsupported_table` where there is nothing that can be read.
   */
  attach(request: {
    readonly name: string;
    readonly path: string;
    readonly storage_options?: Readonly<Record<string, string>> | undefined;
  }): Promise<TableInfo>;
  /** Forgets the name; the files stay. `not_allowed` for tables that pipelines write. */
  detach(name: string): Promise<void>;
}

export type TableTailRequest = {
  readonly table: string;
  /** A SQL condition over the table's columns, passed through the query gate. */
  readonly where: string | undefined;
  /** Where the last answer ended; undefined starts now, and answers no rows. */
  readonly after: string | undefined;
  readonly rowsMax: number;
  readonly signal: AbortSignal;
};

export type TableTailAnswer = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Values by the rules of JSON results. */
  readonly rows: readonly (readonly unknown[])[];
  /**
   * New rows that matched, or may have, and are not here: over `rowsMax`, or rolled before this
   * look.
   */
  readonly missedRows: number;
  /** Opaque; for the next request's `after`. */
  readonly cursor: string;
};

/** Looks at what was published to a table since the last look. */
export interface TableTail {
  /** Answers at once, with or without rows. `not_found`, or the errors of a query for `where`. */
  rowsAfter(request: TableTailRequest): Promise<TableTailAnswer>;
}

/** Connections, and how to try one. */
export type ConnectionDependencies = {
  readonly connections: Connections;
  /** Steps as they are done; rejects with the signal's reason, and for bugs. */
  readonly test: (
    connection: Pick<Connection, 'kind' | 'options'>,
    request: ConnectionTest,
  ) => AsyncIterable<ConnectionStep>;
};

export type ServerDependencies = {
  /** Who may come in, and what was done. */
  readonly access: Access;
  readonly audit: AuditLog;
  readonly log: EventLog;
  /** Streams that brokers keep, besides those of the log. */
  readonly backed?: BackedStreams | undefined;
  readonly pipelines: Pipelines;
  readonly queries: QueryService;
  readonly tables: Tables;
  /** What is done to tables besides writing rows. */
  readonly care?: Care | undefined;
  readonly tableTail: TableTail;
  readonly connections?: ConnectionDependencies | undefined;
  readonly discovery?: Discovery | undefined;
  readonly doctor?: Pick<Doctor, 'examine'> | undefined;
  readonly demo?: DemoShop | undefined;
  /** Saved queries and dashboards. */
  readonly library?: Library | undefined;
  /** Rejected records, tried and replayed. */
  readonly replays?: Replays | undefined;
  /** Rules that watch the shares of rejected records. */
  readonly alerts?: Alerts | undefined;
  /** Undefined while nothing in an object store was opened. */
  readonly stores?: (() => StoreFacts | undefined) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The state, where it survives this machine. */
export interface SurvivingState {
  status(): {
    readonly location: string;
    readonly number: number;
    /** All that was true then is kept. */
    readonly keptAtMs: EpochMs;
    readonly failing: { readonly sinceMs: EpochMs; readonly message: string } | undefined;
  };
  /** Resolves when all that is true now is kept; rejects with why it can't be. */
  keep(): Promise<void>;
}

export type ServerConfig = {
  /** Helios's own version, for `/healthz` and the API description. */
  readonly version: string;
  /** Whether all of it is up: recovery is done and pipelines were started. */
  readonly isReady: () => boolean;
  /** Where browsers and programs elsewhere find this server, behind whatever is in front. */
  readonly publicUrl?: string | undefined;
  /** What a proxy in front adds to each request in `x-helios-origin-secret`. */
  readonly originSecret?: string | undefined;
  /** Origins of web pages that may call this server, such as `http://localhost:5173`. */
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** The built console; undefined where it was not built. */
  readonly console?: ConsoleFiles | undefined;
  /** Undefined where the state is on this machine alone. */
  readonly state?: SurvivingState | undefined;
};
