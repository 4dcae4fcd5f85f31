import { randomUUID } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { syncPath, writeDurably } from '../../storage/file/durable.ts';

export type MarkFacts = {
  /** Where the state is kept. */
  readonly location: string;
  /** The newest owners that ran here: a newest state by somebody else means that they took over. */
  readonly owners: readonly string[];
  /** No state that this folder put, or was about to put, has a higher number. */
  readonly next: number;
  /** False while it is filled from the store. */
  readonly isWhole: boolean;
};

const ownersKept = 2;
const fileName = 'state.json';

/** What a data directory notes of the state that it has a copy of, in `state.json`. */
export class LocalMark {
  readonly #root: string;
  #facts: MarkFacts;

  private constructor(root: string, facts: MarkFacts) {
    this.#root = root;
    this.#facts = facts;
  }

  /** A mark for `owner`, who comes after those of `before`. Writes nothing yet. */
  static after(
    root: string,
    before: MarkFacts | undefined,
    { location, owner }: { readonly location: string; readonly owner: string },
  ): LocalMark {
    const owners = [...(before?.owners ?? []), owner].slice(-ownersKept);
    const { next = 0, isWhole = true } = before ?? {};
    return new LocalMark(root, { location, owners, next, isWhole });
  }

  /** Durable when it resolves. */
  async write(change: Partial<Pick<MarkFacts, 'next' | 'isWhole'>>): Promise<void> {
    this.#facts = { ...this.#facts, ...change };
    const temporary = join(this.#root, 'tmp', `${fileName}-${randomUUID()}`);
    await writeDurably(temporary, Buffer.from(`${JSON.stringify(this.#facts)}\n`));
    await rename(temporary, join(this.#root, fileName));
    await syncPath(this.#root);
  }
}

/** What the folder notes; undefined where its state is kept nowhere else. */
export async function readMark(root: string): Promise<MarkFacts | undefined> {
  const path = join(root, fileName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  const facts = parse(text);
  const isWhole =
    typeof facts?.location === 'string' &&
    Array.isArray(facts.owners) &&
    Number.isSafeInteger(facts.next) &&
    typeof facts.isWhole === 'boolean';
  if (isWhole) return facts as MarkFacts;
  throw new HeliosError('data_dir_unusable', `${path} can't be read: it is not Helios's.`, {
    hint: 'Move the data directory aside; the state is in the store that --state names.',
  });
}

/** Refuses a folder whose state is kept in a store too, to who would go on without telling it. */
export async function checkNoMark(root: string): Promise<void> {
  const mark = await readMark(root);
  if (mark === undefined) return;
  throw new HeliosError(
    'invalid_config',
    `The data directory ${root} keeps its state at ${mark.location} too.`,
    {
      hint:
        `Start with --state ${mark.location}; or, if no other machine shall go on from there, ` +
        `delete ${join(root, fileName)}.`,
    },
  );
}

function parse(text: string): Partial<MarkFacts> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
