import { HeliosError } from '../base/errors.ts';
import type { Batch, Position } from '../event/record.ts';
import type {
  PartitionLag,
  Positions,
  ReadRequest,
  Source,
  SourceWait,
  StartPoint,
} from '../source/source.ts';

type Alterations = {
  /** Makes another batch of each that is read; what it throws releases the batch. */
  readonly alter?: ((batch: Batch, signal: AbortSignal) => Promise<Batch>) | undefined;
  /** Lets go of what the source was made with; after it has closed. */
  readonly letGo?: (() => void) | undefined;
};

/** A source with a step of its own between reading and decoding, or with more to close. */
export class AlteredSource implements Source {
  readonly #source: Source;
  readonly #alterations: Alterations;

  constructor(source: Source, alterations: Alterations) {
    this.#source = source;
    this.#alterations = alterations;
  }

  get kind(): string {
    return this.#source.kind;
  }

  get isBounded(): boolean {
    return this.#source.isBounded;
  }

  get identity(): string {
    return this.#source.identity;
  }

  async partitions(): Promise<readonly string[]> {
    return await this.#source.partitions();
  }

  endedPartitions(): readonly string[] {
    return this.#source.endedPartitions?.() ?? [];
  }

  async startPosition(partition: string): Promise<Position | undefined> {
    return await this.#source.startPosition(partition);
  }

  async positionsAt(point: StartPoint): Promise<ReadonlyMap<string, Position | undefined>> {
    if (this.#source.positionsAt !== undefined) return await this.#source.positionsAt(point);
    throw new HeliosError('not_allowed', `A ${this.kind} source knows no such places.`);
  }

  async checkPosition(partition: string, at: Position): Promise<void> {
    await this.#source.checkPosition?.(partition, at);
  }

  async readingEnds(positions: Positions): Promise<Positions> {
    return (await this.#source.readingEnds?.(positions)) ?? positions;
  }

  compare(left: Position | undefined, right: Position | undefined): number {
    return this.#source.compare(left, right);
  }

  async read(request: ReadRequest): Promise<Batch | undefined> {
    const batch = await this.#source.read(request);
    const { alter } = this.#alterations;
    if (batch === undefined || alter === undefined) return batch;
    try {
      return await alter(batch, request.signal);
    } catch (thrown) {
      await batch.release();
      throw thrown;
    }
  }

  async waitForRecords(positions: Positions, signal: AbortSignal): Promise<void> {
    await this.#source.waitForRecords(positions, signal);
  }

  async hasEnded(positions: Positions): Promise<boolean> {
    return await this.#source.hasEnded(positions);
  }

  async bytesBehind(positions: Positions): Promise<number | undefined> {
    return await this.#source.bytesBehind(positions);
  }

  async partitionLags(positions: Positions): Promise<readonly PartitionLag[]> {
    return (await this.#source.partitionLags?.(positions)) ?? [];
  }

  waiting(): SourceWait | undefined {
    return this.#source.waiting?.();
  }

  async release(positions: Positions): Promise<void> {
    await this.#source.release(positions);
  }

  async close(): Promise<void> {
    await this.#source.close();
    this.#alterations.letGo?.();
  }
}
