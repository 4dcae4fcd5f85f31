import { Consumer, MessagesStreamModes } from '@platformatic/kafka';

export type TopicRecord = {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly partition: number;
};

/** The client's groups now and then never get their first record; a new group does. */
const silenceMs = 15_000;
const attemptsMax = 6;

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
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const records = await readOnce(bootstrap, topic, { count, recordsMax });
    if (records !== undefined) return records;
  }
  throw new Error(`${topic} did not give ${count} values to ${attemptsMax} consumers`);
}

/** Undefined where nothing more came for a while. */
async function readOnce(
  bootstrap: string,
  topic: string,
  { count, recordsMax }: { readonly count: number; readonly recordsMax: number },
): Promise<readonly TopicRecord[] | undefined> {
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
    const messages = stream[Symbol.asyncIterator]();
    while (values.size < count && records.length < recordsMax) {
      using silence = new Silence();
      const next = await Promise.race([messages.next(), silence.over]);
      if (next === undefined || next.done === true) return undefined;
      const { key, value, timestamp, partition } = next.value;
      const text = textOf(value);
      records.push({ key: textOf(key), value: text, timestamp: Number(timestamp), partition });
      values.add(text);
    }
  } finally {
    await consumer.close(true);
  }
  return records;
}

class Silence implements Disposable {
  readonly over: Promise<undefined>;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(undefined), silenceMs);
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** The types of the client don't tell that there may be none. */
function textOf(bytes: unknown): string | null {
  return Buffer.isBuffer(bytes) ? bytes.toString() : null;
}
