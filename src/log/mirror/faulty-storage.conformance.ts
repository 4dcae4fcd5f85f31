import { HeliosError } from '../../base/errors.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import { ManualClock } from '../trial-log.conformance.ts';

/** What becomes of a put: it fails; it has its effect and its answer is lost; it never ends. */
export type PutFault = 'refused' | 'lost' | 'hangs';

/** A store in memory, on bad days. */
export class FaultyStorage extends MemoryStorage {
  readonly puts: string[] = [];
  /** Asked for each conditional put, counted from 1. */
  faultAt: (put: number, path: string) => PutFault | undefined = () => undefined;
  readonly #hanging = Promise.withResolvers<never>();
  #asked = Promise.withResolvers<void>();

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    this.puts.push(path);
    this.#asked.resolve();
    this.#asked = Promise.withResolvers();
    const fault = this.faultAt(this.puts.length, path);
    if (fault === 'hangs') return await this.#hanging.promise;
    if (fault === 'refused') throw away();
    const outcome = await super.putIfAbsent(path, bytes);
    if (fault === 'lost') throw away();
    return outcome;
  }

  /** What hangs fails. */
  letGo(): void {
    this.#hanging.promise.catch(() => undefined);
    this.#hanging.reject(away());
  }

  /** Resolves when a conditional put was asked for. */
  async nextPut(): Promise<void> {
    await this.#asked.promise;
  }

  /** Paths of all objects. */
  async paths(prefix = ''): Promise<readonly string[]> {
    const paths: string[] = [];
    for await (const { path } of this.list(prefix)) paths.push(path);
    return paths;
  }
}

/** Waits between attempts pass at once; longer ones, such as for retention, never end. */
export class ImpatientClock extends ManualClock {
  override async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (durationMs >= 10_000) return await super.sleep(durationMs, signal);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
}

function away(): HeliosError {
  return new HeliosError('unavailable', 'the store is away');
}
