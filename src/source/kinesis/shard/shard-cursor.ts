import type { Clock } from '../../../base/clock.ts';
import { HeliosError } from '../../../base/errors.ts';
import type { EpochMs } from '../../../event/record.ts';
import type { StreamRecord } from '../record/record-page.ts';
import {
  errorName,
  type StartingPoint,
  type StreamClient,
  type StreamFacts,
} from '../stream/stream-client.ts';
import { checkIdentity } from '../stream/stream-identity.ts';
import { positionLost } from './position-lost.ts';
import { clockSkewMsMax, compareSequenceNumbers, type ShardPosition } from './shard-position.ts';

export type CursorContext = {
  readonly stream: StreamClient;
  /** What is known of the stream now. */
  readonly facts: () => StreamFacts;
  readonly clock: Clock;
  readonly onProblem: (problem: HeliosError) => void;
};

/** What an answer tells besides its records. */
export type AnswerFacts = {
  readonly behindMs: number;
  readonly askedAtMs: EpochMs;
  /** The shard ends with it. */
  readonly isLast: boolean;
};

/** So many answers in a row without records, all at the far end of the retention, lead nowhere. */
const stuckAnswersMax = 10;
/** An answer is at the far end of the retention from this part of it on. */
const farShare = 0.98;

/**
 * How far the records of a shard have been received, and where the next reading of it begins: the
 * one place that decides whether something between two records may be missing.
 *
 * Kinesis says little about a position whose record it has dropped: it refuses it, answers with
 * nothing for ever, or goes on with a later record. So a position that is older than the retention
 * is asked for itself, and has to come; one that was known to have nothing behind it within the
 * retention can go on with the oldest record, since all that is kept is new.
 */
export class ShardCursor {
  readonly #shard: string;
  readonly #context: CursorContext;
  #received: ShardPosition;
  #asOfMs: EpochMs | undefined;
  #behindMs: number | undefined;
  #isCaughtUp = false;
  /** Has to be the next record: it is asked for to prove that nothing after it was dropped. */
  #proof: string | undefined;
  #startsAtOldest = false;
  #stuckAnswers = 0;
  /** Was nearer than the retention's end once, and so must not get there again. */
  #hasBeenNear = false;

  constructor(shard: string, after: ShardPosition, context: CursorContext) {
    this.#shard = shard;
    this.#context = context;
    this.#received = after;
    this.#asOfMs = after.asOfMs;
  }

  /** After the last record that was received. */
  get received(): ShardPosition {
    return this.#received;
  }

  /** Everything that arrived before was received, however wrong this machine's clock may be. */
  get asOfMs(): EpochMs | undefined {
    return this.#asOfMs;
  }

  get behindMs(): number | undefined {
    return this.#behindMs;
  }

