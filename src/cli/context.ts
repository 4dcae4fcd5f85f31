import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { HeliosError } from '../base/errors.ts';
import type { PlanAnswer } from '../server/answer/plan-answer.ts';
import type { DemoShop } from '../server/demo/demo-api.ts';

/**
 * Everything that a command may touch besides files and the network: main.ts makes the real one,
 * tests their own.
 */
export type CliContext = {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isStdinTty: boolean;
  readonly isStdoutTty: boolean;
  readonly isStderrTty: boolean;
  /** Width of the terminal in columns now; undefined where there is none. */
  readonly columns: () => number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the command was typed. Absolute. */
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  /** The package's `examples` folder. Absolute. */
  readonly examplesDirectory: string;
  /** Version of Helios itself. */
  readonly version: string;
  readonly clock: Clock;
  /** In [0, 1). Only for what no one needs to repeat: the seed of a generator, a wait's jitter. */
  readonly random: () => number;
  /** Calls `listener` at SIGINT and SIGTERM until the returned function is called. */
  readonly onInterrupt: (listener: () => void) => () => void;
  readonly startHelios: (options: StartOptions) => Promise<RunningHelios>;
  /** Runs one script here: resolves when all its sources ended and everything is rolled. */
  readonly runPipeline: (options: RunOptions) => Promise<RunSummary>;
};

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** `disk`: once events are on this machine's disk; `s3`: once they are in the object store too. */
export type Acknowledgement = 'disk' | 's3';

export type StartOptions = {
  /** Absolute. */
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** Origins of browsers that may talk to this Helios besides its own. */
  readonly allowedOrigins: readonly string[];
  /** Where people and browsers reach it, such as through a proxy; undefined: where it listens. */
  readonly publicUrl?: string | undefined;
  /** Reference to a token that opens everything; undefined: those that were made do. */
  readonly adminToken?: string | undefined;
  /** Reference to what a proxy adds to each request, as proof that it came through it. */
  readonly originSecret?: string | undefined;
  /** A token is needed from programs of this machine, too. */
  readonly requireToken?: boolean | undefined;
  /** Bytes of files of object stores that are kept on this machine. */
  readonly cacheBytesMax?: number | undefined;
  /** URL of the object store that keeps the state; undefined: the data directory alone does. */
  readonly stateUrl: string | undefined;
  /** What changed is in that store within so long. */
  readonly stateIntervalMs: number;
  /** When events of the embedded log are acknowledged; `s3` needs `stateUrl`. */
  readonly acknowledgement: Acknowledgement;
  /** How long events gather for one object of the log. */
  readonly ackIntervalMs: number;
  /** Opened and closed over HTTP. */
  readonly demo?: DemoShop | undefined;
  /** Waits for whoever holds the data directory, and takes over when that one ends. */
  readonly standby?:
    | { readonly signal: AbortSignal; readonly onWait: (owner: string) => void }
    | undefined;
};

/** A Helios that answers. `close` finishes what runs, and may be called twice. */
export type RunningHelios = {
  /** Without a slash at its end. */
  readonly url: string;
  readonly dataDirectory: string;
  /** Opens the console once, where a token is needed and there is no other way in at hand. */
  readonly loginLink?: string | undefined;
  /** What whoever started it should know, in sentences. */
  readonly notes?: readonly string[] | undefined;
  /** Resolves when it has to stop, with why: another machine has taken over its state. */
  readonly fenced?: Promise<HeliosError> | undefined;
  readonly close: () => Promise<void>;
};

export type RunOptions = {
  readonly sql: string;
  /** Where relative paths of the script start. Absolute. */
  readonly baseDirectory: string;
  /** Absolute; undefined keeps the state in a temporary folder that is removed at the end. */
  readonly dataDirectory: string | undefined;
  readonly logLevel: LogLevel;
  /** Where the sink `stdout` writes. */
  readonly stdout: Writable;
  /** Called a few times a second. */
  readonly onProgress: (progress: RunProgress) => void;
  /** Aborting stops as `stop` does: everything read is rolled first. */
  readonly signal: AbortSignal;
};

export type RunProgress = {
  readonly bytesIn: number;
  readonly recordsRejected: number;
  /** Undefined where a source does not know how much it has. */
  readonly bytesBehind: number | undefined;
  /** Why it reads nothing at the moment, and tries again. */
  readonly waitingFor: { readonly message: string; readonly hint: string | undefined } | undefined;
};

export type RunSummary = {
  readonly bytesIn: number;
  readonly recordsRejected: number;
  readonly sinks: readonly { readonly table: string; readonly rowsOut: number }[];
  /** Of a script with EXPLAIN, of which nothing ran. */
  readonly explained?: PlanAnswer | undefined;
};
