import { HeliosError } from '../../src/base/errors.ts';
import { parseActions } from '../../src/delta/actions.ts';
import { logFolder, parseLogPath } from '../../src/delta/log/names.ts';
import { DeltaTable } from '../../src/delta/table.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createBucket } from './bucket.ts';
import { anyCredentials, hastyClock, openS3 } from './open-s3.ts';
import { type S3Fault, S3FaultProxy } from './s3-fault-proxy.ts';

export type CommitPlan = {
  /** Of a store that tells the truth. */
  readonly endpoint: string;
  readonly credentials?: typeof anyCredentials;
  /** An existing folder for caches and checkpoints. */
  readonly folder: string;
  readonly writers: number;
  readonly commitsOfEach: number;
  /** Share of all requests that go wrong. */
  readonly faultShare: number;
  readonly seed: number;
  readonly onProgress?: (commits: number) => void;
};

export type CommitReport = {
  /** Versions of the table, its creation apart. */
  readonly commits: number;
  readonly checkpoints: number;
  readonly requests: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Commits that failed for their caller, and were asked for again. */
  readonly failed: number;
  /** Of these, the ones that had got there all the same. */
  readonly foundLater: number;
  readonly seconds: number;
  /** What must not be: gaps, lost or doubled commits. Empty when all is well. */
  readonly problems: readonly string[];
};

/**
 * Writers that commit step after step to one Delta table through a bad network, as sinks do; then
 * the log is read behind the network's back, and held against what they were told.
 */
export async function commitUnderFaults(plan: CommitPlan): Promise<CommitReport> {
  const startMs = performance.now();
  const { endpoint, folder, seed } = plan;
  const keys = plan.credentials ?? anyCredentials;
  const credentials = async (): Promise<typeof keys> => await Promise.resolve(keys);
  const bucket = await createBucket(endpoint, keys);
  const engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 29, tempDirectory: folder });
  await using proxy = await S3FaultProxy.open(endpoint);
  const network = new BadNetwork(proxy, { share: plan.faultShare, random: seeded(seed) });
  try {
    const options = { engine, clock: hastyClock, random: Math.random, temporaryFolder: folder };
    const truth = await openS3({ endpoint, bucket, folder }, { credentials });
    await DeltaTable.create(truth, {
      ...options,
      tableId: 'the-table',
      schema: [{ name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } }],
      partitionColumns: [],
      configuration: {},
    });
    network.begin();
    const writers = Array.from({ length: plan.writers }, (_, index) => new Writer(`app-${index}`));
    let commits = 0;
    await Promise.all(
      writers.map(async (writer) => {
        const place = { endpoint: proxy.endpoint, bucket, folder: `${folder}/${writer.appId}` };
        const storage = await openS3(place, {
          credentials,
          clock: hastyClock,
          idleTimeoutMs: 2000,
        });
        await writer.run(storage, options, plan.commitsOfEach, () => plan.onProgress?.(++commits));
      }),
    );
    await network.end();
    const found = await readLog(truth);
    return {
      commits: found.commits.length - 1,
      checkpoints: found.checkpoints,
      requests: network.requests,
      faults: network.faults,
      failed: writers.reduce((sum, { failed }) => sum + failed, 0),
      foundLater: writers.reduce((sum, { foundLater }) => sum + foundLater, 0),
      seconds: Math.round((performance.now() - startMs) / 1000),
      problems: [
        ...found.problems,
        ...writers.flatMap((writer) => problemsOf(writer, found.commits, plan.commitsOfEach)),
        ...(await problemsOfState(truth, options, plan.writers * plan.commitsOfEach)),
      ],
    };
  } finally {
    engine.close();
  }
}

type Options = Parameters<typeof DeltaTable.open>[1];

/** Attempts of one step until it is done: more than that is a store that is gone. */
const attemptsMax = 200;

class Writer {
  readonly appId: string;
  /** Step → the file that it was told is committed; undefined where it was told of the step only. */
  readonly told = new Map<number, string | undefined>();
  failed = 0;
  foundLater = 0;
  #serial = 0;

  constructor(appId: string) {
    this.appId = appId;
  }

  async run(
    storage: Storage,
    options: Options,
    steps: number,
    onCommit: () => void,
  ): Promise<void> {
    const table = await this.#insist(async () => await DeltaTable.open(storage, options));
    if (table === undefined) throw new Error('The table is not there.');
    for (let step = 1; step <= steps; step++) {
      await this.#insist(async () => await this.#commit(table, step));
      // As a sink does it: what fails here is tried again after the next commit.
      await table.maybeCheckpoint().catch(asFailure);
      onCommit();
    }
  }

