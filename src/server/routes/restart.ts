import { type Static, type TSchema, Type } from 'typebox';
import { HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import type { StartPoint } from '../../source/source.ts';
import type { BackfillPoint } from '../../pipeline/backfill/begin-backfill.ts';
import type { RestartPoint, RestartRequest } from '../../pipeline/reposition.ts';

/** Longest position, and longest name of a partition, that anybody has, with room. */
const wordLengthMax = 1024;
const partitionsMax = 10_000;

const positionText = Type.String({ minLength: 1, maxLength: wordLengthMax });

/** A point in the sources' records, as it is sent. */
export type From = string | Extract<RestartPoint, { positions: unknown }>['positions'];

const positions: TSchema = Type.Record(
  Type.String({ maxLength: wordLengthMax }),
  Type.Union([
    positionText,
    Type.Record(Type.String({ maxLength: wordLengthMax }), positionText, {
      maxProperties: partitionsMax,
    }),
  ]),
  { maxProperties: partitionsMax },
);

export const fromSchema: TSchema = Type.Union([
  Type.String({ maxLength: wordLengthMax }),
  positions,
]);

/** `PATCH` of a pipeline that shall read on elsewhere. */
export const restartBody: Type.TObject<{
  restart_from: Type.TUnsafe<From>;
  allow_duplicates: Type.TOptional<Type.TBoolean>;
  allow_skipping: Type.TOptional<Type.TBoolean>;
}> = Type.Object(
  {
    restart_from: Type.Unsafe<From>(fromSchema),
    allow_duplicates: Type.Optional(Type.Boolean()),
    allow_skipping: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

export function restartRequest(body: Static<typeof restartBody>): RestartRequest {
  return {
    from: pointOf(body.restart_from),
    isAllowingDuplicates: body.allow_duplicates ?? false,
    isAllowingSkips: body.allow_skipping ?? false,
  };
}

/** `POST …/backfill`: a time, or `earliest`. */
export const backfillBody: Type.TObject<{ from: Type.TString }> = Type.Object(
  { from: Type.String({ maxLength: wordLengthMax }) },
  { additionalProperties: false },
);

export function backfillPoint({ from }: Static<typeof backfillBody>): BackfillPoint {
  const point = pointOf(from);
  if (point === 'earliest' || (typeof point === 'object' && 'atMs' in point)) return point;
  throw new HeliosError('invalid_request', 'Nothing is to be read before what comes now.', {
    hint: 'Write earliest, or a time.',
  });
}

/** `invalid_request` for what is no point. */
export function pointOf(from: From): RestartPoint {
  if (typeof from !== 'string') return { positions: from };
  if (from === 'earliest' || from === 'latest') return from;
  const atMs = instantOf(from);
  if (atMs !== undefined) return { atMs };
  throw new HeliosError(
    'invalid_request',
    `${JSON.stringify(from.slice(0, 100))} is no place to read from.`,
    {
      hint:
        'Write earliest, latest, a time with its zone such as 2026-01-31T08:00:00Z, or an ' +
        'object of partitions and positions.',
    },
  );
}

/** Where reading ends: `latest`, as of now, or a time. */
export function endOf(until: string): StartPoint {
  const point = pointOf(until);
  if (point === 'latest' || (typeof point === 'object' && 'atMs' in point)) return point;
  throw new HeliosError('invalid_request', 'Nothing is to be read up to there.', {
    hint: 'Write latest, for all that is there now, or a time.',
  });
}

/** Undefined for what is no time since 1970 with its zone. */
export function instantOf(text: string): EpochMs | undefined {
  const timeMs = timePattern.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(timeMs) && timeMs >= 0 ? timeMs : undefined;
}

/** RFC 3339; a time without a zone would mean another one on another machine. */
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
