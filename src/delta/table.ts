import { randomUUID } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { asHeliosError, type HeliosError } from '../base/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Schema } from '../event/schema.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';
import { type Actions, parseActions, printActions } from './actions.ts';
import { retriedCommit } from './log/commit-retries.ts';
import type {
  CommitOutcome,
  CommitRequest,
  RestoreOutcome,
  RewriteOutcome,
  RewriteRequest,
  Snapshot,
  TableVersion,
} from './delta.ts';
import { cleanUpLog } from './log/clean-up.ts';
import { lostRace, passing, unlisted } from './log/failures.ts';
import { loadState } from './log/load.ts';
import { type Commit, readCommitsFrom } from './log/log.ts';
import { commitPath } from './log/names.ts';
import { type CheckpointRun, writeCheckpoint } from './log/write-checkpoint.ts';
import {
  checkSameTable,
  planCommit,
  planCreate,
  type Signature,
  type TableDefinition,
} from './plan-commit.ts';
import { holding, planRestore, planRewrite, restoreDifference } from './plan-rewrite.ts';
import { holdsLocalTimes, localTimesProtocol } from './local-times.ts';
import { checkAppendable, ownProtocol } from './protocol.ts';
import type { TableState } from './state.ts';
import { type OwnAttempt, OwnCommits } from './log/own-commits.ts';
import {
  checkSameId,
  gone,
  headOf,
  headOrLength,
  isSameHead,
  type LoadedHead,
  loadHead,
} from './log/head.ts';

export type TableOptions = {
  /** Reads and writes checkpoints. */
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: () => number;
  /** An existing local folder for checkpoints in the making. */
  readonly temporaryFolder: string;
  /** Told of each checkpoint that was written, and of each that failed. */
  readonly onCheckpoint?: ((checkpoint: CheckpointRun) => void) | undefined;
};

/** A reader that starts here reads at most so many commits, or so many bytes of them. */
const checkpointCommits = 100;
const checkpointBytes = 16 * 1024 * 1024;

const engineInfo = 'Helios/0.1.0';

/**
 * A Delta table and the newest version of it that this process knows.
 *
 * A commit is `putIfAbsent` of the next version's file, so it either is the next version or
 * nothing. Who loses reads the winners, checks that they do not stand in the way, and tries the
 * version after them. An answer that was lost is found out by reading the version back:
 * `commitInfo.txnId` is ours or somebody else's.
 *
 * Calls may overlap; they take effect one after another.
 */
