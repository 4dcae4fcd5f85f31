import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { KafkaPosition } from './kafka-position.ts';

/** A partition, and what has been read of it. */
export type LostPlace = {
  readonly topic: string;
  readonly partition: number;
  readonly at: KafkaPosition;
};

const choices = ['earliest', 'timestamp', 'latest'];

/** Where the log of a partition begins and ends now; both exclusive of what is gone. */
export type LogRange = { readonly start: number; readonly end: number };

/** Whether reading can go on at an offset. */
export function isWithin(offset: number, log: LogRange): boolean {
  return offset >= log.start && offset <= log.end;
}

/**
 * Records after a position were deleted, or never were: whoever reads has to choose. The position
 * is outside of the log.
 */
export function outOfRange({ topic, partition, at }: LostPlace, log: LogRange): HeliosError {
  const isBefore = at.offset < log.start;
  const count = isBefore ? log.start - at.offset : at.offset - log.end;
  assert(count > 0, 'a position within the log is not lost');
  const records = count === 1 ? 'the record' : `the ${count} records`;
  const are = count === 1 ? 'is' : 'are';
  const were = count === 1 ? 'was deleted before it was' : 'were deleted before they were';
  const what = isBefore
    ? `${records} up to there ${were} read`
    : `${records} up to the position ${are} gone`;
  return new HeliosError(
    'position_lost',
    `Partition ${partition} of the Kafka topic "${topic}" was read up to offset ${at.offset}, ` +
      `but it now has offsets ${log.start} to ${log.end}: ${what}.`,
    {
      hint: isBefore
        ? 'Choose where to go on: restart the pipeline from the earliest records that are left, ' +
          'or at a time. A longer retention of the topic leaves more time.'
        : 'Choose where to go on: restart the pipeline from the earliest records, or at a time. ' +
          'A log gets shorter when brokers lose data, or when another cluster takes their place.',
      details: {
        topic,
        partition,
        offset: at.offset,
        log_start_offset: log.start,
        log_end_offset: log.end,
        choices,
      },
    },
  );
}

/** A person's choice of where to begin. */
export function outsideOfLog(partition: string, offset: number, log: LogRange): HeliosError {
  return new HeliosError(
    'invalid_request',
    `Offset ${offset} is not in ${partition}: it has offsets ${log.start} to ${log.end}.`,
    { hint: 'Choose one of these; the last one is what comes next.' },
  );
}

/** The log was cut and written anew since it was read. */
export function diverged(
  { topic, partition, at }: LostPlace,
  log: { readonly leaderEpoch: number; readonly endOffset: number },
): HeliosError {
  return new HeliosError(
    'position_lost',
    `Partition ${partition} of the Kafka topic "${topic}" was read up to offset ${at.offset}, ` +
      `but its log was cut at offset ${log.endOffset} since: other records may be there now, ` +
      'and what was read after it is gone from Kafka.',
    {
      hint:
        'It happens when a replica that lacked records became the leader. Choose where to go on: ' +
        `restart the pipeline from the earliest records, or at a time before the cut.`,
      details: {
        topic,
        partition,
        offset: at.offset,
        leader_epoch: at.leaderEpoch,
        cut_at_offset: log.endOffset,
        cut_in_epoch: log.leaderEpoch,
        choices,
      },
    },
  );
}

/** The topic was deleted, and another one made under its name. */
export function topicReplaced({ topic, partition, at }: LostPlace, found: string): HeliosError {
  return new HeliosError(
    'source_replaced',
    `The Kafka topic "${topic}" was deleted and made anew: partition ${partition} was read up to ` +
      `offset ${at.offset} of the topic ${at.topicId}, and the topic of this name now is ${found}.`,
    {
      hint:
        'Choose where to go on: restart the pipeline from the earliest records of the new topic, ' +
        'or at a time. What was not read of the old one is gone.',
      details: { topic, partition, offset: at.offset, was: at.topicId, is: found, choices },
    },
  );
}

/** Another cluster answers at the address: its offsets are no places in the one read so far. */
export function clusterReplaced(was: string, found: string, address: string): HeliosError {
  return new HeliosError(
    'source_replaced',
    `Another Kafka cluster answers at ${address}: it was ${was} so far, now it is ${found}.`,
    {
      hint:
        'Nothing was read from it. Point the connection at the old cluster, or choose where to ' +
        'go on in this one: restart the pipeline from the earliest records, or at a time.',
      details: { was, is: found, choices },
    },
  );
}

export function topicMissing(topic: string, address: string): HeliosError {
  return new HeliosError(
    'stream_missing',
    `The Kafka topic "${topic}" does not exist on ${address}.`,
    { hint: 'Check the name, or create it. To users who may not see a topic it looks so too.' },
  );
}

export function partitionMissing(topic: string, partition: number): HeliosError {
  return new HeliosError(
    'stream_missing',
    `The Kafka topic "${topic}" has no partition ${partition} any more.`,
    { hint: 'A topic never loses partitions: it was deleted. Stop the pipeline, or make it anew.' },
  );
}

/** A request is with the broker, and nothing comes back. */
export function unanswered(address: string): HeliosError {
  return new HeliosError('unreachable', `${address} does not answer.`, {
    hint: 'It is tried again. Look whether the broker runs, and for what is on the way to it.',
  });
}

/** Nobody serves the partition. */
export function withoutLeader(topic: string, partition: number, why: string): HeliosError {
  return new HeliosError(
    'unreachable',
    `Partition ${partition} of the Kafka topic "${topic}" can't be read: ${why}.`,
    { hint: 'It is tried again. If it stays, look whether all brokers run.' },
  );
}

export function notAllowed(topic: string, address: string): HeliosError {
  return new HeliosError(
    'access_refused',
    `${address} does not allow Read on the topic "${topic}".`,
    {
      hint:
        'Add an ACL: kafka-acls --add --allow-principal User:NAME --operation Read ' +
        `--topic '${topic}'. With AWS_MSK_IAM, allow kafka-cluster:ReadData on it.`,
    },
  );
}

/** What was found in the records of a partition. */
export function corruptRecords(topic: string, partition: number, cause: HeliosError): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `Partition ${partition} of the Kafka topic "${topic}" can't be read: ${cause.message}.`,
    {
      hint:
        'Nothing after it was taken. If it stays after a restart, the log of the broker is ' +
        'damaged there: restart the pipeline behind it.',
      cause,
      details: { topic, partition, ...cause.details },
    },
  );
}
