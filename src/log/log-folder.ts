import type { LogParts } from './partition/partition.ts';
import { Stream } from './stream.ts';
import { writeDefinition } from './stream-files.ts';
import type { StreamDefinition } from './stream-files.ts';

/** The folder that holds a log's streams. */
export class LogFolder {
  readonly #directory: string;
  readonly #parts: LogParts;

  constructor(directory: string, parts: LogParts) {
    this.#directory = directory;
    this.#parts = parts;
  }

  /** Opens what is there, one after the other. */
  async *open(): AsyncIterable<Stream> {
    const { files } = this.#parts;
    await files.makeDirectory(this.#directory);
    for (const name of await files.list(this.#directory)) {
      const directory = `${this.#directory}/${name}`;
      // Streams that were being created or deleted when the process ended.
      if (name.startsWith('.')) await files.removeTree(directory);
      else yield await Stream.open(directory, this.#parts);
    }
  }

  /** Makes a stream without records. */
  async make(definition: StreamDefinition): Promise<Stream> {
    const { files } = this.#parts;
    const directory = `${this.#directory}/${definition.name}`;
    const temporary = `${this.#directory}/.new-${definition.id}`;
    for (let number = 0; number < definition.partitions; number++) {
      await files.makeDirectory(`${temporary}/${number}`);
    }
    await writeDefinition(files, temporary, definition);
    await files.rename(temporary, directory);
    await files.syncDirectory(this.#directory);
    return await Stream.open(directory, this.#parts);
  }

  /** Closes a stream and deletes it with its records. `onGone` runs once it can't come back. */
  async remove(stream: Stream, onGone: () => void): Promise<void> {
    const { files } = this.#parts;
    await stream.close();
    const grave = `${this.#directory}/.deleted-${stream.id}`;
    await files.rename(stream.directory, grave);
    await files.syncDirectory(this.#directory);
    onGone();
    await files.removeTree(grave);
  }
}
