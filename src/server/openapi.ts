import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

/**
 * The API's description; the routes of `/api/v1` describe themselves, ingest, which is beside
 * fastify, is here.
 */
export function describeApi(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Helios',
        version,
        description:
          'SQL over event streams. An error is {"error": {code, message, hint, position, ' +
          'details, id}}; status 429, 503 and 507 come with Retry-After.',
      },
      paths: {
        '/ingest': { post: ingestOperation([]) },
        '/ingest/{stream}': {
          post: ingestOperation([
            { name: 'stream', in: 'path', required: true, schema: { type: 'string' } },
          ]),
        },
      },
    },
  };
}

type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: { readonly type: 'string'; readonly enum?: string[] };
};

function ingestOperation(parameters: readonly Parameter[]): IngestOperation {
  return {
    summary: 'Store events: one JSON object, an array of them, or NDJSON; all of them or none',
    parameters: [...parameters, ...commonParameters],
    requestBody: {
      required: true,
      description: 'Told apart by the body, whatever Content-Type says. gzip and zstd are welcome.',
      content: { 'application/x-ndjson': { schema: { type: 'string' } } },
    },
    responses: {
      200: { description: '`ok`: durable (with wait=queryable: seen by SQL).' },
      202: { description: '`stored, not yet queryable`: durable, but SQL does not see it yet.' },
      '4XX': { description: 'Nothing was stored.' },
      '5XX': { description: 'Nothing was stored; send it again.' },
    },
  };
}

type IngestOperation = {
  readonly summary: string;
  readonly parameters: Parameter[];
  readonly requestBody: {
    readonly required: boolean;
    readonly description: string;
    readonly content: Record<string, { schema: { type: 'string' } }>;
  };
  readonly responses: Record<string, { description: string }>;
};

const commonParameters: readonly Parameter[] = [
  {
    name: 'wait',
    in: 'query',
    description: 'Answer once every running pipeline on the stream has published the events.',
    schema: { type: 'string', enum: ['queryable'] },
  },
  {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key within 24 h is stored once.',
    schema: { type: 'string' },
  },
];