export class DeltaTable {
  readonly #storage: Storage;
  readonly #options: TableOptions;
  #state: TableState;
  #checkpointVersion: TableVersion | undefined;
  /** Bytes of the commits since then. */
  #commitBytes: number;
  #checkpointing: Promise<void> | undefined;
  /** What the file of the newest version was; another one means that the table was replaced. */
  #head: StoredObject | undefined;
  readonly #own: OwnCommits;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(storage: Storage, options: TableOptions, loaded: LoadedHead) {
    this.#storage = storage;
    this.#options = options;
    this.#state = loaded.state;
    this.#head = loaded.head;
    this.#checkpointVersion = loaded.checkpointVersion;
    this.#commitBytes = loaded.commitBytes;
    this.#own = new OwnCommits(storage);
  }

  /**
   * The table at the storage's root; undefined when there is none. Fails on what it cannot read.
   */
  static async open(storage: Storage, options: TableOptions): Promise<DeltaTable | undefined> {
    const loaded = await loadHead(storage, options);
    return loaded && new DeltaTable(storage, options, loaded);
  }

  /**
   * Makes the table, or opens the one that is there when it has the definition's columns and
   * partitions; otherwise fails with `already_exists`.
   */
  static async create(
    storage: Storage,
    options: TableOptions & TableDefinition,
  ): Promise<DeltaTable> {
    // The first version's file may be gone from a table that is there: looking at it is not enough.
    let loaded = await loadHead(storage, options);
    if (loaded === undefined) {
      const signature = { txnId: randomUUID(), engineInfo, nowMs: options.clock.nowMs() };
      const protocol = holdsLocalTimes(options.schema) ? localTimesProtocol : ownProtocol;
      const bytes = printActions(planCreate(options, protocol, signature));
      await storage.putIfAbsent(commitPath(0), bytes);
      loaded = await loadHead(storage, options);
    }
    if (loaded === undefined) throw unlisted(storage, 0);
    checkSameTable(loaded.state, options);
    return new DeltaTable(storage, options, loaded);
  }

  /** The newest version known here. */
  snapshot(): Snapshot {
    return this.#state;
  }

  /** The same, with what only the log's own keepers need. */
  state(): TableState {
    return this.#state;
  }

  /** Fails with `unsupported_table`, naming what is in the way, when it takes no commits. */
  checkAppendable(): void {
    checkAppendable(this.#state.protocol, this.#state.metadata);
  }

  /**
   * Looks for newer versions: two small requests when there is none. Fails with `table_replaced`
   * when another table is there now.
   */
  async refresh(): Promise<Snapshot> {
    return await this.#inTurn(async () => {
      await this.#advance();
      return this.#state;
    });
  }

  /**
   * How far a transaction has got in the newest version. Fails with `table_replaced` where a commit
   * of it that was made here is no longer in the table.
   */
  async reached(appId: string): Promise<number | undefined> {
    await this.refresh();
    const found = this.#state.transactions.get(appId);
    this.#own.checkKept(appId, found);
    return found?.version;
  }

  /** Whether commits that were made here are still what they were; gives why not. */
  async lookAtOwnCommits(which: 'settled' | 'all'): Promise<HeliosError | undefined> {
    const failure = await this.#own.look(this.#options.clock.nowMs(), which);
    // The log is not what it was taken for: it is read anew before it is needed next.
    if (failure !== undefined) await this.#inTurn(async () => void (this.#head = undefined));
    return failure;
  }

  /** The table as of an older version; undefined when the log no longer tells of it. */
  async at(version: TableVersion): Promise<TableState | undefined> {
    return (await loadState(this.#storage, this.#options, version))?.state;
  }

  /**
   * Commits, or says that the transaction has moved on. When it fails, the commit may still turn up
   * later: whoever asks again with the same `expected` gets it at most once.
   */
  async commit(request: CommitRequest): Promise<CommitOutcome> {
    return await this.#inTurn(async () => await this.#commit(request));
  }

  /**
   * Puts files in the place of others that hold the same rows. Commits that others made meanwhile
   * do no harm, but for those that removed one of the files, or changed the table's columns: then
   * the replacement is left out, or all fails with `table_conflict`.
   */
  async rewrite(request: RewriteRequest): Promise<RewriteOutcome> {
    let held = request.replacements;
    const isOurs = (): boolean =>
      request.replacements.some(({ adds }) => adds.some((add) => this.#state.hasFile(add.path)));
    const snapshot = await this.#commitPlanned(isOurs, (state, signature) => {
      held = holding(state, request.replacements);
      if (held.length === 0) return undefined;
      return planRewrite(state, { ...request, replacements: held }, signature);
    });
    return { committed: held, snapshot };
  }

  /**
   * Makes the table what it was at `target`, a state of this table, by a new commit: its files and
   * columns. The txns stay as they are.
   */
  async restore(target: TableState): Promise<RestoreOutcome> {
    let difference = restoreDifference(this.#state, target);
    let isCommitted = true;
    const snapshot = await this.#commitPlanned(
      () => false,
      (state, signature) => {
        difference = restoreDifference(state, target);
        isCommitted = difference.isAny;
        return difference.isAny ? planRestore(state, target, signature) : undefined;
      },
    );
    const { adds: filesAdded, removes: filesRemoved } = difference;
    return { isCommitted, filesAdded, filesRemoved, snapshot };
  }

  /**
   * Writes a checkpoint and cleans up the log before it, when enough was committed since the last
   * one. Takes nothing from commits that go on meanwhile, and may fail without harm to the table.
   */
  async maybeCheckpoint(): Promise<void> {
    const commits = this.#state.version - (this.#checkpointVersion ?? 0);
    const asked = this.#state.configuration['delta.checkpointInterval'];
    const commitsMax = asked === undefined ? checkpointCommits : Number(asked);
    if (commits < commitsMax && this.#commitBytes < checkpointBytes) return;
    this.#checkpointing ??= this.#checkpoint().finally(() => (this.#checkpointing = undefined));
    await this.#checkpointing;
  }

  /** Deletes commits and checkpoints that nobody needs; gives the number of files. */
  async cleanUpLog(nowMs: number): Promise<number> {
    return await cleanUpLog(this.#storage, this.#state.configuration, nowMs);
  }

  async #checkpoint(): Promise<void> {
    // A checkpoint has to keep all that the features in use put into the log.
    this.checkAppendable();
    const state = this.#state;
    const bytes = this.#commitBytes;
    const { clock, onCheckpoint } = this.#options;
    const nowMs = clock.nowMs();
    const startMs = clock.monotonicMs();
    const tell = (logFilesDeleted: number, error: HeliosError | undefined): void =>
      onCheckpoint?.({
        version: state.version,
        startedAtMs: nowMs,
        durationMs: clock.monotonicMs() - startMs,
        logFilesDeleted,
        error,
      });
    try {
      await writeCheckpoint(this.#storage, state, { ...this.#options, nowMs });
      this.#checkpointVersion = state.version;
      this.#commitBytes = Math.max(0, this.#commitBytes - bytes);
      tell(await this.cleanUpLog(nowMs), undefined);
    } catch (thrown) {
      tell(0, asHeliosError(thrown));
      throw thrown;
    }
  }

  async #commit(request: CommitRequest): Promise<CommitOutcome> {
    const { appId, expected, version } = request.transaction;
    assert(version > (expected ?? -1), 'a transaction moves forward');
    const fileSchema = request.fileSchema ?? [...this.#state.schema, ...request.newColumns];
    const txnId = randomUUID();
    const outcome = await retriedCommit(
      this.#options,
      async () => await this.#tryCommit(request, fileSchema, txnId),
    );
    if (outcome.kind === 'committed') this.#own.reach(appId, version);
    else this.#own.checkKept(appId, this.#state.transactions.get(appId));
    return outcome;
  }

  /**
   * One attempt at the next version. A failure that is returned, not thrown, may be tried again.
   */
  async #tryCommit(
    request: CommitRequest,
    fileSchema: Schema,
    txnId: string,
  ): Promise<CommitOutcome | HeliosError> {
    try {
      await this.#checkHead();
      // Again for every version: what wins the race may be our own lost attempt, or our
      // successor's.
      const txnVersion = this.#state.transactions.get(request.transaction.appId)?.version;
      if (txnVersion !== request.transaction.expected) {
        // Where the log had to be read anew our attempt is known by its files, which nobody else
        // has.
        const isOurs = request.adds.some((add) => this.#state.hasFile(add.path));
        if (isOurs) return { kind: 'committed', snapshot: this.#state };
        return { kind: 'overtaken', txnVersion, snapshot: this.#state };
      }
      this.checkAppendable();
      const signature = { txnId, engineInfo, nowMs: this.#options.clock.nowMs() };
      const bytes = printActions(planCommit(this.#state, request, fileSchema, signature));
      const failure = await this.#put(bytes, { txnId, appId: request.transaction.appId });
      if (failure === undefined || (await this.#advance()).includes(txnId)) {
        return { kind: 'committed', snapshot: this.#state };
      }
      return failure;
    } catch (thrown) {
      return passing(thrown);
    }
  }

  /** Commits what `plan` gives, on top of whichever version it gets; undefined commits nothing. */
  async #commitPlanned(
    isOurs: () => boolean,
    plan: (state: TableState, signature: Signature) => Actions | undefined,
  ): Promise<Snapshot> {
    const txnId = randomUUID();
    return await this.#inTurn(
      async () =>
        await retriedCommit(this.#options, async () => {
          try {
            await this.#checkHead();
            if (isOurs()) return this.#state;
            this.checkAppendable();
            const nowMs = this.#options.clock.nowMs();
            const actions = plan(this.#state, { txnId, engineInfo, nowMs });
            if (actions === undefined) return this.#state;
            const failure = await this.#put(printActions(actions), { txnId, appId: undefined });
            const isThere = failure === undefined || (await this.#advance()).includes(txnId);
            return isThere ? this.#state : failure;
          } catch (thrown) {
            return passing(thrown);
          }
        }),
    );
  }

  /** Puts the next version; what it gives back is why it is not known to be there. */
  async #put(bytes: Uint8Array, own: OwnAttempt): Promise<HeliosError | undefined> {
    const version = this.#state.version + 1;
    const path = commitPath(version);
    try {
      if ((await this.#storage.putIfAbsent(path, bytes)) === 'exists') return lostRace(version);
    } catch (thrown) {
      return passing(thrown);
    }
    const { byteLength } = bytes;
    // A commit that is made must not fail for this.
    const head = await headOrLength(this.#storage, version, byteLength);
    // Overwritten within the moment: not ours any more.
    if (head.byteLength !== byteLength) return lostRace(version);
    this.#apply([{ actions: parseActions(bytes, path), byteLength }], head);
    this.#own.add({ ...own, version, head, madeAtMs: this.#options.clock.nowMs() });
    return undefined;
  }

  /** Reads the versions after this one; gives their commits' `txnId`s. */
  async #advance(): Promise<readonly unknown[]> {
    // Asked at one time: what follows counts if the newest version is still what it was.
    const next = async () => await readCommitsFrom(this.#storage, this.#state.version + 1);
    const ahead = next();
    ahead.catch(() => undefined);
    const commits = (await this.#checkHead()) ? await ahead : await next();
    const last = commits.at(-1);
    if (last !== undefined) {
      const newest = this.#state.version + commits.length;
      this.#apply(commits, await headOrLength(this.#storage, newest, last.byteLength));
    }
    return commits.map((commit) => commit.actions.commitInfo?.['txnId']);
  }

  #apply(commits: readonly Commit[], head: StoredObject): void {
    const state = this.#state.next(commits.map((commit) => commit.actions));
    checkSameId(this.#state, state);
    this.#state = state;
    this.#commitBytes += commits.reduce((sum, commit) => sum + commit.byteLength, 0);
    this.#head = head;
  }

  /**
   * Versions that follow a version which is no longer what it was belong to another table, or to a
   * log that was cleaned up past us: the log is then read anew. Whether it wasn't.
   */
  async #checkHead(): Promise<boolean> {
    if (isSameHead(await headOf(this.#storage, this.#state.version), this.#head)) return true;
    const loaded = await loadHead(this.#storage, this.#options);
    if (loaded === undefined) throw gone(this.#storage);
    checkSameId(this.#state, loaded.state);
    ({ state: this.#state, head: this.#head, commitBytes: this.#commitBytes } = loaded);
    this.#checkpointVersion = loaded.checkpointVersion;
    return false;
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => undefined);
    return await turn;
  }
}
