import { Type } from 'typebox';
import { HeliosError } from '../../base/errors.ts';
import { findError } from '../framework.ts';
import { maxCellBytesSchema, queryParamsSchema } from '../routes/query.ts';
import type { LiveRequest } from './live-api.ts';
import type { TSchema } from 'typebox';
import type { RawData } from 'ws';

/** Reads one message of a client, or `invalid_json` or `invalid_request`. */
export function parseLiveRequest(data: RawData, isBinary: boolean): LiveRequest {
  if (isBinary) throw new HeliosError('invalid_request', 'Messages must be text.');
  const value = parseJson(String(data));
  const schema = schemaFor(value);
  const error = findError(schema, value, 'message');
  if (error) throw error;
  return value as LiveRequest;
}

const id = Type.String({ minLength: 1, maxLength: 100 });
const name = Type.String({ minLength: 1, maxLength: 255 });
const sql = Type.String({ minLength: 1, maxLength: 60_000 });
const closed = { additionalProperties: false };
const subscribe = { op: Type.Literal('subscribe'), id };

const unsubscribeSchema = Type.Object({ op: Type.Literal('unsubscribe'), id }, closed);
const streamTailSchema = Type.Object(
  { ...subscribe, kind: Type.Literal('tail'), stream: name },
  closed,
);
const tableTailSchema = Type.Object(
  { ...subscribe, kind: Type.Literal('tail'), table: name, where: Type.Optional(sql) },
  closed,
);
const pipelinesSchema = Type.Object({ ...subscribe, kind: Type.Literal('pipelines') }, closed);
const querySchema = Type.Object(
  {
    ...subscribe,
    kind: Type.Literal('query'),
    sql,
    params: queryParamsSchema,
    max_rows: Type.Optional(Type.Integer({ minimum: 1 })),
    max_cell_bytes: maxCellBytesSchema,
    timeout_ms: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);
const anySchema = Type.Object({ op: Type.Enum(['subscribe', 'unsubscribe']), id });
const subscribeSchema = Type.Object({ kind: Type.Enum(['tail', 'pipelines', 'query']) });

/** By what the message says it is, so that an error is about that and not about a union. */
function schemaFor(value: unknown): TSchema {
  if (findError(anySchema, value, 'message')) return anySchema;
  const message = value as { readonly op: string; readonly kind?: unknown };
  if (message.op === 'unsubscribe') return unsubscribeSchema;
  if (message.kind === 'pipelines') return pipelinesSchema;
  if (message.kind === 'query') return querySchema;
  if (message.kind === 'tail') return 'stream' in message ? streamTailSchema : tableTailSchema;
  return subscribeSchema;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HeliosError('invalid_json', 'The message is not valid JSON.', { cause });
  }
}
