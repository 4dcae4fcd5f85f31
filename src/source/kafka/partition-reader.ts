import type { HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import type { LeaderInfo } from './cluster.ts';
import type { LostPlace } from './failures.ts';
import type { PartitionAnswer } from './fetch/fetch-answer.ts';
import type { FetchPartition } from './fetch/fetch-request.ts';
import type { KafkaPosition } from './kafka-position.ts';
import { type AbortedTransaction, FetchedRecords, type Place } from './record/fetched-records.ts';
import { firstTime, spanOf } from './record/record-batch.ts';
import type { SpoolLines } from './record/spool-lines.ts';
import type { TakeLimits } from './record/take-records.ts';

/** Asked of one partition at a time, and held for it: a partition above it is not fetched. */
const partitionBytes = 8 * 1024 * 1024;
/** An answer that there is nothing more holds so long: requests for more are sent within it. */
const endCertainMs = 20;
/** A request may ask for a larger batch, where there is one. */
const batchBytesMax = 1024 * 1024 * 1024;

type Held = {
  readonly records: FetchedRecords;
  readonly byteLength: number;
  readonly oldestMs: EpochMs;
};

/** Why a partition gives no records, since when. */
export type Trouble = { readonly sinceMs: number; readonly error: unknown };

/** A request that waits for records is answered within half a second, if by nothing else. */
const silentMs = 3_000;
/** Trouble that is over so soon is told to nobody. */
const briefMs = 2_000;

/**
 * One partition that is read: what was fetched of it and not yet taken, and where both go on.
 *
 * ```
 *   ── taken ──▶ #place ── held here ──▶ #fetchPlace ── at the broker ──▶ end
 * ```
 *
 * Whoever takes from another place than `#place` drops what is held.
 */
export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  /** Of the topic that is read; fixed with the first position. */
  topicId: string | undefined;
  leader: LeaderInfo | undefined;
  /** When the request that is with the broker was sent; undefined: none is. */
  askedAtMs: number | undefined;
  /** It is being found out what is left of the log. */
  isLocating = false;
  /** Something has to be looked up before it can be fetched. */
  isWaiting = false;
  /** Stops the pipeline at its next read. */
  failure: HeliosError | undefined;
  trouble: Trouble | undefined;
  /** Where the log begins and ends, as of the newest answer. */
  logStart: number | undefined;
  logEnd: number | undefined;
  #place: Place | undefined;
  #fetchPlace: Place = { offset: 0, leaderEpoch: undefined };
  #isUntouched = false;
  #held: Held[] = [];
  #heldBytes = 0;
  #fetchBytes = partitionBytes;
  #isAtEnd = false;
  /** Answers to requests of an earlier one are not for what is read now. */
  #generation = 0;
  #asked = 0;
  #answeredAtMs: number | undefined;
  #fruitless = 0;
  #damaged = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get isActive(): boolean {
    return this.#place !== undefined;
  }

  /** Where the next `take` goes on; undefined before anything was asked for. */
  get place(): Place | undefined {
    return this.#place;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get hasRecords(): boolean {
    return this.#held.length > 0;
  }

  /** Nothing is held, and the broker had nothing more when it was last asked. */
  get isAtEnd(): boolean {
    return this.#isAtEnd && this.#held.length === 0;
  }

  /** Nothing was taken since it began at the log's start: any start of the log will do. */
  get isUntouched(): boolean {
    return this.#isUntouched;
  }

  /** Whether a read can tell if there are records now. */
  get isKnown(): boolean {
    return (
      this.hasRecords || this.isAtEnd || this.failure !== undefined || this.trouble !== undefined
    );
  }

  /**
   * Asks the broker again whether this is still the end, unless a request is with it that will
   * tell, or an answer is as new as that.
   */
  doubtEnd(nowMs: number): void {
    const isNew = nowMs - (this.#answeredAtMs ?? 0) <= endCertainMs;
    if (this.askedAtMs === undefined && !isNew) this.#isAtEnd = false;
  }

  /** When the broker last said where the log ends. */
  get answeredAtMs(): number | undefined {
    return this.#answeredAtMs;
  }

  /** Answers in a row that brought nothing, though they should have. */
  get fruitlessAnswers(): number {
    return this.#fruitless;
  }

  /** Since when the broker says nothing of use, where that is worth telling. */
  silentSinceMs(nowMs: number): number | undefined {
    if (!this.isActive) return undefined;
    const { trouble, askedAtMs } = this;
    if (trouble !== undefined && nowMs - trouble.sinceMs >= briefMs) return trouble.sinceMs;
    if (askedAtMs !== undefined && nowMs - askedAtMs >= silentMs) return askedAtMs;
    return undefined;
  }

  /** What the next request asks for. */
  get fetchPlace(): Place {
    return this.#fetchPlace;
  }

  /** For errors about what can't be read any more. */
  get lostPlace(): LostPlace {
    const { topic, partition, topicId } = this;
    return { topic, partition, at: { ...this.#fetchPlace, topicId } };
  }

  /** When the oldest record arrived that is held. */
  get oldestMs(): EpochMs | undefined {
    const oldestMs = this.#held[0]?.oldestMs;
    // Producers write what they like for a time, or none.
    return oldestMs === undefined || oldestMs < 0 ? undefined : oldestMs;
  }

  /** Which requests it may be in now. */
  get lane(): 'behind' | 'tail' | undefined {
    const isAsked = this.askedAtMs !== undefined || this.isWaiting || this.isLocating;
    if (
      isAsked ||
      this.#heldBytes >= partitionBytes ||
      !this.isActive ||
      this.failure !== undefined
    )
      return undefined;
    return this.#isAtEnd ? 'tail' : 'behind';
  }

  /** Begins at a position; undefined is the log's start, wherever that is. */
  startAt(at: KafkaPosition | undefined): void {
    const place = { offset: at?.offset ?? 0, leaderEpoch: at?.leaderEpoch };
    this.#place = place;
    this.#fetchPlace = place;
    this.#isUntouched = at === undefined;
    this.#drop();
    this.#damaged = 0;
    this.failure = undefined;
  }

  /**
   * What is held can't be read, and is fetched once more; gives how often that happened without a
   * record in between.
   */
  fetchAgain(): number {
    if (this.#place !== undefined) this.#fetchPlace = this.#place;
    this.#drop();
    return ++this.#damaged;
  }

  /** The log's start was found to be here. */
  moveStart(offset: number): void {
    this.startAt({ offset, leaderEpoch: undefined, topicId: this.topicId });
    this.#isUntouched = true;
  }

  /** Nobody reads it: lets go of what is held, and is not fetched until it begins again. */
  rest(): void {
    this.startAt(undefined);
    this.#place = undefined;
  }

  request(): FetchPartition {
    this.#asked = this.#generation;
    return {
      partition: this.partition,
      fetchOffset: this.#fetchPlace.offset,
      currentLeaderEpoch: this.leader?.leaderEpoch ?? -1,
      lastFetchedEpoch: this.#fetchPlace.leaderEpoch ?? -1,
      bytesMax: this.#fetchBytes,
    };
  }

  /** Whether an answer is to a request for what is read now. */
  get isAnswerCurrent(): boolean {
    return this.#asked === this.#generation;
  }

  /** Keeps the records of an answer without an error. */
  accept(answer: PartitionAnswer, end: number, nowMs: number): void {
    this.#answeredAtMs = nowMs;
    const before = this.#fetchPlace.offset;
    if (answer.logStartOffset >= 0) this.logStart = answer.logStartOffset;
    if (end >= 0) this.logEnd = end;
    const span = spanOf(answer.records);
    if (span.nextOffset !== undefined) {
      this.#hold(answer.records.subarray(0, span.byteLength), answer.aborted);
      this.#fetchPlace = {
        offset: Math.max(span.nextOffset, this.#fetchPlace.offset),
        leaderEpoch: span.leaderEpoch ?? this.#fetchPlace.leaderEpoch,
      };
      this.#fetchBytes = partitionBytes;
    } else if (span.needed > this.#fetchBytes) {
      this.#fetchBytes = Math.min(span.needed, batchBytesMax);
    }
    const isCutOff = span.nextOffset === undefined && span.needed > 0;
    this.#isAtEnd = !isCutOff && (answer.records.length === 0 || this.#fetchPlace.offset >= end);
    this.#fruitless = this.#isAtEnd || this.#fetchPlace.offset > before ? 0 : this.#fruitless + 1;
    if (this.#fruitless === 0) this.trouble = undefined;
  }

  /**
   * Takes what is held, until a limit is reached; gives the time of the newest record of it. Fails
   * only while the lines are empty: what came before damaged records is taken first.
   */
  take(lines: SpoolLines, limits: Omit<TakeLimits, 'offsetMin'>): EpochMs {
    let newestMs = 0;
    while (this.#place !== undefined && this.#place.offset < limits.offsetEnd) {
      const [first] = this.#held;
      if (first === undefined || lines.byteLength >= limits.bytesMax) break;
      const before = this.#place.offset;
      try {
        this.#place = first.records.take(this.#place, lines, limits);
      } catch (thrown) {
        if (lines.lineCount === 0) throw thrown;
        break;
      }
      if (this.#place.offset > before) this.#isUntouched = false;
      this.#damaged = 0;
      newestMs = Math.max(newestMs, first.records.newestMs);
      if (!first.records.isDone) continue;
      this.#held.shift();
      this.#heldBytes -= first.byteLength;
    }
    return newestMs;
  }

  #drop(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#isAtEnd = false;
    this.#fruitless = 0;
    this.#generation++;
  }

  #hold(bytes: Buffer, aborted: readonly AbortedTransaction[]): void {
    const records = new FetchedRecords(bytes, aborted);
    this.#held.push({ records, byteLength: bytes.length, oldestMs: firstTime(bytes) });
    this.#heldBytes += bytes.length;
  }
}
