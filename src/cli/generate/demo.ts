import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineListAnswer } from '../../server/api.ts';
import { Client } from '../client/client.ts';
import type { RunningHelios } from '../context.ts';
import { reportFailure } from '../failures.ts';
import type { Scope } from '../scope.ts';
import { deliver } from './deliver.ts';
import { keepShopLibrary } from './demo-library.ts';
import { shopEvents } from './shop-events.ts';

/** Events a second: enough to look alive, little enough to forget that it runs. */
const demoRate = 50;
/** A few broken lines, so that the table `quarantine` has something to show. */
const demoMalformedShare = 0.002;
const pipelineName = 'shop';

/** The shop of `helios start --demo`: a pipeline over the stream `events`, and events for it. */
export class Demo {
  readonly #scope: Scope;
  readonly #running: RunningHelios;
  readonly #client: Client;
  #delivery: Promise<void> = Promise.resolve();

  constructor(scope: Scope, running: RunningHelios) {
    this.#scope = scope;
    this.#running = running;
    this.#client = new Client(running.url);
  }

  /** Makes the pipeline, the dashboard and saved queries where they are missing. */
  async prepare(): Promise<void> {
    const directory = join(this.#scope.context.examplesDirectory, 'shop');
    await this.#makePipeline(directory);
    await keepShopLibrary(this.#client, directory);
  }

  /** One that is there stays as it is. */
  async #makePipeline(directory: string): Promise<void> {
    const sql = demoScript(
      await readFile(join(directory, 'pipeline.sql'), 'utf8'),
      this.#running.dataDirectory,
    );
    const path = '/api/v1/pipelines';
    const known = await this.#client.json<PipelineListAnswer>({ method: 'GET', path });
    if (known.pipelines.some(({ name }) => name.toLowerCase() === pipelineName)) return;
    await this.#client.json({ method: 'POST', path, body: { name: pipelineName, sql } });
  }

  /** Lets the events flow until the scope's signal aborts. */
  begin(): void {
    this.#delivery = this.#deliver();
  }

  /** Resolves when no more events come. */
  async ended(): Promise<void> {
    await this.#delivery;
  }

  async #deliver(): Promise<void> {
    const { clock, random } = this.#scope.context;
    const chunks = shopEvents({
      seed: Math.floor(random() * 2 ** 32),
      rate: demoRate,
      isSteady: false,
      malformedShare: demoMalformedShare,
      count: undefined,
      durationMs: undefined,
      clock,
      signal: this.#scope.signal,
    });
    const { failure } = await deliver(chunks, {
      client: this.#client,
      stream: 'events',
      clock,
      random,
      newKey: randomUUID,
      signal: this.#scope.signal,
    });
    if (this.#scope.signal.aborted) return;
    this.#scope.output.alarm('The demo shop has closed:');
    reportFailure(failure, this.#scope.output, false);
  }
}

/** The example's script with its tables in this Helios's own data directory. */
function demoScript(script: string, dataDirectory: string): string {
  const inText = dataDirectory.replaceAll("'", "''");
  return script.replaceAll("'helios-data/", () => `'${inText}/`);
}
