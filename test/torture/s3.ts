import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { commitUnderFaults } from '../lake/commit-under-faults.ts';
import { anyCredentials } from '../lake/open-s3.ts';
import { startMoto } from '../peers/moto.ts';
import { startVersity } from '../peers/versitygw.ts';

/** Requests that go wrong. */
const faultShare = 0.2;
const writersMax = 8;
/** Commits of eight writers meet each other: a fifth of them takes as long. */
const racingShare = 0.2;
const progressEvery = 500;

/**
 * So many commits by one writer to a table in an object store behind a bad network, then a fifth of
 * them by eight writers.
 */
export async function tortureS3(options: {
  readonly commits: number;
  readonly seed: number;
  readonly folder: string;
  readonly log: (line: string) => void;
}): Promise<boolean> {
  await using store = await startStore();
  let isGood = true;
  for (const writers of [1, writersMax]) {
    const share = writers === 1 ? 1 : racingShare;
    const folder = join(options.folder, `${writers}-writers`);
    mkdirSync(folder);
    const { problems, ...report } = await commitUnderFaults({
      endpoint: store.endpoint,
      credentials: store.credentials,
      folder,
      writers,
      commitsOfEach: Math.ceil((options.commits * share) / writers),
      faultShare,
      seed: options.seed,
      onProgress: (commits) => {
        if (commits % progressEvery === 0) options.log(`${commits} commits`);
      },
    });
    options.log(`${writers} writers: ${JSON.stringify(report)}`);
    for (const problem of problems) options.log(`! ${problem}`);
    if (problems.length > 0) isGood = false;
  }
  return isGood;
}

type Store = AsyncDisposable & {
  readonly endpoint: string;
  readonly credentials: typeof anyCredentials;
};

/** versitygw, which is the quicker one, or moto. */
async function startStore(): Promise<Store> {
  const versity = await startVersity();
  if (versity !== undefined) return versity;
  const moto = await startMoto();
  if (moto === undefined) throw new Error('A store is needed: versitygw by Go, or moto by Python.');
  return {
    endpoint: moto.endpoint,
    credentials: anyCredentials,
    [Symbol.asyncDispose]: async () => await moto[Symbol.asyncDispose](),
  };
}
