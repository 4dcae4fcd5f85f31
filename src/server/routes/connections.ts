import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { checkedOptions } from '../../connection/check/check-options.ts';
import type { Connection, ConnectionStep } from '../../connection/connection.ts';
import { errorAnswer } from '../answer/error-answer.ts';
import { logRefusal } from '../answer/log-refusal.ts';
import { connectionListSchema, connectionSchema, errorSchema } from '../schemas.ts';
import { connectionAnswer, connectionStepLine } from '../wire.ts';
import { abortOnClose } from './abort-on-close.ts';
import { nameParams } from './names.ts';
import type {
  ConnectionAnswer,
  ConnectionBody,
  ConnectionListAnswer,
  ErrorAnswer,
} from '../api.ts';
import type { ConnectionDependencies } from '../dependencies.ts';
import type { Routes } from '../framework.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** `/api/v1/connections…`. */
export function addConnectionRoutes(
  app: Routes,
  dependencies: ConnectionDependencies,
  logger: Logger,
): void {
  addKeeping(app, dependencies);
  addTesting(app, dependencies, logger);
}

const path = '/api/v1/connections';
const onePath = `${path}/:name`;

const settings = {
  kind: Type.Enum(['kafka', 'confluent', 'kinesis']),
  options: Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 65_536 }), {
    description: 'By name, as in SQL. Secrets are references: env:NAME, file:PATH, ssm:/path …',
    maxProperties: 100,
  }),
};

const createBody = Type.Object(
  { name: Type.String(), ...settings },
  { additionalProperties: false },
);

const testSettings = {
  stream: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2048, description: 'The topic or stream to look at.' }),
  ),
  timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 300_000, default: 30_000 })),
};

const testStoredBody = Type.Object(testSettings, { additionalProperties: false });
const testBody = Type.Object({ ...settings, ...testSettings }, { additionalProperties: false });

function addKeeping(app: Routes, { connections }: ConnectionDependencies): void {
  app.get(
    path,
    { schema: { summary: 'All connections', response: { 200: connectionListSchema } } },
    (): ConnectionListAnswer => ({ connections: connections.list().map(connectionAnswer) }),
  );
  app.get(
    onePath,
    {
      schema: {
        summary: 'One connection; its secrets are references',
        params: nameParams,
        response: { 200: connectionSchema, 404: errorSchema },
      },
    },
    ({ params }): ConnectionAnswer => connectionAnswer(connections.get(params.name)),
  );
  app.post(
    path,
    {
      schema: {
        summary: 'Keep how to reach a Kafka cluster or Kinesis under a name',
        body: createBody,
        response: { 201: connectionSchema, '4xx': errorSchema },
      },
    },
    ({ body }, reply): ConnectionAnswer => {
      const connection = connections.create({ name: body.name, ...plain(body) });
      reply.code(201);
      return connectionAnswer(connection);
    },
  );
  app.delete(
    onePath,
    {
      schema: {
        summary: 'Delete a connection that nothing uses',
        params: nameParams,
        response: { 204: Type.Null(), '4xx': errorSchema },
      },
    },
    async ({ params }, reply) => {
      connections.delete(params.name);
      return await reply.code(204).send();
    },
  );
}

function addTesting(app: Routes, dependencies: ConnectionDependencies, logger: Logger): void {
  const described = {
    produces: ['application/x-ndjson'],
    response: { '4xx': errorSchema },
  };
  app.post(
    `${onePath}/test`,
    {
      schema: {
        summary: 'Try a connection step by step; steps stream out as NDJSON',
        params: nameParams,
        body: testStoredBody,
        ...described,
      },
    },
    async ({ params, body, raw, id }, reply) => {
      const connection = dependencies.connections.get(params.name);
      const steps = startTest(dependencies, { connection, body, reply });
      return await sendSteps(steps, { raw, id, reply, logger });
    },
  );
  app.post(
    `${path}/test`,
    {
      schema: { summary: 'Try a connection that is not kept', body: testBody, ...described },
    },
    async ({ body, raw, id }, reply) => {
      const connection = { kind: kindOf(body.kind), options: optionsToTest(body) };
      const steps = startTest(dependencies, { connection, body, reply });
      return await sendSteps(steps, { raw, id, reply, logger });
    },
  );
}

/** Confluent's is a Kafka connection whose options have names of their own. */
function plain(body: Pick<ConnectionBody, 'kind' | 'options'>): {
  readonly kind: Connection['kind'];
  readonly options: Connection['options'];
} {
  const kind = kindOf(body.kind);
  return { kind, options: checkedOptions(body.kind, body.options) };
}

function kindOf(kind: ConnectionBody['kind']): Connection['kind'] {
  return kind === 'kinesis' ? 'kinesis' : 'kafka';
}

/** What is wrong with options is the test's first step, where they are of a kind of their own. */
function optionsToTest(body: Pick<ConnectionBody, 'kind' | 'options'>): Connection['options'] {
  return body.kind === 'confluent' ? checkedOptions('confluent', body.options) : body.options;
}

type TestRequest = {
  readonly connection: Pick<Connection, 'kind' | 'options'>;
  readonly body: { readonly stream?: string | undefined; readonly timeout_ms?: number | undefined };
  readonly reply: FastifyReply;
};

function startTest(
  { test }: ConnectionDependencies,
  { connection, body, reply }: TestRequest,
): AsyncIterable<ConnectionStep> {
  return test(connection, {
    stream: body.stream,
    timeoutMs: body.timeout_ms,
    signal: abortOnClose(reply.raw),
  });
}

async function sendSteps(
  steps: AsyncIterable<ConnectionStep>,
  context: {
    readonly raw: FastifyRequest['raw'];
    readonly id: string;
    readonly reply: FastifyReply;
    readonly logger: Logger;
  },
): Promise<FastifyReply> {
  const lines = stepLines(steps, (thrown) => {
    const answer = errorAnswer(thrown, context.id);
    logRefusal(context.logger, answer, context.raw);
    return answer.body;
  });
  context.reply.type('application/x-ndjson');
  return await context.reply.send(Readable.from(lines));
}

async function* stepLines(
  steps: AsyncIterable<ConnectionStep>,
  failed: (thrown: unknown) => ErrorAnswer,
): AsyncGenerator<string> {
  try {
    for await (const step of steps) yield `${JSON.stringify(connectionStepLine(step))}\n`;
  } catch (thrown) {
    yield `${JSON.stringify(failed(thrown))}\n`;
  }
}
