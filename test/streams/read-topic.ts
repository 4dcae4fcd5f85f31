import { Consumer, MessagesStreamModes } from '@platformatic/kafka';

export type TopicRecord = {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly partition: number;
};

/**
 * What a topic holds, from its beginning until `count` values that differ were read, or so many
 * records in all, as somebody else's consumer sees it.
 */
export async function readTopic(
  bootstrap: string,
  topic: string,
  count: number,
  recordsMax: number = Infinity,
): Promise<readonly TopicRecord[]> {
  const consumer = new Consumer({
    clientId: 'helios-test',
    groupId: `${topic}-${String(performance.now())}`,
    bootstrapBrokers: [bootstrap],
    retries: 30,
    retryDelay: 100,
  });
  const records: TopicRecord[] = [];
  const values = new Set<string | null>();
  try {
    const mode = MessagesStreamModes.EARLIEST;
    const stream = await consumer.consume({ topics: [topic], mode, autocommit: false });
    for await (const { key, value, timestamp, partition } of stream) {
      const text = textOf(value);
      records.push({ key: textOf(key), value: text, timestamp: Number(timestamp), partition });
      values.add(text);
      if (values.size >= count || records.length >= recordsMax) break;
    }
  } finally {
    await consumer.close(true);
  }
  return records;
}

/** The types of the client don't tell that there may be none. */
function textOf(bytes: unknown): string | null {
  return Buffer.isBuffer(bytes) ? bytes.toString() : null;
}
