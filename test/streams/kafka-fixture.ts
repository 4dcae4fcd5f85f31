import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { HeliosError } from '../../src/base/errors.ts';
import { type KafkaAccess, resolveKafkaAccess } from '../../src/connection/kafka/kafka-access.ts';
import type { Batch, Position } from '../../src/event/record.ts';
import { KafkaSource } from '../../src/source/kafka/kafka-source.ts';
import type { RecordForm, Source } from '../../src/source/source.ts';
import type { KafkaTable } from '../../src/sql/script.ts';

export const lineForm: RecordForm = { kind: 'lines', isBinary: false, metadata: [] };

export async function plainAccess(bootstrap: string): Promise<KafkaAccess> {
  return await resolveKafkaAccess(
    { bootstrap_servers: bootstrap },
    {
      secrets: { resolve: async (reference) => await Promise.resolve(reference) },
      environment: {},
      clock: systemClock,
      random: Math.random,
    },
  );
}

export function topicTable(topic: string, more: Partial<KafkaTable> = {}): KafkaTable {
  return {
    kind: 'kafka',
    connection: { profile: undefined, options: {} },
    topics: { kind: 'names', names: [topic] },
    offset: { kind: 'earliest' },
    groupId: undefined,
    isolation: 'read_committed',
    ...more,
  };
}

/** Sources over one broker, and what they leave behind. */
export class OpenedSources implements AsyncDisposable {
  readonly problems: HeliosError[] = [];
  readonly #folder: string;
  readonly #sources: Source[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<OpenedSources> {
    return new OpenedSources(await mkdtemp(join(tmpdir(), 'helios-kafka-source-')));
  }

  async open(
    bootstrap: string,
    table: KafkaTable,
    form: RecordForm = lineForm,
  ): Promise<KafkaSource> {
    const source = await KafkaSource.open({
      table,
      form,
      access: await plainAccess(bootstrap),
      spoolDirectory: this.#folder,
      clock: systemClock,
      random: Math.random,
      onProblem: (problem) => this.problems.push(problem),
    });
    this.#sources.push(source);
    return source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) await source.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export type ReadOptions = {
  readonly after?: Position | undefined;
  readonly bytesMax?: number;
};

export type ReadResult = {
  readonly lines: readonly string[];
  readonly batches: readonly Batch[];
  readonly to: Position | undefined;
};
