import type { AnswerRow, Cell, Question } from '../../api/rows.ts';

/** Records that were rejected for one reason: what the page's address says. */
export type Reason = {
  readonly code: string;
  readonly pipeline: string;
  readonly source: string;
  /** The column whose value did not fit; '' where it isn't one's. */
  readonly field: string;
};

/** Which records count. */
export type Since = keyof typeof sinceIntervals;

const sinceIntervals = { all: undefined, hour: '1 HOUR', day: '1 DAY', week: '7 DAY' } as const;

export const sinceWords: Readonly<Record<Since, string>> = {
  all: 'all time',
  hour: 'the last hour',
  day: 'the last 24 hours',
  week: 'the last 7 days',
};

/** Which of them, by what became of them. */
export type Shown = keyof typeof shownConditions;

const shownConditions = {
  left: "state <> 'replayed'",
  failed_again: "state = 'failed_again'",
  replayed: "state = 'replayed'",
  all: 'true',
} as const;

export const shownWords: Readonly<Record<Shown, string>> = {
  left: 'still rejected',
  failed_again: 'failed again',
  replayed: 'replayed',
  all: 'all',
};

export type Filter = {
  readonly since: Since;
  readonly shown: Shown;
  readonly pipeline: string | undefined;
  /** Of the list alone: a source and a code. */
  readonly from: string | undefined;
  readonly why: string | undefined;
};

/** Reads what an address says; what it doesn't know is everything. */
export function filterOf(search: URLSearchParams): Filter {
  const since = search.get('since') ?? 'all';
  const shown = search.get('show') ?? 'left';
  return {
    since: Object.hasOwn(sinceIntervals, since) ? (since as Since) : 'all',
    shown: Object.hasOwn(shownConditions, shown) ? (shown as Shown) : 'left',
    pipeline: search.get('pipeline') ?? undefined,
    from: search.get('from') ?? undefined,
    why: search.get('why') ?? undefined,
  };
}

/** Milliseconds that a filter goes back; undefined where it goes back to the beginning. */
export function sinceMs(since: Since): number | undefined {
  const hourMs = 3_600_000;
  return { all: undefined, hour: hourMs, day: 24 * hourMs, week: 168 * hourMs }[since];
}

/** The address of a reason's records. */
export function reasonHref({ code, pipeline, source, field: column }: Reason): string {
  const search = new URLSearchParams({ code, pipeline, source });
  if (column !== '') search.set('column', column);
  return `/quarantine?${search}`;
}

/** The address at which its pipeline's SQL is edited with the reason in view. */
export function fixHref({ code, pipeline, source, field: column }: Reason): string {
  const search = new URLSearchParams({ code, source });
  if (column !== '') search.set('column', column);
  return `/pipelines/${encodeURIComponent(pipeline)}/edit?${search}`;
}

/** The reason that the address of a pipeline's editor has in view. */
export function reasonToFix(search: URLSearchParams, pipeline: string): Reason | undefined {
  const own = new URLSearchParams(search);
  own.set('pipeline', pipeline);
  return reasonOf(own);
}

/** The reason that an address opens; undefined where it opens none. */
export function reasonOf(search: URLSearchParams): Reason | undefined {
  const code = search.get('code');
  const pipeline = search.get('pipeline');
  const source = search.get('source');
  if (code === null || pipeline === null || source === null) return undefined;
  return { code, pipeline, source, field: search.get('column') ?? '' };
}

/** Messages begin with the column where one value is at fault. */
const field = `regexp_extract(message, '^Column "(.*?)"(:| is NOT NULL)', 1)`;

/** Rejected records, each with what became of it; `quarantine_replays` has a row for each try. */
const rejected = `(SELECT q.*, r.replay_message, r.replayed_at,
    CASE WHEN r.passed THEN 'replayed' WHEN r.passed IS NULL THEN 'open' ELSE 'failed_again' END
      AS state
  FROM quarantine AS q LEFT JOIN (
    SELECT pipeline, source, "partition", "position", rejected_at, bool_or(passed) AS passed,
      arg_max(replay_message, replay_epoch) AS replay_message, max(replayed_at) AS replayed_at
    FROM quarantine_replays GROUP BY ALL
  ) AS r USING (pipeline, source, "partition", "position", rejected_at)) AS rejected`;

/** As many reasons as a person looks through. */
export const reasonsMax = 500;

/** Reasons with their counts, the most frequent first. */
export function reasonsQuestion({ since, shown, pipeline }: Filter): Question {
  const params: Cell[] = pipeline === undefined ? [] : [pipeline];
  const where = conditions([
    sinceCondition(since),
    pipeline === undefined ? undefined : 'pipeline = $1',
  ]);
  const sql = `SELECT code, pipeline, source, ${field} AS field,
  count(*) FILTER (WHERE ${shownConditions[shown]}) AS records,
  count(*) FILTER (WHERE state = 'failed_again') AS failed_again,
  count(*) FILTER (WHERE state = 'replayed') AS replayed,
  min(rejected_at) AS first_at, max(rejected_at) AS last_at,
  arg_max(message, rejected_at) AS message
FROM ${rejected}${where}
GROUP BY ALL ORDER BY records DESC, code, pipeline, source, field LIMIT ${reasonsMax}`;
  return { sql, params };
}

