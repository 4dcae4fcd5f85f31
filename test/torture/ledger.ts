import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** One request to the ingest route. Ids of events are never used twice, in any run. */
export type Request = {
  readonly number: number;
  /** Undefined: sent once, whatever happens; its fate may stay unknown. */
  readonly key: string | undefined;
  readonly goodIds: readonly number[];
  /** Events that can't become rows. */
  readonly badIds: readonly number[];
};

/**
 * What a producer knows: a request stands here before its first byte is sent, and its
 * acknowledgement as soon as it is heard. Each line is fsynced, so that the ledger outlives
 * everything.
 */
export class Ledger {
  readonly #file: number;
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a');
  }

  sent(request: Request): void {
    this.#append({ kind: 'sent', ...request });
  }

  acknowledged(number: number): void {
    this.#append({ kind: 'acknowledged', number });
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(line: object): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    fdatasyncSync(this.#file);
  }
}

export type Entry = { readonly request: Request; readonly isAcknowledged: boolean };

/** Everything that was sent, by what the ledgers say. */
export function readLedgers(paths: readonly string[]): readonly Entry[] {
  return paths.flatMap((path) => {
    const acknowledged = new Set<number>();
    const requests: Request[] = [];
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue;
      const entry = JSON.parse(line) as { kind: string } & Request;
      if (entry.kind === 'acknowledged') acknowledged.add(entry.number);
      else requests.push(entry);
    }
    return requests.map((request) => ({
      request,
      isAcknowledged: acknowledged.has(request.number),
    }));
  });
}
