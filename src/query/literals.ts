import type { Literal } from '../delta/prune/predicate.ts';
import type { Parameters } from '../engine/parameters.ts';
import type { Constant, Expression } from '../sql/select-ast.ts';

export type Literals = {
  readonly parameters: Parameters;
  readonly nowMs: number;
};

export type FoundLiteral = {
  readonly value: Literal;
  /** It was reckoned from now: the query's own now comes later. */
  readonly isRelative: boolean;
  /** A text that was bound: DuckDB does not take it for a literal of the other side's type. */
  readonly isParameterText: boolean;
};

/** The value of an expression that is one without running anything; undefined for all others. */
export function literalOf(expression: Expression, literals: Literals): FoundLiteral | undefined {
  const micros = relativeMicros(expression, literals.nowMs);
  if (micros !== undefined) {
    return { value: { kind: 'instant', micros }, isRelative: true, isParameterText: false };
  }
  if (expression.parameter !== undefined) return parameterLiteral(expression.parameter, literals);
  const value =
    expression.constant === undefined
      ? castLiteral(expression)
      : constantLiteral(expression.constant);
  return value === undefined ? undefined : { value, isRelative: false, isParameterText: false };
}

/** A clock may be put back by so much between here and the query's process. */
export const clockSlackMs = 60_000;

function constantLiteral({ type, scale, value }: Constant): Literal | undefined {
  if (value === undefined) return { kind: 'null' };
  if (typeof value === 'string')
    return type === 'VARCHAR' ? { kind: 'text', text: value } : undefined;
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (typeof value !== 'number') return undefined;
  if (type === 'DOUBLE') return { kind: 'double', value };
  // JSON.parse has rounded what is larger.
  if (!Number.isSafeInteger(value)) return undefined;
  return { kind: 'exact', text: scaledText(value, type === 'DECIMAL' ? scale : 0) };
}

/** -1250 with two digits behind the point is -12.50. */
function scaledText(value: number, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function parameterLiteral(name: string, { parameters }: Literals): FoundLiteral | undefined {
  const entry = Object.entries(parameters).find(([key]) =>
    Array.isArray(parameters)
      ? Number(key) + 1 === Number(name)
      : key.toLowerCase() === name.toLowerCase(),
  );
  const value = entry === undefined ? undefined : scalarLiteral(entry[1]);
  if (value === undefined) return undefined;
  return { value, isRelative: false, isParameterText: value.kind === 'text' };
}

function scalarLiteral(value: unknown): Literal | undefined {
  if (value === null) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (typeof value !== 'number') return undefined;
  return Number.isSafeInteger(value)
    ? { kind: 'exact', text: String(value) }
    : { kind: 'double', value };
}

/** `DATE '…'`, `TIMESTAMPTZ '…'` and `true`, which is a cast too. */
function castLiteral({ castType, contents }: Expression): Literal | undefined {
  const text = contents.expressions[0]?.text;
  if (castType === undefined || text === undefined) return undefined;
  if (castType === 'BOOLEAN') {
    return ['t', 'f'].includes(text) ? { kind: 'boolean', value: text === 't' } : undefined;
  }
  const isDate = castType === 'DATE' && /^\d{4}-\d\d-\d\d$/.test(text);
  const isInstant = castType === 'TIMESTAMP' || castType === 'TIMESTAMP WITH TIME ZONE';
  if (!isDate && !isInstant) return undefined;
  const micros = instantMicros(text);
  return micros === undefined ? undefined : { kind: 'instant', micros };
}

const instantPattern =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?)?(?:Z|\+00(?::?00)?)?$/;

/**
 * Microseconds since 1970 of a plain date or time in UTC; undefined for any other way to write one.
 */
function instantMicros(text: string): bigint | undefined {
  const [, date, time = '00:00', fraction = ''] = instantPattern.exec(text) ?? [];
  const ms = Date.parse(`${date ?? ''}T${time}Z`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** `now()` and `now() - INTERVAL …` of a fixed length. */
function relativeMicros(expression: Expression, nowMs: number): bigint | undefined {
  if (isNow(expression)) return BigInt(Math.floor(nowMs) - clockSlackMs) * 1000n;
  const [left, right] = expression.contents.expressions;
  if (expression.call?.name !== '-' || left === undefined || right === undefined) return undefined;
  const durationMs = intervalMs(right);
  if (!isNow(left) || durationMs === undefined) return undefined;
  return BigInt(Math.floor(nowMs) - clockSlackMs - durationMs) * 1000n;
}

const nowNames = ['now', 'current_timestamp', 'get_current_timestamp', 'transaction_timestamp'];

function isNow({ call, columnPath, contents }: Expression): boolean {
  if (call !== undefined) return nowNames.includes(call.name) && contents.expressions.length === 0;
  return columnPath.length === 1 && columnPath[0]?.toLowerCase() === 'current_timestamp';
}

const unitMs: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/**
 * `INTERVAL 1 HOUR` is `to_hours(…1…)`, `INTERVAL '1 hour'` a cast. Months have no fixed length.
 */
function intervalMs(expression: Expression): number | undefined {
  const written =
    expression.castType === 'INTERVAL' ? expression.contents.expressions[0]?.text : '';
  const [, count, unit = ''] =
    /^(\d{1,9}) (second|minute|hour|day|week)s?$/.exec(written ?? '') ?? [];
  if (count !== undefined) return Number(count) * (unitMs[unit] ?? 0);
  const name = /^to_(second|minute|hour|day|week)s$/.exec(expression.call?.name ?? '')?.[1];
  const whole = name === undefined ? undefined : wholeNumber(expression.contents.expressions[0]);
  return name === undefined || whole === undefined ? undefined : whole * (unitMs[name] ?? 0);
}

/** The number inside the casts that DuckDB's parser puts around it. */
function wholeNumber(expression: Expression | undefined): number | undefined {
  if (expression === undefined) return undefined;
  const { constant, call, castType, contents } = expression;
  if (constant !== undefined) {
    const { value, scale } = constant;
    return typeof value === 'number' && Number.isSafeInteger(value) && scale === 0
      ? Math.abs(value)
      : undefined;
  }
  const isWrapper = castType !== undefined || call?.name === 'trunc';
  return isWrapper && contents.expressions.length === 1
    ? wholeNumber(contents.expressions[0])
    : undefined;
}
