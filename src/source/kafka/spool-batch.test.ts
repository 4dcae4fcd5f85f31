import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { spoolBatch } from './spool-batch.ts';

/** Takes two steps of lines, and says what became of the file. */
const script = `
  import { stat } from 'node:fs/promises';
  const [, module, spoolDirectory] = process.argv;
  const { spoolBatch } = await import(module);
  process.on('SIGXFSZ', () => undefined);
  const take = (lines) => {
    for (const offset of [0, 1, 2, 3]) {
      lines.addChunk(Buffer.alloc(40_000, 'x'));
      lines.addLine(40_000, offset);
    }
    return 1;
  };
  const form = { kind: 'lines', isBinary: false, metadata: [] };
  const signal = new AbortController().signal;
  const request = { spoolDirectory, form, bytesMax: 160_000, signal, take };
  const told = await spoolBatch(request).then(
    async ({ content }) => (await stat(content.path)).size,
    ({ code }) => code,
  );
  console.log(told);
`;

test.each([
  ['unlimited', '160000'],
  ['100', 'storage_failed'],
])('of a file that may have %s blocks tells %s', async (blocks, told) => {
  const directory = await mkdtemp(join(tmpdir(), 'helios-spool-'));
  const module = new URL('spool-batch.ts', import.meta.url).href;
  try {
    const command = `ulimit -f ${blocks}; exec "$0" --input-type=module -e "$@"`;
    const words = ['-c', command, process.execPath, script, module, directory];
    const { stdout } = await promisify(execFile)('sh', words);
    expect(stdout.trim()).toBe(told);
    expect(await readdir(directory)).toHaveLength(told === '160000' ? 1 : 0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('memory of batches that were taken goes once it is written', async () => {
  const spoolDirectory = await mkdtemp(join(tmpdir(), 'helios-spool-'));
  const form = { kind: 'lines' as const, isBinary: false, metadata: [] };
  const signal = new AbortController().signal;
  const [whole, half] = [Buffer.alloc(40_000, 'x'), Buffer.alloc(40_000, 'y')];
  try {
    const { content } = await spoolBatch({
      ...{ spoolDirectory, form, signal, bytesMax: 60_000 },
      take: (lines) => {
        lines.addChunk(whole);
        lines.addChunk(half.subarray(0, 20_000));
        lines.addLine(60_000, 0);
        lines.addSpent(whole);
        return 1;
      },
    });
    const written = await readFile(content.path, 'latin1');
    expect([written.length, written.at(0), written.at(-1)]).toEqual([60_000, 'x', 'y']);
    expect([whole.byteLength, half.byteLength]).toEqual([0, 40_000]);
  } finally {
    await rm(spoolDirectory, { recursive: true, force: true });
  }
});
