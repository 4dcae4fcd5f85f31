/** Alerts as they travel. Types only: nothing to import at run time. */
import type { RecordCountsAnswer } from '../recent-api.ts';

/** `PUT /api/v1/alerts/{name}`, and `POST /api/v1/alerts/test`, which keeps nothing. */
export type AlertBody = {
  /** One pipeline; absent: each of them. */
  readonly pipeline?: string | undefined;
  /** The alert goes off above it: percent of the records read. */
  readonly share_percent: number;
  /** 5 unless given; 60 at most. */
  readonly window_minutes?: number | undefined;
  /** Fewer records read than these say nothing; 10 unless given. */
  readonly records_min?: number | undefined;
  /** `http` or `https`, or a reference to a secret: `env:NAME`, `file:PATH` … */
  readonly url: string;
};

export type AlertAnswer = Required<Omit<AlertBody, 'pipeline'>> &
  Pick<AlertBody, 'pipeline'> & {
    readonly name: string;
    /** For `If-Match`: changes when the rule does. */
    readonly version: string;
    readonly changed_at: string;
    /** Of each pipeline that it watches: what its window holds now. */
    readonly pipelines: readonly (RecordCountsAnswer & {
      readonly pipeline: string;
      /** `over`: the share has passed the threshold; `telling`: it is over, and being told. */
      readonly state: 'quiet' | 'over' | 'telling';
      readonly since?: string | undefined;
      /** Whether the webhook has taken the message. */
      readonly told?: boolean | undefined;
    })[];
    /** Since Helios was started. */
    readonly deliveries: {
      readonly delivered: number;
      readonly failed: number;
      /** Messages that are not tried again until the alert is changed. */
      readonly given_up: number;
      readonly last_at?: string | undefined;
      /** Why the last attempt failed. */
      readonly last_failure?:
        | { readonly message: string; readonly hint?: string | undefined }
        | undefined;
    };
  };

/** `GET /api/v1/alerts`. */
export type AlertListAnswer = { readonly alerts: readonly AlertAnswer[] };

/** `POST /api/v1/alerts/test`: the webhook has taken an example. */
export type AlertTestAnswer = {
  /** What it answered: 200 to 299. */
  readonly status: number;
  readonly ms: number;
};
