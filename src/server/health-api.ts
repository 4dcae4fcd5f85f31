/** Health as it travels. Types only: nothing to import at run time. */
import type { PipelineStateName } from './api.ts';

/** `GET /healthz`. */
export type HealthAnswer = {
  readonly status: 'ready' | 'starting';
  readonly version: string;
  readonly uptime_ms: number;
} & Partial<HealthFacts>;

/** For who may read. */
export type HealthFacts = {
  readonly pipelines: Readonly<Record<PipelineStateName, number>>;
  readonly streams: number;
  readonly tables: number;
  /** Where the state survives this machine; absent where it doesn't. */
  readonly state?:
    | {
        readonly location: string;
        /** Of the newest state there. */
        readonly number: number;
        /** All that was true then is there. */
        readonly kept_at: string;
        readonly failing?: { readonly since: string; readonly message: string } | undefined;
      }
    | undefined;
  /** How far queries are kept from the rest on this machine. */
  readonly sandbox: {
    /** `isolated`: a network of their own with nothing in it. */
    readonly network: 'isolated' | 'shared';
    readonly user: 'nobody' | 'same' | 'root';
    /** `limited` by the system; `watched`: killed soon after it grew too large. */
    readonly memory: 'limited' | 'watched';
  };
};
