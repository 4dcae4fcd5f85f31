import type { BackedTail } from '../../log/backed-streams.ts';
import type { TopicReader, TopicRange } from '../../source/kafka/look/topic-reader.ts';

/** What comes into a topic, as text. */
export class TopicTail implements BackedTail {
  readonly #reader: TopicReader;

  constructor(reader: TopicReader) {
    this.#reader = reader;
  }

  async ends(signal: AbortSignal): Promise<readonly number[]> {
    return await this.#reader.offsets('latest', signal);
  }

  async read(
    range: TopicRange,
    signal: AbortSignal,
  ): Promise<{ readonly values: readonly string[]; readonly to: number }> {
    const { records, to } = await this.#reader.read(range, signal);
    // A record without a value looks like the JSON for none.
    return { values: records.map(({ value }) => value?.toString('utf8') ?? 'null'), to };
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }
}
