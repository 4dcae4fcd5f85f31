import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { commitUnderFaults } from './commit-under-faults.ts';

let moto: MotoPeer | undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-s3-commits-'));
  moto = await startMoto();
});
afterAll(async () => {
  await moto?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** `npm run torture -- --s3 10000` is the long form. */
test.each([
  ['one writer', 1, 60],
  ['eight writers', 8, 5],
])(
  'with a fifth of all requests going wrong, %s loses and doubles nothing',
  async (_who, writers, commitsOfEach) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const report = await commitUnderFaults({
      endpoint: moto?.endpoint ?? '',
      folder,
      writers,
      commitsOfEach,
      faultShare: 0.2,
      seed,
    });
    expect({ ...report, seed }).toMatchObject({ problems: [], commits: writers * commitsOfEach });
    expect(Object.keys(report.faults).length).toBeGreaterThan(3);
  },
);