  async #commit(table: DeltaTable, step: number): Promise<void> {
    const path = `${this.appId}/${step}/${this.#serial++}.parquet`;
    const expected = step === 1 ? undefined : step - 1;
    const outcome = await table.commit({
      operation: 'STREAMING UPDATE',
      transaction: { appId: this.appId, expected, version: step },
      adds: [{ path, partitionValues: {}, byteLength: 1, modifiedAtMs: 1, statsJson: '{}' }],
      newColumns: [],
    });
    if (outcome.kind === 'committed') return void this.told.set(step, path);
    if (outcome.txnVersion !== step) throw new Error(`${this.appId} is at ${outcome.txnVersion}.`);
    this.foundLater += 1;
    this.told.set(step, undefined);
  }

  async #insist<T>(action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (thrown) {
        asFailure(thrown);
        if (attempt >= attemptsMax) throw thrown;
        this.failed += 1;
      }
    }
  }
}

function asFailure(thrown: unknown): void {
  if (!(thrown instanceof HeliosError)) throw thrown;
}

type Found = {
  /** By version: the files of it, and the step that it made of which application. */
  readonly commits: readonly {
    readonly steps: readonly string[];
    readonly paths: readonly string[];
  }[];
  readonly checkpoints: number;
  readonly problems: readonly string[];
};

async function readLog(storage: Storage): Promise<Found> {
  const problems: string[] = [];
  const commits: Found['commits'][number][] = [];
  let checkpoints = 0;
  for await (const { path } of storage.list(`${logFolder}/`)) {
    const file = parseLogPath(path);
    if (file?.kind === 'checkpoint') checkpoints += 1;
    if (file?.kind !== 'commit') continue;
    if (file.version !== commits.length) problems.push(`Version ${commits.length} is missing.`);
    const { transactions, adds } = parseActions(await storage.read(path), path);
    commits.push({
      steps: transactions.map(({ appId, version }) => `${appId}/${version}`),
      paths: adds.map((add) => add.path),
    });
  }
  return { commits, checkpoints, problems };
}

function problemsOf({ appId, told }: Writer, commits: Found['commits'], steps: number): string[] {
  const own = commits.filter((commit) => commit.steps.some((step) => step.startsWith(`${appId}/`)));
  const problems: string[] = [];
  for (let step = 1; step <= steps; step++) {
    const made = own.filter((commit) => commit.steps.includes(`${appId}/${step}`));
    if (made.length !== 1) problems.push(`${appId}/${step} is there ${made.length} times.`);
    const path = told.get(step);
    const isThere = path === undefined || made.some((commit) => commit.paths.includes(path));
    if (!told.has(step) || !isThere) problems.push(`${appId}/${step} is not what was told.`);
  }
  if (own.length !== steps) problems.push(`${appId} has ${own.length} commits of ${steps}.`);
  return problems;
}

/** What a reader sees who comes now, by checkpoint and commits. */
async function problemsOfState(
  storage: Storage,
  options: Options,
  files: number,
): Promise<readonly string[]> {
  const found = (await DeltaTable.open(storage, options))?.snapshot().files.length;
  return found === files ? [] : [`The table has ${found} files, not ${files}.`];
}

/** Each kind as often as it stands here. */
const faultKinds: readonly (readonly [string, S3Fault])[] = [
  ['500', { kind: 'error', status: 500 }],
  ['503', { kind: 'error', status: 503, name: 'SlowDown' }],
  ['reset', { kind: 'reset' }],
  ['lost', { kind: 'lost' }],
  ['lost', { kind: 'lost' }],
  ['lost, 500', { kind: 'lost', status: 500 }],
  ['late', { kind: 'late' }],
  ['late', { kind: 'late' }],
  ['twice', { kind: 'twice' }],
  ['half', { kind: 'half', isAnnounced: true }],
  ['short', { kind: 'half', isAnnounced: false }],
  ['409', { kind: 'error', status: 409, name: 'ConditionalRequestConflict' }],
];
/** Of so many requests, one lets all late ones have their effect. */
const settleEvery = 7;

class BadNetwork {
  readonly #proxy: S3FaultProxy;
  readonly #share: number;
  readonly #random: () => number;
  readonly faults: Record<string, number> = {};
  requests = 0;

  constructor(
    proxy: S3FaultProxy,
    { share, random }: { readonly share: number; readonly random: () => number },
  ) {
    this.#proxy = proxy;
    this.#share = share;
    this.#random = random;
  }

  begin(): void {
    this.#proxy.fault = () => this.#next();
  }

  /** The late ones get there before this resolves. */
  async end(): Promise<void> {
    this.#proxy.fault = () => undefined;
    await this.#proxy.settle();
  }

  #next(): S3Fault | undefined {
    this.requests += 1;
    if (this.requests % settleEvery === 0) void this.#proxy.settle();
    if (this.requests % 1000 === 0) this.#proxy.taken();
    if (this.#random() >= this.#share) return undefined;
    const [name, fault] = faultKinds[Math.floor(this.#random() * faultKinds.length)] ?? [];
    if (name !== undefined) this.faults[name] = (this.faults[name] ?? 0) + 1;
    return fault;
  }
}

/** mulberry32, in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
