import type { HeliosError } from '../../src/base/errors.ts';
import { position, type Position } from '../../src/event/record.ts';
import type { KinesisSource } from '../../src/source/kinesis/kinesis-source.ts';
import { putRecords, type KinesisPeer } from '../peers/kinesis.ts';
import { FaultProxy, type Fault } from './kinesis-fault-proxy.ts';
import { openSource, Reading, type ReadingOptions } from './kinesis-reading.ts';

const shard = 'shardId-000000000000';

/** A stream of one shard on an emulator. */
export type TestStream = { readonly peer: KinesisPeer; readonly stream: string };

/** A source behind a proxy, with what it told of. */
export class Faulty implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly source: KinesisSource;
  readonly problems: HeliosError[];

  private constructor(proxy: FaultProxy, source: KinesisSource, problems: HeliosError[]) {
    this.proxy = proxy;
    this.source = source;
    this.problems = problems;
  }

  static async open(
    { peer, stream }: TestStream,
    fault: FaultProxy['fault'] = () => undefined,
    options: Partial<ReadingOptions> = {},
  ): Promise<Faulty> {
    const proxy = await FaultProxy.open(peer.endpoint);
    proxy.fault = fault;
    const problems: HeliosError[] = [];
    const onProblem = (problem: HeliosError): void => void problems.push(problem);
    try {
      const source = await openSource({ client: proxy.client, stream, onProblem, ...options });
      return new Faulty(proxy, source, problems);
    } catch (thrown) {
      await proxy[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.close();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** A fault for the first calls of an action. */
export function first(times: number, action: string, fault: Fault): FaultProxy['fault'] {
  let left = times;
  return (call) => (call.action === action && left-- > 0 ? fault : undefined);
}

export function always(action: string, fault: Fault): FaultProxy['fault'] {
  return (call) => (call.action === action ? fault : undefined);
}

export function error(name: string, text?: string): Fault {
  return { kind: 'error', status: 400, name, ...(text === undefined ? {} : { text }) };
}

export async function put({ peer, stream }: TestStream, from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}`);
  await putRecords(
    peer.client,
    stream,
    records.map((data) => ({ key: 'k', data })),
  );
}

export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}`);
}

/** Reads until so many lines have come, or it fails. */
export async function readTo(
  source: KinesisSource,
  length: number,
  reading: Reading = new Reading(),
): Promise<Reading> {
  await reading.until(source, () => reading.lines.length >= length);
  return reading;
}

export function at(text: string): Reading {
  const reading = new Reading();
  reading.positions.set(shard, position(text));
  return reading;
}

export function lastOf({ positions }: Reading): Position {
  return positions.get(shard) ?? position('');
}

/** Looks again and again; the test's own time limit ends it. */
export async function reached(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 5));
}
