import { Type } from 'typebox';
import { errorSchema, streamListSchema, streamSchema } from '../schemas.ts';
import { backedStreamAnswer, damagedStreamAnswer, streamAnswer } from '../wire.ts';
import { nameParams } from './names.ts';
import { HeliosError } from '../../base/errors.ts';
import type { BackedStreamRequest, BackedStreams } from '../../log/backed-streams.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { StreamRequest } from '../../log/log.ts';
import type { StreamAnswer, StreamCreateBody, StreamListAnswer, StreamPatchBody } from '../api.ts';
import type { Routes } from '../framework.ts';

/** `/api/v1/streams…`. */
export function addStreamRoutes(
  app: Routes,
  log: EventLog,
  backed: BackedStreams | undefined,
): void {
  addReading(app, log, backed);
  addChanging(app, log, backed);
}

const path = '/api/v1/streams';
const onePath = `${path}/:name`;

const settings = {
  partitions: Type.Optional(Type.Integer({ minimum: 1 })),
  retention_ms: Type.Optional(Type.Integer({ minimum: 1 })),
  retention_bytes: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'Budget of all partitions together; null is as much as the disk holds.',
    }),
  ),
};

const createBody = Type.Object(
  {
    name: Type.String(),
    ...settings,
    connection: Type.Optional(
      Type.String({ description: 'A connection whose broker keeps the stream, in a topic.' }),
    ),
    topic: Type.Optional(
      Type.String({ description: "The stream's name unless given; made where there is none." }),
    ),
  },
  { additionalProperties: false },
);

const patchBody = Type.Object(settings, { additionalProperties: false, minProperties: 1 });

const deleteQuery = Type.Object(
  {
    force: Type.Optional(
      Type.Enum(['true', 'false'], { description: 'Also while a pipeline reads it.' }),
    ),
  },
  { additionalProperties: false },
);

function addReading(app: Routes, log: EventLog, backed: BackedStreams | undefined): void {
  app.get(
    path,
    { schema: { summary: 'All streams', response: { 200: streamListSchema } } },
    async (): Promise<StreamListAnswer> => {
      const others = (await backed?.list()) ?? [];
      const streams = [...log.listStreams().map(streamAnswer), ...others.map(backedStreamAnswer)];
      const damaged = log.damagedStreams().map(damagedStreamAnswer);
      return { streams, ...(damaged.length === 0 ? {} : { damaged }) };
    },
  );
  app.get(
    onePath,
    {
      schema: {
        summary: 'One stream',
        params: nameParams,
        response: { 200: streamSchema, 404: errorSchema },
      },
    },
    async ({ params }): Promise<StreamAnswer> =>
      backed?.has(params.name) === true
        ? backedStreamAnswer(await backed.get(params.name))
        : streamAnswer(log.getStream(params.name)),
  );
}

function addChanging(app: Routes, log: EventLog, backed: BackedStreams | undefined): void {
  app.post(
    path,
    {
      schema: {
        summary: 'Create a stream',
        body: createBody,
        response: { 201: streamSchema, '4xx': errorSchema },
      },
    },
    async ({ body }, reply): Promise<StreamAnswer> => {
      const backedRequest = backedRequestOf(body);
      if (backedRequest !== undefined) {
        if (backed === undefined) throw noBrokers();
        const made = await backed.create(backedRequest);
        reply.code(201);
        return backedStreamAnswer(made);
      }
      if (backed?.has(body.name) === true) throw isTaken(body.name);
      const info = await log.createStream(streamRequest(body.name, body));
      reply.code(201);
      return streamAnswer(info);
    },
  );
  app.patch(
    onePath,
    {
      schema: {
        summary: "Change a stream's retention, or add partitions",
        params: nameParams,
        body: patchBody,
        response: { 200: streamSchema, '4xx': errorSchema },
      },
    },
    async ({ params, body }): Promise<StreamAnswer> => {
      if (backed?.has(params.name) === true) {
        const { partitions, retention_ms: retentionMs } = body;
        if (body.retention_bytes !== undefined) throw noBudget();
        return backedStreamAnswer(await backed.alter(params.name, { partitions, retentionMs }));
      }
      return streamAnswer(await log.alterStream(streamRequest(params.name, body)));
    },
  );
  app.delete(
    onePath,
    {
      schema: {
        summary: 'Delete a stream and its records',
        params: nameParams,
        querystring: deleteQuery,
        response: { 204: Type.Null(), '4xx': errorSchema },
      },
    },
    async ({ params, query }, reply) => {
      const streams = backed?.has(params.name) === true ? backed : undefined;
      const options = { isForced: query.force === 'true' };
      if (streams === undefined) await log.deleteStream(params.name, options);
      else await streams.delete(params.name, options);
      return await reply.code(204).send();
    },
  );
}

/** Undefined where the embedded log is to keep it. */
function backedRequestOf(body: StreamCreateBody): BackedStreamRequest | undefined {
  const { name, connection, topic, partitions } = body;
  if (connection === undefined) {
    if (topic === undefined) return undefined;
    throw new HeliosError(
      'invalid_request',
      `The topic "${topic}" is given without a connection.`,
      {
        hint: 'Say which connection has it: --connection NAME.',
      },
    );
  }
  if (typeof body.retention_bytes === 'number') {
    throw noBudget();
  }
  return { name, connection, topic, partitions, retentionMs: body.retention_ms };
}

function noBrokers(): HeliosError {
  return new HeliosError('invalid_request', 'Streams are kept in the embedded log only here.', {
    hint: 'Leave the connection out.',
  });
}

function isTaken(name: string): HeliosError {
  return new HeliosError('already_exists', `The stream "${name}" exists already.`, {
    hint: 'Use it, or choose another name.',
  });
}

function noBudget(): HeliosError {
  return new HeliosError('invalid_request', 'A topic has no budget of bytes for all partitions.', {
    hint: "Give a time, or set the topic's retention.bytes, which is for each partition.",
  });
}

function streamRequest(name: string, body: StreamPatchBody): StreamRequest {
  return {
    name,
    partitions: body.partitions,
    retentionMs: body.retention_ms,
    // The log's word for no limit; absent leaves it as it is.
    retentionBytes: body.retention_bytes === null ? Infinity : body.retention_bytes,
  };
}
