import { Type } from 'typebox';
import { HeliosError } from '../../base/errors.ts';
import type { Discovery } from '../../discovery/discovery.ts';
import {
  connectionStreamsSchema,
  inferAnswerSchema,
  peekAnswerSchema,
  streamDescriptionSchema,
} from '../discovery/discovery-schemas.ts';
import {
  inferAnswerDocument,
  peekAnswerDocument,
  streamDescriptionAnswer,
  streamSummaryAnswer,
} from '../discovery/discovery-wire.ts';
import { parseOffset, parsePeekStart } from '../discovery/peek-start.ts';
import { addTrials } from '../discovery/trial-routes.ts';
import { errorSchema } from '../schemas.ts';
import { abortOnClose } from './abort-on-close.ts';
import { checkNewName, nameParams } from './names.ts';
import type {
  ConnectionStreamsAnswer,
  InferAnswerDocument,
  InferBody,
  PeekAnswerDocument,
  StreamDescriptionAnswer,
} from '../discovery/discovery-answers.ts';
import type { Routes } from '../framework.ts';
import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';

/** `/api/v1/connections/{name}/streams…`, and looks at streams of the embedded log. */
export function addDiscoveryRoutes(app: Routes, discovery: Discovery): void {
  addListing(app, discovery);
  addPeeking(app, discovery);
  addInferring(app, discovery);
  addTrials(app, discovery);
}

const ofConnection = '/api/v1/connections/:name/streams';
const ofLog = '/api/v1/streams';

const streamParams = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 255 }),
  stream: Type.String({ minLength: 1, maxLength: 255, description: 'A name, or an ARN.' }),
});

const countMax = 1000;
const timeoutMsMax = 120_000;
const timeoutMs = 15_000;
const waitMsMax = 120_000;
const waitAbout = 'How long to wait for a first record where there is none; 0 unless given.';

const peekQuery = Type.Object(
  {
    from: Type.Optional(
      Type.String({ description: 'newest (unless given), oldest, a time, PARTITION:POSITION' }),
    ),
    count: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,4}$', description: `1 to ${countMax}; 10 unless given.` }),
    ),
    partition: Type.Optional(
      Type.String({ description: 'Only these, with commas between them.', maxLength: 10_000 }),
    ),
    timeout_ms: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}$' })),
    wait_ms: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}$', description: waitAbout })),
  },
  { additionalProperties: false },
);

const inferBody = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 200 })),
    table: Type.Optional(Type.String()),
    from: Type.Optional(Type.String({ description: 'newest (unless given), oldest, a time' })),
    offset: Type.Optional(
      Type.String({ description: 'Where the pipeline starts: earliest (unless given) …' }),
    ),
    metadata: Type.Optional(Type.Boolean({ description: 'Keeps key, partition … in columns.' })),
    records: Type.Optional(Type.Boolean({ description: 'Tells the records, too.' })),
    timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: timeoutMsMax })),
    wait_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: waitMsMax, description: waitAbout }),
    ),
  },
  { additionalProperties: false },
);

function addListing(app: Routes, discovery: Discovery): void {
  app.get(
    ofConnection,
    {
      schema: {
        summary: "The topics or streams that a connection's user may see",
        params: nameParams,
        response: { 200: connectionStreamsSchema, '4xx': errorSchema },
      },
    },
    async ({ params }, reply): Promise<ConnectionStreamsAnswer> => {
      const streams = await discovery.streams(params.name, abortOnClose(reply.raw));
      return { streams: streams.map(streamSummaryAnswer) };
    },
  );
  app.get(
    `${ofConnection}/:stream`,
    {
      schema: {
        summary: 'One topic or stream, with its partitions or shards',
        params: streamParams,
        response: { 200: streamDescriptionSchema, '4xx': errorSchema },
      },
    },
    async ({ params }, reply): Promise<StreamDescriptionAnswer> => {
      const { name, stream } = params;
      const signal = abortOnClose(reply.raw);
      return streamDescriptionAnswer(await discovery.describe(name, stream, signal));
    },
  );
}

