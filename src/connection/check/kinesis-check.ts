import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  ListStreamsCommand,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import { HeliosError } from '../../base/errors.ts';
import { callerIdentity } from '../aws/caller-identity.ts';
import { addressOf, endpointOf } from '../aws/endpoint.ts';
import { createKinesisClient, type KinesisAccess } from '../aws/kinesis-client.ts';
import type { PlainOptions } from '../context.ts';
import { withOthers } from '../failure/missing-stream.ts';
import { describeRemoteError } from '../failure/remote-error.ts';
import { checkedOptions } from './check-options.ts';
import { counted } from './counted.ts';
import { type Address, probeName, probeSocket, probeTls } from './reach.ts';
import type { Stage, StageResult } from './stages.ts';
import type { CheckPlace } from './test-connection.ts';

/** The steps of a test of a Kinesis connection; each needs what those before it found. */
export class KinesisCheck implements AsyncDisposable {
  readonly #written: PlainOptions;
  readonly #place: CheckPlace;
  #access: KinesisAccess | undefined;
  #streams: readonly string[] = [];

  constructor(written: PlainOptions, place: CheckPlace) {
    this.#written = written;
    this.#place = place;
  }

  get stages(): readonly Stage[] {
    return [
      { step: 'options', run: () => this.#resolve() },
      { step: 'dns', run: () => this.#lookUp() },
      { step: 'tcp', run: () => this.#connect() },
      { step: 'tls', run: () => this.#shakeHands() },
      { step: 'authentication', run: () => this.#authenticate() },
      { step: 'authorisation', run: () => this.#authorise() },
      { step: 'describe', run: () => this.#describe() },
      { step: 'read', run: () => this.#read() },
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#access?.client.destroy();
    return Promise.resolve();
  }

  async #resolve(): Promise<StageResult> {
    const options = checkedOptions('kinesis', this.#written);
    const { context, stream } = this.#place;
    this.#access = await createKinesisClient(options, context, stream);
    return ok(`Region ${this.#access.region}, ${this.#url.origin}.`);
  }

  async #lookUp(): Promise<StageResult> {
    return ok(`${await probeName(this.#address)}.`);
  }

  async #connect(): Promise<StageResult> {
    return ok(`Connected to ${await probeSocket(this.#address, this.#place.signal)}.`);
  }

  async #shakeHands(): Promise<StageResult> {
    if (this.#url.protocol === 'http:') {
      return { outcome: 'skipped', message: 'The endpoint is without TLS.' };
    }
    const { signal, context } = this.#place;
    const { clock } = context;
    const probe = { material: {}, serverName: undefined, caOption: undefined, clock };
    return ok(`${await probeTls(this.#address, probe, signal)}.`);
  }

  /** STS says who we are; networks that reach Kinesis alone are fine too. */
  async #authenticate(): Promise<StageResult> {
    const { context } = this.#place;
    const { credentials, region, endpoint } = this.#required;
    const known = await this.#try('sts:GetCallerIdentity', undefined, credentials);
    const key = `the access key …${known.accessKeyId.slice(-4)}`;
    const hasSts = endpoint === undefined || endpointOf('sts', context.environment) !== undefined;
    if (!hasSts) return ok(`Found ${key}; the endpoint is not AWS's, so nobody was asked whose.`);
    try {
      const arn = await callerIdentity(credentials, region, context);
      return ok(`Found ${key}, of ${arn ?? 'somebody'}.`);
    } catch (thrown) {
      const failure = this.#described(thrown, 'sts:GetCallerIdentity');
      if (failure.code !== 'unreachable') throw failure;
      return ok(`Found ${key}; STS is not reachable to ask whose.`);
    }
  }

  async #authorise(): Promise<StageResult> {
    const { stream } = this.#place;
    if (stream !== undefined) {
      this.#streams = [stream];
      await this.#describeNamed(stream);
      return ok(`kinesis:DescribeStreamSummary is allowed on ${stream}.`);
    }
    this.#streams = await this.#list();
    return ok('kinesis:ListStreams is allowed.');
  }

  /** Only people need the list: a pipeline reads a stream by its name. */
  async #list(): Promise<readonly string[]> {
    const { client } = this.#required;
    try {
      const answer = await client.send(new ListStreamsCommand({}), this.#sending);
      return answer.StreamNames ?? [];
    } catch (thrown) {
      const failure = this.#described(thrown, 'kinesis:ListStreams');
      if (failure.details?.['iam_action'] !== 'kinesis:ListStreams') throw failure;
      const { code, message, hint = '', details } = failure;
      throw new HeliosError(code, message, {
        hint: `${hint} Or name the stream, which needs no list.`,
        details,
      });
    }
  }

  /** Where it is not there, a list tells what is: who may not have one does without. */
  async #describeNamed(stream: string): Promise<void> {
    try {
      await this.#describeStream(stream);
    } catch (thrown) {
      const names = await this.#list().catch(() => []);
      throw withOthers(thrown, stream, names);
    }
  }

  async #describe(): Promise<StageResult> {
    const [first] = this.#streams;
    if (first === undefined) return ok(`There are no streams in ${this.#required.region}.`);
    const summary = await this.#describeStream(first);
    const shards = counted(summary?.OpenShardCount ?? 0, 'open shard');
    const keeps = `keeps ${summary?.RetentionPeriodHours ?? '?'} h`;
    const isNamed = this.#place.stream !== undefined;
    const count = isNamed ? '' : `${counted(this.#streams.length, 'stream')}; `;
    return ok(`${count}${first}: ${summary?.StreamStatus ?? '?'}, ${shards}, ${keeps}.`);
  }

  async #read(): Promise<StageResult> {
    for (const stream of this.#streams.slice(0, streamsMax)) {
      for (const shard of await this.#shardsOf(stream)) {
        const found = await this.#recordOf(stream, shard);
        if (found !== undefined) return ok(`${found} ${readActions} are allowed.`);
      }
    }
    const message =
      this.#streams.length === 0
        ? 'There is no stream to read.'
        : 'No record was found in the oldest pages of the shards that were looked at.';
    return { outcome: 'skipped', message };
  }

  async #describeStream(stream: string): Promise<StreamDescriptionSummary | undefined> {
    const { client } = this.#required;
    const answer = await this.#try('kinesis:DescribeStreamSummary', stream, async () => {
      return await client.send(new DescribeStreamSummaryCommand(named(stream)), this.#sending);
    });
    return answer.StreamDescriptionSummary;
  }

  async #shardsOf(stream: string): Promise<readonly string[]> {
    const { client } = this.#required;
    const answer = await this.#try('kinesis:ListShards', stream, async () => {
      return await client.send(new ListShardsCommand(named(stream)), this.#sending);
    });
    return (answer.Shards ?? []).map(({ ShardId }) => ShardId ?? '').slice(0, shardsMax);
  }

  /** Costs at most `pagesMax` of the five reads that a shard has a second. */
  async #recordOf(stream: string, shard: string): Promise<string | undefined> {
    const { client } = this.#required;
    const place = { ...named(stream), ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' } as const;
    const start = await this.#try('kinesis:GetShardIterator', stream, async () => {
      return await client.send(new GetShardIteratorCommand(place), this.#sending);
    });
    let iterator = start.ShardIterator;
    for (let page = 0; page < pagesMax && iterator !== undefined; page++) {
      const request = { ShardIterator: iterator, Limit: 1 };
      const answer = await this.#try('kinesis:GetRecords', stream, async () => {
        return await client.send(new GetRecordsCommand(request), this.#sending);
      });
      const [record] = answer.Records ?? [];
      if (record !== undefined) {
        const time = record.ApproximateArrivalTimestamp?.toISOString() ?? 'an unknown time';
        return `${stream}, ${shard}: ${record.Data?.length ?? 0} bytes of ${time}.`;
      }
      if (answer.MillisBehindLatest === 0) return undefined;
      iterator = answer.NextShardIterator;
    }
    return undefined;
  }

  get #required(): KinesisAccess {
    if (this.#access !== undefined) return this.#access;
    throw new Error('The options come first.');
  }

  get #url(): URL {
    const { endpoint, region } = this.#required;
    return new URL(endpoint ?? addressOf('kinesis', region));
  }

  get #address(): Address {
    const { hostname, port, protocol } = this.#url;
    const usual = protocol === 'http:' ? 80 : 443;
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
  }

  get #sending(): { readonly abortSignal: AbortSignal } {
    return { abortSignal: this.#place.signal };
  }

  async #try<T>(action: string, stream: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#described(thrown, action, stream);
    }
  }

  #described(thrown: unknown, action: string, stream?: string): HeliosError {
    return describeRemoteError(thrown, this.#required.place(action, stream));
  }
}

const readActions = 'kinesis:ListShards, GetShardIterator and GetRecords';

/** A test of a connection is no search. */
const streamsMax = 5;
const shardsMax = 8;
const pagesMax = 3;

function ok(message: string): StageResult {
  return { outcome: 'ok', message };
}

function named(stream: string): { readonly StreamARN: string } | { readonly StreamName: string } {
  return stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream };
}
