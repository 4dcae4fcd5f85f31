/**
 * A script as its operators: made of the plan that runs, and not of the script. Ids are names of
 * the script's tables and views, or of nodes of the plan.
 */
export type PipelineGraph = {
  /** Each after those it reads. */
  readonly nodes: readonly GraphNode[];
  /** In the direction of the rows. */
  readonly edges: readonly GraphEdge[];
};

export type GraphNode = {
  readonly id: string;
  readonly kind: GraphNodeKind;
  /** In a line: its name, or what it does. */
  readonly label: string;
  readonly details: GraphDetails;
};

export type GraphNodeKind =
  | 'source'
  /** A table whose rows are joined with those of streams. */
  | 'lookup'
  | 'view'
  /** A table of the script that is filled by INSERTs and read by SELECTs. */
  | 'table'
  /** A part of a SELECT that keeps nothing. */
  | 'select'
  | 'window'
  /** GROUP BY or DISTINCT without a window, or the newest row by a key. */
  | 'aggregate'
  /** A join that keeps rows. */
  | 'join'
  | 'sink';

/** `event_time`, `keys`, `kept_until` … → what it is, in the order in which people read it. */
export type GraphDetails = Readonly<Record<string, string | readonly string[]>>;

export type GraphEdge = { readonly from: string; readonly to: string };

/** Without those that say nothing. */
export function detailsOf(
  details: Readonly<Record<string, string | readonly string[] | undefined>>,
): GraphDetails {
  const said: [string, string | readonly string[]][] = [];
  for (const [name, value] of Object.entries(details)) {
    if (value !== undefined && value.length > 0) said.push([name, value]);
  }
  return Object.fromEntries(said);
}

/** `1 minute`; in the largest unit that it is a whole number of. */
export function spanText(durationMs: number): string {
  const units = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000, millisecond: 1 };
  const [name, lengthMs] = Object.entries(units).find(([, unit]) => durationMs % unit === 0) ?? [
    'millisecond',
    1,
  ];
  const count = durationMs / lengthMs;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