  /** The last answer had nothing, and Kinesis said that there is no more. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Where a new reading begins; `position_lost` when that can't be without a gap. */
  startingPoint(): StartingPoint {
    const at = this.#received;
    const isOld = this.#isOlderThanRetention();
    if (at.kind === 'record') {
      if (this.#startsAtOldest) return { type: 'TRIM_HORIZON' };
      this.#proof = isOld ? at.sequenceNumber : undefined;
      const type = isOld ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER';
      return { type, sequenceNumber: at.sequenceNumber };
    }
    if (isOld) throw this.#lost('the shard was not looked at for longer than it keeps records');
    if (at.kind === 'time' || at.kind === 'until') {
      return { type: 'AT_TIMESTAMP', atMs: at.atMs };
    }
    if (at.kind === 'before') {
      return { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: at.sequenceNumber };
    }
    return { type: 'TRIM_HORIZON' };
  }

  /**
   * Takes an answer, and gives its records that are new. `position_lost` where records before them
   * are missing; `unreachable` where they are in no order.
   */
  accept(records: readonly StreamRecord[], answer: AnswerFacts): readonly StreamRecord[] {
    this.#checkProof(records, answer.behindMs);
    this.#watchRetention(records.length, answer.behindMs);
    const isNew = this.#firstNew(records);
    const fresh = isNew === 0 ? records : records.slice(isNew);
    this.#checkOrder(fresh);
    const last = fresh.at(-1);
    this.#noteTime(answer, last?.arrivedAtMs);
    this.#behindMs = answer.behindMs;
    this.#isCaughtUp = records.length === 0 && answer.behindMs === 0;
    if (last !== undefined) {
      const { sequenceNumber, arrivedAtMs } = last;
      this.#received = { kind: 'record', sequenceNumber, asOfMs: arrivedAtMs };
      this.#startsAtOldest = false;
    }
    return fresh;
  }

  /** The last answer of a shard is of no time: its children may have begun long before. */
  #noteTime({ askedAtMs, behindMs, isLast }: AnswerFacts, arrivedAtMs: EpochMs | undefined): void {
    const askedMs = isLast ? undefined : Math.floor(askedAtMs - behindMs - clockSkewMsMax);
    const times = [this.#asOfMs, askedMs, arrivedAtMs].filter((time) => time !== undefined);
    if (times.length > 0) this.#asOfMs = Math.max(...times);
  }

  /**
   * Kinesis refused where a reading should begin: finds out why. Returns where another try can
   * help; else throws what it is.
   */
  async afterRefusal(refusal: unknown, signal: AbortSignal): Promise<void> {
    if (!isRefusal(refusal)) throw refusal;
    const { stream, facts, clock } = this.#context;
    checkIdentity(stream.name, facts(), await stream.describe(signal));
    const listed = await stream.listShards(signal);
    if (!listed.some(({ id }) => id === this.#shard)) throw this.#lost('the shard has expired');
    const at = this.#received;
    if (at.kind === 'time' && at.atMs > clock.nowMs() - clockSkewMsMax) throw clockAhead(refusal);
    if (at.kind !== 'record' || this.#startsAtOldest) throw refusal;
    this.#goOnAtOldest(refusal instanceof Error ? refusal.message : String(refusal));
  }

  /** The record is gone; is that all that is gone? */
  #goOnAtOldest(why: string): void {
    if (this.#asOfMs === undefined || this.#isOlderThanRetention()) throw this.#lost(why);
    this.#startsAtOldest = true;
    this.#stuckAnswers = 0;
    const message =
      `Shard ${this.#shard} of ${this.#context.stream.name} no longer knows the last record that ` +
      `was read (${why.replace(/\.$/, '')}). Nothing else had arrived ` +
      `until ${new Date(this.#asOfMs).toISOString()}: reading goes on with the oldest record.`;
    this.#context.onProblem(
      new HeliosError('unavailable', message, { hint: 'No record is missing; nothing to do.' }),
    );
  }

  #checkProof(records: readonly StreamRecord[], behindMs: number): void {
    if (this.#proof === undefined) return;
    const [first] = records;
    if (first === undefined && behindMs > 0) return;
    const isProven = first?.sequenceNumber === this.#proof;
    this.#proof = undefined;
    if (!isProven) throw this.#lost('the stream keeps records less long than they waited');
  }

  #watchRetention(recordCount: number, behindMs: number): void {
    const { retentionMs } = this.#context.facts();
    const isFar = behindMs >= retentionMs * farShare;
    const isOldest = this.#received.kind === 'start' || this.#startsAtOldest;
    if (!isFar) this.#hasBeenNear = true;
    this.#stuckAnswers = isFar && recordCount === 0 && !isOldest ? this.#stuckAnswers + 1 : 0;
    if (this.#hasBeenNear && behindMs >= retentionMs && recordCount > 0) {
      throw this.#lost('reading fell behind by more than the stream keeps');
    }
    if (this.#stuckAnswers < stuckAnswersMax) return;
    if (this.#received.kind !== 'record') throw this.#lost('Kinesis answers with nothing there');
    this.#goOnAtOldest('Kinesis answers with nothing there');
    throw new RestartReading();
  }

  /** Index of the first record that was not received before. */
  #firstNew(records: readonly StreamRecord[]): number {
    const at = this.#received;
    if (at.kind !== 'record') return 0;
    const index = records.findIndex(({ sequenceNumber }) => {
      return compareSequenceNumbers(sequenceNumber, at.sequenceNumber) > 0;
    });
    return index < 0 ? records.length : index;
  }

  #checkOrder(records: readonly StreamRecord[]): void {
    let before = '';
    for (const { sequenceNumber } of records) {
      if (compareSequenceNumbers(sequenceNumber, before) > 0) {
        before = sequenceNumber;
        continue;
      }
      throw new HeliosError(
        'unreachable',
        `Shard ${this.#shard} of ${this.#context.stream.name} gave ${sequenceNumber} after ` +
          `${before}: its records are in no order.`,
        { hint: 'It is tried again. If it stays, check what is between here and Kinesis.' },
      );
    }
  }

  #isOlderThanRetention(): boolean {
    if (this.#asOfMs === undefined) return false;
    return this.#context.clock.nowMs() - this.#asOfMs > this.#context.facts().retentionMs;
  }

  #lost(why: string): HeliosError {
    const { name } = this.#context.stream;
    return positionLost({ stream: name, shard: this.#shard, at: this.#received }, why);
  }
}

/** Not a failure: the reading that runs has to begin anew, at another place. */
export class RestartReading extends Error {
  override readonly name = 'RestartReading';
}

/** Whether Kinesis says that there is no such place. */
export function isRefusal(thrown: unknown): boolean {
  return /^(InvalidArgument|Validation|ResourceNotFound)Exception$/.test(errorName(thrown));
}

function clockAhead(cause: unknown): HeliosError {
  return new HeliosError('unavailable', "This machine's clock is ahead of that of Kinesis.", {
    hint: 'Set the clock right. It is tried again until that time has come there too.',
    cause,
  });
}