/** Records of the last hour by reason and by minutes ago. */
export const lastHourQuestion: Question = {
  sql: `SELECT code, pipeline, source, ${field} AS field,
  (epoch(now()) - epoch(rejected_at))::BIGINT // 60 AS minutes_ago, count(*) AS records
FROM quarantine WHERE rejected_at > now() - INTERVAL 1 HOUR GROUP BY ALL`,
};

/** Records a page shows. */
export const pageSize = 25;

/** Characters of each record that a list fetches. */
const startLength = 400;

/** Within what was rejected at once, the last first: positions are numbers, as text. */
export const lastFirst = '"partition", length("position") DESC, "position" DESC';

/** One page of a reason's records, the newest first. */
export function recordsQuestion(reason: Reason, chosen: Chosen, page: number): Question {
  const sql = `SELECT "partition", "position", rejected_at, message, octet_length(raw) AS bytes,
  state, replay_message, replayed_at,
  left(raw_text, ${startLength}) AS start_text,
  CASE WHEN raw_text IS NULL THEN to_base64(raw[1:${startLength}]) END AS start_base64
FROM ${rejected}${reasonWhere(chosen)}
ORDER BY rejected_at DESC, ${lastFirst} LIMIT ${pageSize} OFFSET ${page * pageSize}`;
  return { sql, params: reasonParams(reason) };
}

/** How many records a reason has. */
export function countQuestion(reason: Reason, chosen: Chosen): Question {
  return {
    sql: `SELECT count(*) AS records FROM ${rejected}${reasonWhere(chosen)}`,
    params: reasonParams(reason),
  };
}

/** What was said of a reason's newest record. */
export function messageQuestion(reason: Reason): Question {
  const sql = `SELECT arg_max(message, rejected_at) AS message
FROM quarantine${reasonWhere(everything)} HAVING count(*) > 0`;
  return { sql, params: reasonParams(reason) };
}

/** Bytes of a record that the console shows; an export has them all. */
export const rawBytesMax = 65_536;

/** One record's bytes. */
export function rawQuestion(reason: Reason, partition: string, position: string): Question {
  return {
    sql: `SELECT raw_text IS NOT NULL AS is_text, octet_length(raw) AS bytes,
  CASE WHEN raw_text IS NULL THEN to_base64(raw[1:${rawBytesMax}])
    ELSE left(raw_text, ${rawBytesMax}) END AS content
FROM quarantine${reasonWhere(everything)} AND "partition" = $5 AND "position" = $6 LIMIT 1`,
    params: [...reasonParams(reason), partition, position],
  };
}

/** All of a reason's records, as they are in the table, with what became of each. */
export function exportQuestion(reason: Reason, chosen: Chosen): Question {
  const sql = `SELECT * FROM ${rejected}${reasonWhere(chosen)} ORDER BY rejected_at`;
  return { sql, params: reasonParams(reason) };
}

/** The same with its values written in it, to go on with in the SQL page. */
export function sqlOf({ code, pipeline, source, field: column }: Reason): string {
  const equal = (name: string, value: string): string =>
    `${name} = '${value.replaceAll("'", "''")}'`;
  const like = column === '' ? [] : [`message LIKE 'Column "${column.replaceAll("'", "''")}"%'`];
  const where = [
    equal('pipeline', pipeline),
    equal('source', source),
    equal('code', code),
    ...like,
  ];
  return `SELECT *\nFROM quarantine\nWHERE ${where.join('\n  AND ')}\nORDER BY rejected_at DESC`;
}

/** A key that is the same for the same reason. */
export function reasonKey({ code, pipeline, source, field: column }: Reason): string {
  return JSON.stringify([code, pipeline, source, column]);
}

export function reasonFrom(row: AnswerRow): Reason {
  return {
    code: String(row['code'] ?? ''),
    pipeline: String(row['pipeline'] ?? ''),
    source: String(row['source'] ?? ''),
    field: String(row['field'] ?? ''),
  };
}

/** Which records of a reason. */
export type Chosen = Pick<Filter, 'since' | 'shown'>;

const everything: Chosen = { since: 'all', shown: 'all' };

function reasonWhere({ since, shown }: Chosen): string {
  return conditions([
    'code = $1',
    'pipeline = $2',
    'source = $3',
    `${field} = $4`,
    sinceCondition(since),
    shown === 'all' ? undefined : shownConditions[shown],
  ]);
}

function reasonParams(reason: Reason): Cell[] {
  return [reason.code, reason.pipeline, reason.source, reason.field];
}

function sinceCondition(since: Since): string | undefined {
  const interval = sinceIntervals[since];
  return interval === undefined ? undefined : `rejected_at > now() - INTERVAL ${interval}`;
}

function conditions(parts: readonly (string | undefined)[]): string {
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? '' : ` WHERE ${known.join(' AND ')}`;
}
