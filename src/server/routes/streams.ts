import { Type } from 'typebox';
import { errorSchema, streamListSchema, streamSchema } from '../schemas.ts';
import { streamAnswer } from '../wire.ts';
import { nameParams } from './names.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { StreamRequest } from '../../log/log.ts';
import type { StreamAnswer, StreamListAnswer, StreamPatchBody } from '../api.ts';
import type { Routes } from '../framework.ts';

/** `/api/v1/streams…`. */
export function addStreamRoutes(app: Routes, streams: EventLog): void {
  addReading(app, streams);
  addChanging(app, streams);
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
  { name: Type.String(), ...settings },
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

function addReading(app: Routes, streams: EventLog): void {
  app.get(
    path,
    { schema: { summary: 'All streams', response: { 200: streamListSchema } } },
    (): StreamListAnswer => ({ streams: streams.listStreams().map(streamAnswer) }),
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
    ({ params }): StreamAnswer => streamAnswer(streams.getStream(params.name)),
  );
}

function addChanging(app: Routes, streams: EventLog): void {
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
      const info = await streams.createStream(streamRequest(body.name, body));
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
    async ({ params, body }): Promise<StreamAnswer> =>
      streamAnswer(await streams.alterStream(streamRequest(params.name, body))),
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
      await streams.deleteStream(params.name, { isForced: query.force === 'true' });
      return await reply.code(204).send();
    },
  );
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
