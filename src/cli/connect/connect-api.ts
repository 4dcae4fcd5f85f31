import { HeliosError } from '../../base/errors.ts';
import type {
  ConnectionAnswer,
  ConnectionBody,
  ConnectionListAnswer,
  ConnectionStepLine,
  PipelineAnswer,
  PipelineListAnswer,
  QueryAnswerDocument,
  ValidateAnswer,
} from '../../server/api.ts';
import type {
  ConnectionStreamsAnswer,
  InferAnswerDocument,
  InferBody,
  PeekAnswerDocument,
} from '../../server/discovery/discovery-answers.ts';
import { errorOfBody, pathPart } from '../client/client.ts';
import { jsonLines } from '../client/lines.ts';
import { streamPath } from '../commands/peek.ts';
import type { TestStep } from '../discovery/step-lines.ts';
import type { Scope } from '../scope.ts';

const connections = '/api/v1/connections';
const pipelines = '/api/v1/pipelines';

/** The API as `helios connect` uses it: every step of it is a request that anybody may make. */
export class ConnectApi {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async connections(): Promise<readonly ConnectionAnswer[]> {
    return (await this.#json<ConnectionListAnswer>('GET', connections)).connections;
  }

  /** Without a stream, it looks at the first one that has a record. */
  async *test(
    tried: string | Omit<ConnectionBody, 'name'>,
    stream: string | undefined,
  ): AsyncGenerator<TestStep> {
    const isKept = typeof tried === 'string';
    const path = isKept ? `${connections}/${pathPart(tried)}/test` : `${connections}/test`;
    const { client, signal } = this.#scope;
    const body = isKept ? { stream } : { ...tried, stream };
    const response = await client.stream({ method: 'POST', path, body, signal });
    for await (const line of jsonLines<ConnectionStepLine>(response)) {
      if ('error' in line) throw errorOfBody(line.error);
      yield line;
    }
  }

  async createConnection(body: ConnectionBody): Promise<ConnectionAnswer> {
    return await this.#json('POST', connections, body);
  }

  /** Also after Ctrl+C: what was made is taken back. */
  async deleteConnection(name: string): Promise<void> {
    const path = `${connections}/${pathPart(name)}`;
    await this.#scope.client.json({ method: 'DELETE', path });
  }

  async streams(connection: string): Promise<ConnectionStreamsAnswer['streams']> {
    const path = `${connections}/${pathPart(connection)}/streams`;
    return (await this.#json<ConnectionStreamsAnswer>('GET', path)).streams;
  }

  /** `waitMs`: so long for a first record, where there is none. */
  async peek(
    connection: string,
    stream: string,
    { count, waitMs }: { readonly count: number; readonly waitMs: number },
  ): Promise<PeekAnswerDocument> {
    const path = `${streamPath(connection, stream)}/records?count=${count}&wait_ms=${waitMs}`;
    return await this.#json('GET', path);
  }

  async infer(connection: string, stream: string, body: InferBody): Promise<InferAnswerDocument> {
    return await this.#json('POST', `${streamPath(connection, stream)}/infer`, body);
  }

  async validate(sql: string): Promise<ValidateAnswer> {
    return await this.#json('POST', `${pipelines}/validate`, { sql });
  }

  async createPipeline(name: string, sql: string): Promise<PipelineAnswer> {
    return await this.#json('POST', pipelines, { name, sql });
  }

  /** Also after Ctrl+C. */
  async pipelines(): Promise<readonly PipelineAnswer[]> {
    const request = { method: 'GET', path: pipelines } as const;
    return (await this.#scope.client.json<PipelineListAnswer>(request)).pipelines;
  }

  /** Also after Ctrl+C. Undefined where it is not there. */
  async pipeline(name: string): Promise<PipelineAnswer | undefined> {
    return (await this.pipelines()).find((one) => one.name === name);
  }

  /** Also after Ctrl+C: what was made is taken back, with whatever it read. */
  async deletePipeline(name: string): Promise<void> {
    const path = `${pipelines}/${pathPart(name)}?discard=true`;
    await this.#scope.client.json({ method: 'DELETE', path });
  }

  /** Waits for the first rows; undefined when there were none in time. */
  async firstRows(
    pipeline: string,
    table: string,
    timeoutMs: number,
  ): Promise<QueryAnswerDocument | undefined> {
    const { clock } = this.#scope.context;
    const startedAtMs = clock.monotonicMs();
    const sql = `SELECT * FROM "${table.replaceAll('"', '""')}" LIMIT 5`;
    while (clock.monotonicMs() - startedAtMs < timeoutMs) {
      await this.#throwIfFailed(pipeline);
      const found = await this.#json<QueryAnswerDocument>('POST', '/api/v1/query', { sql });
      if (found.row_count > 0) return found;
      await clock.sleep(checkIntervalMs, this.#scope.signal);
    }
    return undefined;
  }

  /** What it waits for may come; what has failed is over. */
  async #throwIfFailed(name: string): Promise<void> {
    const path = `${pipelines}/${pathPart(name)}`;
    const { error, state } = await this.#json<PipelineAnswer>('GET', path);
    if (error === undefined || state !== 'failed') return;
    const message = `The pipeline ${name} can't go on: ${error.message}`;
    throw new HeliosError('unavailable', message, { hint: error.hint });
  }

  async #json<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const { client, signal } = this.#scope;
    return await client.json<Answer>({ method, path, body, signal });
  }
}

const checkIntervalMs = 200;
