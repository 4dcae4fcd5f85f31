import { HeliosError } from '../base/errors.ts';
import type { DamagedStream } from './log.ts';
import type { LogParts } from './partition/partition.ts';
import { Stream } from './stream.ts';
import { writeDefinition } from './stream-files.ts';
import type { StreamDefinition } from './stream-files.ts';

/** The folder that holds a log's streams. Knows which of them can't be opened as they are. */
export class LogFolder {
  readonly #directory: string;
  readonly #parts: LogParts;
  readonly #damaged = new Map<string, HeliosError>();

  constructor(directory: string, parts: LogParts) {
    this.#directory = directory;
    this.#parts = parts;
  }

  get damaged(): readonly DamagedStream[] {
    return [...this.#damaged].map(([name, error]) => ({ name, error }));
  }

  /** What keeps a stream of this name from being opened; undefined where nothing does. */
  damageOf(name: string): HeliosError | undefined {
    return this.#damaged.get(name);
  }

  /** Remembers the damage that a stream was found to have; throws what is no damage. */
  noteDamage(name: string, thrown: unknown): void {
    if (!(thrown instanceof HeliosError) || thrown.code !== 'corrupt_data') throw thrown;
    const { hint, details } = thrown;
    const message = `The stream "${name}" is damaged. ${thrown.message}`;
    this.#damaged.set(
      name,
      new HeliosError(thrown.code, message, { hint, details, cause: thrown }),
    );
  }

  /** Opens what is there and not damaged, one after the other. */
  async *open(): AsyncIterable<Stream> {
    const { files } = this.#parts;
    await files.makeDirectory(this.#directory);
    for (const name of await files.list(this.#directory)) {
      const directory = `${this.#directory}/${name}`;
      // Streams that were being created or deleted when the process ended.
      if (name.startsWith('.')) await files.removeTree(directory);
      else {
        const stream = await this.#open(name, directory);
        if (stream !== undefined) yield stream;
      }
    }
  }

  async #open(name: string, directory: string): Promise<Stream | undefined> {
    try {
      return await Stream.open(directory, this.#parts);
    } catch (thrown) {
      this.noteDamage(name, thrown);
      return undefined;
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