function addPeeking(app: Routes, discovery: Discovery): void {
  const described = {
    querystring: peekQuery,
    response: { 200: peekAnswerSchema, '4xx': errorSchema },
  };
  const summary = 'Records of all partitions, by time, without reading them for a pipeline';
  const peek = async (
    place: Place,
    query: Static<typeof peekQuery>,
    reply: FastifyReply,
  ): Promise<PeekAnswerDocument> => {
    const answer = await discovery.peek(place.connection, {
      stream: place.stream,
      partitions: query.partition?.split(',').map((partition) => partition.trim()),
      from: parsePeekStart(query.from ?? 'newest'),
      count: numberIn('count', query.count ?? '10', { min: 1, max: countMax }),
      spread: 'time',
      timeoutMs: numberIn('timeout_ms', query.timeout_ms ?? String(timeoutMs), {
        min: 1,
        max: timeoutMsMax,
      }),
      waitMs: numberIn('wait_ms', query.wait_ms ?? '0', { min: 0, max: waitMsMax }),
      signal: abortOnClose(reply.raw),
    });
    return peekAnswerDocument(answer);
  };
  app.get(
    `${ofConnection}/:stream/records`,
    { schema: { summary, params: streamParams, ...described } },
    async ({ params: { name, stream }, query }, reply) =>
      await peek({ connection: name, stream }, query, reply),
  );
  app.get(
    `${ofLog}/:name/records`,
    { schema: { summary, params: nameParams, ...described } },
    async ({ params: { name }, query }, reply) =>
      await peek({ connection: undefined, stream: name }, query, reply),
  );
}

function addInferring(app: Routes, discovery: Discovery): void {
  const described = {
    body: inferBody,
    response: { 200: inferAnswerSchema, '4xx': errorSchema },
  };
  const summary = 'Draft a table that fits records, and try it on them; nothing is made';
  const infer = async (
    place: Place,
    body: InferBody,
    reply: FastifyReply,
  ): Promise<InferAnswerDocument> => {
    const from = parsePeekStart(body.from ?? 'newest');
    if (from.kind === 'position') throw onePartition();
    if (body.table !== undefined) checkNewName('table', body.table);
    const answer = await discovery.infer({
      ...place,
      from,
      count: body.count ?? 200,
      table: body.table,
      offset: parseOffset(body.offset ?? 'earliest'),
      hasMetadata: body.metadata ?? false,
      timeoutMs: body.timeout_ms ?? timeoutMs,
      waitMs: body.wait_ms ?? 0,
      signal: abortOnClose(reply.raw),
    });
    return inferAnswerDocument(answer, { hasRecords: body.records ?? false });
  };
  app.post(
    `${ofConnection}/:stream/infer`,
    { schema: { summary, params: streamParams, ...described } },
    async ({ params: { name, stream }, body }, reply) =>
      await infer({ connection: name, stream }, body, reply),
  );
  app.post(
    `${ofLog}/:name/infer`,
    { schema: { summary, params: nameParams, ...described } },
    async ({ params: { name }, body }, reply) =>
      await infer({ connection: undefined, stream: name }, body, reply),
  );
}

type Place = { readonly connection: string | undefined; readonly stream: string };

function numberIn(name: string, text: string, { min, max }: Range): number {
  const value = Number(text);
  if (value >= min && value <= max) return value;
  throw new HeliosError('invalid_request', `"${name}" is ${value}, not ${min} to ${max}.`);
}

type Range = { readonly min: number; readonly max: number };

function onePartition(): HeliosError {
  return new HeliosError('invalid_request', 'A schema is not inferred from one partition alone.', {
    hint: 'Begin at newest, oldest or a time, which all partitions have.',
  });
}
