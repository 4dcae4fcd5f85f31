import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import type { PipelineListAnswer } from '../../server/api.ts';
import type { DemoShop } from '../../server/demo/demo-api.ts';
import { Client } from '../client/client.ts';
import { tokenSource } from '../client/token-source.ts';
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
const streamName = 'events';
const pipelinesPath = '/api/v1/pipelines';

/** The shop of `helios start --demo`: a pipeline over the stream `events`, and events for it. */
export class Demo implements DemoShop {
  readonly #scope: Scope;
  #helios: { readonly client: Client; readonly dataDirectory: string } | undefined;
  #stop: AbortController | undefined;
  #opening: Promise<void> | undefined;
  #delivery: Promise<void> = Promise.resolve();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Where its events go from now on; with a token where one is needed. */
  attach({ url, dataDirectory, loginLink }: RunningHelios): void {
    const { config, context } = this.#scope;
    const reference = loginLink === undefined ? '' : config.admin_token || config.token;
    this.#helios = { client: new Client(url, tokenSource(reference, context)), dataDirectory };
  }

  get isOpen(): boolean {
    return this.#stop !== undefined;
  }

  async open(): Promise<void> {
    if (this.isOpen) return;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  async #open(): Promise<void> {
    await this.#checkAlone();
    await this.prepare();
    this.begin();
  }

  /** Nobody asks for a shop's events between their own. */
  async #checkAlone(): Promise<void> {
    const { client } = this.#attached();
    const reading = (await pipelinesOf(client)).find(
      ({ name, sources }) =>
        name.toLowerCase() !== pipelineName &&
        sources.some(({ reads }) => reads?.names.includes(streamName) === true),
    );
    if (reading === undefined) return;
    throw new HeliosError(
      'conflict',
      `The shop's events would come between those of yours: the pipeline ${reading.name} reads ` +
        `the stream ${streamName}.`,
      { hint: 'Give the shop a Helios of its own: helios start --demo --data shop --port 7312' },
    );
  }

  /** Makes the pipeline, the dashboard and saved queries where they are missing. */
  async prepare(): Promise<void> {
    const { client } = this.#attached();
    const directory = join(this.#scope.context.examplesDirectory, 'shop');
    await this.#makePipeline(directory);
    await keepShopLibrary(client, directory);
  }

  /** One that is there stays as it is. */
  async #makePipeline(directory: string): Promise<void> {
    const { client, dataDirectory } = this.#attached();
    const sql = demoScript(await readFile(join(directory, 'pipeline.sql'), 'utf8'), dataDirectory);
    const known = await pipelinesOf(client);
    if (known.some(({ name }) => name.toLowerCase() === pipelineName)) return;
    const body = { name: pipelineName, sql };
    await client.json({ method: 'POST', path: pipelinesPath, body });
  }

  /** Lets the events flow until it is closed, or the scope's signal aborts. */
  begin(): void {
    const stop = new AbortController();
    this.#stop = stop;
    const signal = AbortSignal.any([stop.signal, this.#scope.signal]);
    this.#delivery = this.#deliver(signal).finally(() => {
      if (this.#stop === stop) this.#stop = undefined;
    });
  }

  async close(): Promise<void> {
    this.#stop?.abort();
    await this.ended();
  }

  /** Resolves when no more events come. */
  async ended(): Promise<void> {
    await this.#delivery;
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    const { client } = this.#attached();
    const { clock, random } = this.#scope.context;
    const chunks = shopEvents({
      seed: Math.floor(random() * 2 ** 32),
      rate: demoRate,
      isSteady: false,
      malformedShare: demoMalformedShare,
      count: undefined,
      durationMs: undefined,
      clock,
      signal,
    });
    const { failure } = await deliver(chunks, {
      client,
      stream: streamName,
      clock,
      random,
      newKey: randomUUID,
      signal,
    });
    if (signal.aborted) return;
    this.#scope.output.alarm('The demo shop has closed:');
    reportFailure(failure, this.#scope.output, false);
  }

  #attached(): { readonly client: Client; readonly dataDirectory: string } {
    if (this.#helios !== undefined) return this.#helios;
    throw new HeliosError('unavailable', 'Helios is still starting.', {
      hint: 'Try again in a moment.',
    });
  }
}

async function pipelinesOf(client: Client): Promise<PipelineListAnswer['pipelines']> {
  const answer = await client.json<PipelineListAnswer>({ method: 'GET', path: pipelinesPath });
  return answer.pipelines;
}

/** The example's script with its tables in this Helios's own data directory. */
function demoScript(script: string, dataDirectory: string): string {
  const inText = dataDirectory.replaceAll("'", "''");
  return script.replaceAll("'helios-data/", () => `'${inText}/`);
}
