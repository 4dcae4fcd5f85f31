import { HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import type { AppTransaction, TableVersion } from '../delta.ts';
import { headOf, isSameHead } from './head.ts';
import { readCommit } from './log.ts';

export type OwnAttempt = {
  readonly txnId: string;
  /** Whose rows it adds; undefined where it adds none. */
  readonly appId: string | undefined;
};

export type OwnCommit = OwnAttempt & {
  readonly version: TableVersion;
  /** What its file was. */
  readonly head: StoredObject;
  readonly madeAtMs: EpochMs;
};

/** A writer that looks first, and puts then without a condition, takes no longer for both. */
const settledMs = 60_000;
/** Of more than these the oldest are no longer looked at. */
const unsettledMax = 10_000;

/**
 * The commits that this process made to a table. A writer that puts without a condition can
 * overwrite them. The newest is looked at before each commit; one below it would be missing unseen,
 * with its rows, while what its transaction did later is there. So each is looked at again when it
 * has settled.
 */
export class OwnCommits {
  readonly #storage: Storage;
  #unsettled: OwnCommit[] = [];
  /** How far each transaction was committed. */
  readonly #reached = new Map<string, number>();
  /** Why rows of a transaction are missing. */
  readonly #lost = new Map<string, HeliosError>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  add(commit: OwnCommit): void {
    this.#unsettled.push(commit);
    if (this.#unsettled.length > unsettledMax) this.#unsettled.shift();
  }

  reach(appId: string, version: number): void {
    this.#reached.set(appId, version);
  }

  /** Fails with `table_replaced` where a commit of the transaction was overwritten. */
  checkKept(appId: string, found: AppTransaction | undefined): void {
    const lost = this.#lost.get(appId);
    if (lost !== undefined) throw lost;
    const reached = this.#reached.get(appId) ?? -1;
    if ((found?.version ?? -1) >= reached) return;
    const before = `what ${appId} had committed up to ${reached} is there up to `;
    throw overwritten(this.#storage, `${before}${found?.version ?? 'nothing'}`);
  }

  /**
   * Looks at the commits that have settled since the last look, or at all that have not; gives why
   * the log is not what it was, where a commit was overwritten.
   */
  async look(nowMs: EpochMs, which: 'settled' | 'all'): Promise<HeliosError | undefined> {
    let failure: HeliosError | undefined;
    for (const commit of [...this.#unsettled]) {
      const isSettled = commit.madeAtMs <= nowMs - settledMs;
      if (!isSettled && which === 'settled') break;
      const isKept = await this.#isKept(commit);
      if (isSettled || !isKept) this.#unsettled = this.#unsettled.filter((one) => one !== commit);
      if (!isKept) failure = this.#lose(commit);
    }
    return failure;
  }

  /** One that is no longer there was cleaned up, or the table is gone, which its head tells. */
  async #isKept({ version, head, txnId }: OwnCommit): Promise<boolean> {
    const now = await headOf(this.#storage, version);
    const wasSeen = !Number.isNaN(head.modifiedAtMs);
    if (now === undefined || (wasSeen && isSameHead(now, head))) return true;
    const commit = await readCommit(this.#storage, version);
    return commit === undefined || commit.actions.commitInfo?.['txnId'] === txnId;
  }

  #lose({ version, appId }: OwnCommit): HeliosError {
    const what = appId === undefined ? 'files that it had put in the place of others' : appId;
    const failure = overwritten(this.#storage, `version ${version} lacks what it had of ${what}`);
    if (appId !== undefined) this.#lost.set(appId, failure);
    return failure;
  }
}

function overwritten({ location }: Storage, what: string): HeliosError {
  return new HeliosError(
    'table_replaced',
    `A commit to the Delta table in ${location} was overwritten by another writer: ${what}.`,
    {
      hint:
        'Find the writer that puts commits without a condition, as Spark does on S3 unless its ' +
        'delta.logStore is a safe one, and end it. The data files of the lost commits are still ' +
        'there.',
    },
  );
}
