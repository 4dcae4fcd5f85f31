import { type TSchema, Type } from 'typebox';
import type { Alerts } from '../../alert/alert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Routes } from '../framework.ts';
import { abortOnClose } from '../routes/abort-on-close.ts';
import { errorSchema } from '../schemas.ts';
import type { AlertAnswer, AlertListAnswer, AlertTestAnswer } from './alerts-api.ts';
import { alertAnswer, ruleOf } from './alerts-wire.ts';

/** `/api/v1/alerts…`. */
export function addAlertRoutes(app: Routes, alerts: Alerts, clock: Clock): void {
  addReading(app, alerts);
  addChanging(app, alerts);
  app.post(
    `${path}/test`,
    {
      schema: {
        summary: "Send an example to an alert's address, once; nothing is kept",
        body,
        response: {
          200: Type.Object({ status: Type.Integer(), ms: Type.Integer() }),
          '4xx': errorSchema,
        },
      },
    },
    async ({ body: tried }, reply): Promise<AlertTestAnswer> => {
      const startedMs = clock.monotonicMs();
      const status = await alerts.test(ruleOf(tried), abortOnClose(reply.raw));
      return { status, ms: Math.round(clock.monotonicMs() - startedMs) };
    },
  );
}

const path = '/api/v1/alerts';
const onePath = `${path}/:name`;

const settings = {
  pipeline: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, description: 'Absent: each pipeline.' }),
  ),
  share_percent: Type.Number({
    minimum: 0,
    exclusiveMaximum: 100,
    description: 'Of the records read: the alert goes off above it.',
  }),
  url: Type.String({
    minLength: 1,
    maxLength: 4000,
    description: 'http or https, or a reference to a secret: env:NAME, file:PATH, ssm:/path …',
  }),
};
const windowMinutes = Type.Integer({ minimum: 1, maximum: 60, default: 5 });
const recordsMin = Type.Integer({
  minimum: 1,
  maximum: 1_000_000_000,
  default: 10,
  description: 'Fewer records read in the window say nothing yet.',
});

const body = Type.Object(
  {
    ...settings,
    window_minutes: Type.Optional(windowMinutes),
    records_min: Type.Optional(recordsMin),
  },
  { additionalProperties: false },
);

const count = Type.Integer({ minimum: 0 });
const time = Type.String({ format: 'date-time' });

export const alertSchema: TSchema = Type.Object({
  name: Type.String(),
  version: Type.String({ description: 'For If-Match: changes when the rule does.' }),
  changed_at: time,
  ...settings,
  window_minutes: windowMinutes,
  records_min: recordsMin,
  pipelines: Type.Array(
    Type.Object({
      pipeline: Type.String(),
      records_read: count,
      records_rejected: count,
      state: Type.Enum(['quiet', 'over', 'telling']),
      since: Type.Optional(time),
      told: Type.Optional(Type.Boolean({ description: 'Whether the webhook took the message.' })),
    }),
    { description: 'What the window holds now, of each pipeline that is watched.' },
  ),
  deliveries: Type.Object(
    {
      delivered: count,
      failed: count,
      given_up: count,
      last_at: Type.Optional(time),
      last_failure: Type.Optional(
        Type.Object({ message: Type.String(), hint: Type.Optional(Type.String()) }),
      ),
    },
    { description: 'Since Helios was started.' },
  ),
});

const listSchema = Type.Object({ alerts: Type.Array(alertSchema) });

const nameParams = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 1000, description: '"/" is written %2F.' }),
});

const versionHeader = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 100, description: 'The version that is replaced; * is any.' }),
  ),
});

function addReading(app: Routes, alerts: Alerts): void {
  app.get(
    path,
    { schema: { summary: 'All alerts, with what they see now', response: { 200: listSchema } } },
    (): AlertListAnswer => ({ alerts: alerts.list().map(alertAnswer) }),
  );
  app.get(
    onePath,
    {
      schema: {
        summary: 'One alert',
        params: nameParams,
        response: { 200: alertSchema, '4xx': errorSchema },
      },
    },
    ({ params }, reply): AlertAnswer => {
      const status = alerts.get(params.name);
      reply.header('etag', `"${status.version}"`);
      return alertAnswer(status);
    },
  );
}

function addChanging(app: Routes, alerts: Alerts): void {
  app.put(
    onePath,
    {
      schema: {
        summary: 'Tell a webhook when too many of the records that are read are rejected',
        description:
          'Once when the share passes the threshold, and once when it is back. Without If-Match ' +
          'only a new alert is kept; where the one that is there has another version: 409.',
        params: nameParams,
        headers: versionHeader,
        body,
        response: { 200: alertSchema, '4xx': errorSchema },
      },
    },
    ({ params, headers, body: rule }, reply): AlertAnswer => {
      const status = alerts.put(params.name, ruleOf(rule), versionOf(headers['if-match']));
      reply.header('etag', `"${status.version}"`);
      return alertAnswer(status);
    },
  );
  app.delete(
    onePath,
    {
      schema: {
        summary: 'Delete an alert',
        params: nameParams,
        headers: versionHeader,
        response: { 204: Type.Null(), '4xx': errorSchema },
      },
    },
    async ({ params, headers }, reply) => {
      alerts.delete(params.name, versionOf(headers['if-match']));
      return await reply.code(204).send();
    },
  );
}

/** As in an entity tag, or bare as the API answers it. */
function versionOf(header: string | undefined): string | undefined {
  return header?.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}
