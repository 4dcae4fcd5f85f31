import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { deltaPython } from '../peers/delta-peers.ts';
import { isGood } from './judge.ts';
import type { Entry } from './ledger.ts';
import { judgeFolder } from './raw-files.ts';
import { makeFolders } from './workload.ts';

const python = await deltaPython();
const root = mkdtempSync(join(tmpdir(), 'helios-raw-judge-'));
afterAll(() => rmSync(root, { recursive: true }));

const entries: readonly Entry[] = [
  { request: { number: 0, key: 'a', goodIds: [1, 2, 3], badIds: [] }, isAcknowledged: true },
];

type Spoil = (folder: string, first: string) => void;

/** Two listings, of one file each. */
function makeRawFolder(folder: string): string {
  const listings = dirname(listingOf(folder, 1));
  mkdirSync(listings, { recursive: true });
  for (const [index, ids] of [[1, 2], [3]].entries()) {
    const path = `producer=p/${index}.json.gz`;
    const bytes = gzipSync(ids.map((id) => `{"id":${id}}\n`).join(''));
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    const listing = { files: [{ path, rows: ids.length, bytes: bytes.length }] };
    writeFileSync(listingOf(folder, index + 1), JSON.stringify(listing));
  }
  return join(folder, 'producer=p', '0.json.gz');
}

function listingOf(folder: string, number: number): string {
  return join(
    folder,
    '_helios',
    'a-pipeline',
    'a-sink',
    `${String(number).padStart(20, '0')}.json`,
  );
}

test.skipIf(python === undefined).each<[string, Spoil, object, RegExp]>([
  ['what is whole is good', () => undefined, {}, /^$/],
  [
    'a file twice is seen, though no listing names it',
    (_folder, first) => cpSync(first, first.replace('0.json', '0-again.json')),
    {},
    /0-again.json.gz is visible, and no listing names it/,
  ],
  [
    'a torn file',
    (_folder, first) => writeFileSync(first, readFileSync(first).subarray(0, -9)),
    { lost: 2 },
    /0.json.gz is torn/,
  ],
  ['a file that is gone', (_folder, first) => rmSync(first), { lost: 2 }, /which is not there/],
  [
    'a file of other rows than listed',
    (_folder, first) => writeFileSync(first, gzipSync('{"id":1}\n{"id":2}\n{"id":3}\n')),
    { doubled: 1 },
    /its listing says other/,
  ],
  [
    'rows that two listings name',
    (folder) => cpSync(listingOf(folder, 1), listingOf(folder, 3)),
    {},
    /0.json.gz is listed twice/,
  ],
  [
    'a listing that is missing',
    (folder) => rmSync(listingOf(folder, 1)),
    { lost: 2 },
    /have gaps: \[2\]/,
  ],
])('%s', (_name, spoil, wrong, fault) => {
  const folders = makeFolders(mkdtempSync(join(root, 'case-')));
  const folder = join(folders.tables, 'raw');
  spoil(folder, makeRawFolder(folder));
  const evidence = { python: python ?? '', folders, entries };
  const verdict = judgeFolder(evidence, 'raw', ({ goodIds }) => goodIds);
  const counts = { expected: 3, lost: 0, doubled: 0, phantom: 0, torn: 0 };
  expect(verdict).toMatchObject({ ...counts, ...wrong });
  expect(verdict.faults.join('\n')).toMatch(fault);
  expect(isGood(verdict)).toBe(fault.source === '^$');
});
