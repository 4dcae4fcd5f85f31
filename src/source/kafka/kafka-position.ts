import { HeliosError } from '../../base/errors.ts';
import { position, type Position } from '../../event/record.ts';

/**
 * How far a partition has been read, as `OFFSET`, `OFFSET@EPOCH` or `OFFSET@EPOCH@TOPIC-ID`: what
 * is not known is left out.
 */
export type KafkaPosition = {
  /** The next one to read. Offsets are below 2⁵³. */
  readonly offset: number;
  /** Epoch of the leader that wrote what was read last: a log that was cut has another there. */
  readonly leaderEpoch: number | undefined;
  /** Tells a topic from another one of its name. */
  readonly topicId: string | undefined;
};

const pattern = /^(\d{1,16})(?:@(\d{1,10}|-)(?:@([0-9a-fA-F-]{32,36}))?)?$/;

/** `corrupt_data` for what is no position in a topic. */
export function parsePosition(text: Position): KafkaPosition {
  const [, offset, epoch, topicId] = pattern.exec(text) ?? [];
  const number = Number(offset);
  if (offset === undefined || !Number.isSafeInteger(number)) {
    throw new HeliosError('corrupt_data', `"${text}" is no position in a Kafka topic.`, {
      hint: 'The pipeline was made for another kind of source. Delete it and create it again.',
    });
  }
  const leaderEpoch = epoch === undefined || epoch === '-' ? undefined : Number(epoch);
  return { offset: number, leaderEpoch, topicId };
}

export function formatPosition({ offset, leaderEpoch, topicId }: KafkaPosition): Position {
  if (topicId !== undefined) return position(`${offset}@${leaderEpoch ?? '-'}@${topicId}`);
  return position(leaderEpoch === undefined ? String(offset) : `${offset}@${leaderEpoch}`);
}

/** Orders by offset; undefined is the beginning. */
export function comparePositions(left: Position | undefined, right: Position | undefined): number {
  return offsetOrStart(left) - offsetOrStart(right);
}

/** The beginning comes before offset 0: that one says that something was decided. */
function offsetOrStart(at: Position | undefined): number {
  return at === undefined ? -1 : parsePosition(at).offset;
}
