/** What an edit would do: `POST /api/v1/pipelines/{name}/consequences` `{sql}`. */
export type ConsequencesAnswer = {
  /** Rows that some operator keeps would be given up: the edit needs `drop_state`. */
  readonly loses_state: boolean;
  readonly operators: readonly OperatorChangeAnswer[];
  readonly sources: readonly SourceChangeAnswer[];
  readonly sinks: readonly SinkChangeAnswer[];
};

export type OperatorChangeAnswer = {
  /**
   * `kept`: it goes on with what it keeps. `lost`: it is not in the edited SQL as it was, and what
   * it keeps is given up. `new`: it begins with nothing.
   */
  readonly effect: 'kept' | 'lost' | 'new';
  readonly kind: 'tumble' | 'hop' | 'session' | 'updating' | 'unknown';
  readonly label: string;
  /** Tables that it feeds. */
  readonly sinks: readonly string[];
  /** What it keeps now. */
  readonly state?:
    | {
        readonly rows: number;
        readonly bytes: number;
        /** Windows that are open and have rows; not of sessions. */
        readonly windows?: number | undefined;
        /** Of groups and joins: values that they keep rows of. */
        readonly keys?: number | undefined;
        /** Where its first open window begins; of groups and joins: when their oldest row came. */
        readonly since?: string | undefined;
      }
    | undefined;
  /** All of that for people, in a sentence or two. */
  readonly message: string;
};

export type SourceChangeAnswer = {
  readonly name: string;
  readonly effect: 'kept' | 'new' | 'replaced' | 'removed';
  readonly message: string;
};

export type SinkChangeAnswer = {
  readonly table: string;
  readonly effect: 'kept' | 'changed' | 'moved' | 'new' | 'removed';
  /** Those that differ: without `before` they are new, without `after` they are no more. */
  readonly columns: readonly {
    readonly name: string;
    readonly before?: string | undefined;
    readonly after?: string | undefined;
  }[];
  readonly message: string;
};
