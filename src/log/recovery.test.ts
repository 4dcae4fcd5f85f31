import { appendFile, cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { fc } from '../../test/properties.ts';
import { describe, expect, test, vi } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { entryBytes } from './partition/index-entry.ts';
import { line, readLines, TrialLog } from './trial-log.conformance.ts';

// Each of these tests makes hundreds of logs.
vi.setConfig({ testTimeout: 60_000 });

const base = '0'.repeat(20);
const folder = 'log/events/0';

/** Each request has a name that its lines begin with, so that a part of it would be seen. */
const requests = ['first', 'second', 'third', 'fourth'].map((text, number) =>
  Array.from({ length: number + 1 }, (_, part) => line(`${text}-${part}`)),
);

/** A log of the four requests, each in a group of its own, as a killed process leaves it. */
async function killed(trial: TrialLog): Promise<void> {
  const log = await trial.open();
  for (const [number, lines] of requests.entries()) {
    const idempotencyKey = number % 2 === 0 ? undefined : `key-${number}`;
    await log.append('events', { lines, idempotencyKey });
  }
}

/** What is said of its stream `events`, by a log that opens all the same. */
async function damageOf(trial: TrialLog): Promise<HeliosError | undefined> {
  const log = await trial.open();
  return log.damagedStreams().find(({ name }) => name === 'events')?.error;
}

/** Lines of the first `count` requests. */
function linesOf(count: number): string[] {
  const bytes = Buffer.concat(requests.slice(0, count).flat());
  return bytes.toString().split('\n').slice(0, -1);
}

/** A copy of `trial`'s directory with one file changed, opened and read. */
async function readChanged(
  trial: TrialLog,
  change: (directory: string) => Promise<void>,
): Promise<string[] | HeliosError> {
  await using changed = await TrialLog.make();
  await cp(trial.directory, changed.directory, { recursive: true });
  await change(changed.directory);
  try {
    const log = await changed.open();
    const lines = await readLines(log, 'events');
    // What is there can be added to.
    await log.append('events', { lines: [line('more')] });
    expect(await readLines(log, 'events')).toEqual([...lines, 'more']);
    return lines;
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
}

function lineCountOf(count: number): number {
  return linesOf(count).length;
}

const wholeRequests = [0, 1, 2, 3, 4].map(lineCountOf);

describe('a log cut anywhere in the last two requests', () => {
  test.each(['ndjson', 'index'])(
    'in its %s keeps whole requests or says what is damaged',
    async (ending) => {
      await using trial = await TrialLog.make();
      await killed(trial);
      const name = `${folder}/${base}.${ending}`;
      const { byteLength } = await readFile(`${trial.directory}/${name}`);
      const lastTwo =
        ending === 'index' ? 2 * entryBytes : Buffer.concat(requests.slice(2).flat()).byteLength;
      for (let length = byteLength - lastTwo; length < byteLength; length++) {
        const result = await readChanged(
          trial,
          async (copy) => await truncate(`${copy}/${name}`, length),
        );
        if (result instanceof HeliosError) {
          expect(result.code).toBe('corrupt_data');
          expect(result.message).toContain(`${base}.ndjson`);
        } else {
          expect(result).toEqual(linesOf(wholeRequests.indexOf(result.length)));
        }
      }
    },
  );

  test('in both files at once, as a torn group, keeps the requests before it', async () => {
    await using trial = await TrialLog.make();
    await killed(trial);
    const last = Buffer.concat(requests[3]!).byteLength;
    const dataBytes = Buffer.concat(requests.flat()).byteLength;
    for (let cut = 1; cut <= last; cut++) {
      const lines = await readChanged(trial, async (copy) => {
        await truncate(`${copy}/${folder}/${base}.ndjson`, dataBytes - cut);
        await truncate(`${copy}/${folder}/${base}.index`, 4 * entryBytes - (cut % entryBytes));
      });
      expect(lines).toEqual(linesOf(3));
    }
  });
});

describe('a bit that flipped', () => {
  test('in the data is found, or belonged to the newest group and cuts it', async () => {
    await using trial = await TrialLog.make();
    await killed(trial);
    const path = `${folder}/${base}.ndjson`;
    const { byteLength } = await readFile(`${trial.directory}/${path}`);
    const newest = byteLength - Buffer.concat(requests[3]!).byteLength;
    for (let at = 0; at < byteLength; at++) {
      const result = await readChanged(trial, async (copy) => await flip(`${copy}/${path}`, at));
      if (at >= newest) expect(result).toEqual(linesOf(3));
      else expect(result).toMatchObject({ code: 'corrupt_data' });
    }
  });

  test('in the index is found, or belonged to the newest group and cuts it', async () => {
    await using trial = await TrialLog.make();
    await killed(trial);
    const path = `${folder}/${base}.index`;
    for (let at = 0; at < 4 * entryBytes; at++) {
      const result = await readChanged(trial, async (copy) => await flip(`${copy}/${path}`, at));
      if (at >= 3 * entryBytes) expect(result).toEqual(linesOf(3));
      else expect(result).toMatchObject({ code: 'corrupt_data' });
    }
  });

  test('anywhere is found once the log has been closed', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    for (const lines of requests) await log.append('events', { lines });
    await log.close();
    const path = `${folder}/${base}.ndjson`;
    const { byteLength } = await readFile(`${trial.directory}/${path}`);
    for (let at = 0; at < byteLength; at++) {
      const result = await readChanged(trial, async (copy) => await flip(`${copy}/${path}`, at));
      expect(result).toMatchObject({ code: 'corrupt_data' });
    }
  });

  test('in a closed segment is found when it is read', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { segmentBytes: 1 } });
    for (const lines of requests) await log.append('events', { lines });
    await log.close();
    const names = await readdir(`${trial.directory}/${folder}`);
    for (const name of names.slice(0, -2)) {
      const path = `${folder}/${name}`;
      const { byteLength } = await readFile(`${trial.directory}/${path}`);
      for (let at = 0; at < byteLength; at += 7) {
        const result = await readChanged(trial, async (copy) => await flip(`${copy}/${path}`, at));
        expect(result).toMatchObject({ code: 'corrupt_data' });
      }
    }
  });
});

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  await writeFile(path, bytes);
}

describe('opening', () => {
  test('counts what it cuts, and names the file and offset of what it can not repair', async () => {
    await using trial = await TrialLog.make();
    await killed(trial);
    const data = `${trial.directory}/${folder}/${base}.ndjson`;
    const index = `${trial.directory}/${folder}/${base}.index`;
    await appendFile(data, '{"torn":');
    await appendFile(index, Buffer.alloc(2 * entryBytes + 1));
    const log = await trial.open();
    const { endOffset, cutBytes } = log.getStream('events').partitions[0]!;
    expect([cutBytes, (await readFile(data)).byteLength]).toEqual([8, endOffset]);
    expect((await readFile(index)).byteLength).toBe(4 * entryBytes);
    await log.close();
    await truncate(`${trial.directory}/${folder}/${base}.ndjson`, 10);
    expect(await damageOf(trial)).toMatchObject({
      code: 'corrupt_data',
      message: expect.stringContaining(`${folder}/${base}.ndjson is damaged`),
      details: { offset: 8, byte_length: 18 },
    });
  });

  test.each([
    ['the data of a closed segment', 8, 'ndjson'],
    ['the index of a closed segment', 8, 'index'],
    ['the data of the newest segment', 16, 'ndjson'],
    ['the index of the newest segment', 16, 'index'],
  ])('refuses a log that has lost %s', async (_what, segmentBase, ending) => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { segmentBytes: 1 } });
    for (const text of ['one', 'two', 'three']) {
      await log.append('events', { lines: [line(text, 8)] });
    }
    const name = `${String(segmentBase).padStart(20, '0')}.${ending}`;
    await rm(`${trial.directory}/${folder}/${name}`);
    expect(await damageOf(trial)).toMatchObject({ code: 'corrupt_data' });
  });

  test.each([
    ['stream.json', 'not json'],
    ['stream.json', '{"v":1}'],
    ['holds.json', '{"v":1}'],
  ])('refuses a %s of %s', async (name, text) => {
    await using trial = await TrialLog.make();
    await killed(trial);
    await writeFile(`${trial.directory}/log/events/${name}`, text);
    expect(await damageOf(trial)).toMatchObject({ code: 'corrupt_data' });
  });

  test('is not opened at all where a later Helios wrote it', async () => {
    await using trial = await TrialLog.make();
    await killed(trial);
    await writeFile(`${trial.directory}/log/events/stream.json`, '{"v":2}');
    await expect(trial.open()).rejects.toMatchObject({ code: 'data_dir_unusable' });
  });

  test('goes on without the stream that is damaged, and says so to whoever asks for it', async () => {
    await using trial = await TrialLog.make();
    const whole = await trial.open();
    for (const name of ['other', 'third']) {
      await whole.createStream({ name });
      await whole.append(name, { lines: [line('kept')], idempotencyKey: 'key' });
    }
    await whole.close();
    const index = `${trial.directory}/log/other/0/${base}.index`;
    const bytes = await readFile(index);
    const spoilt = Buffer.concat([Buffer.alloc(entryBytes), bytes]);
    await writeFile(index, spoilt);
    const problems: HeliosError[] = [];
    const log = await trial.open({ onProblem: (problem) => problems.push(problem) });
    const damage = {
      code: 'corrupt_data',
      message: expect.stringMatching(/^The stream "other" is damaged\. .*index/),
      hint: expect.stringContaining('Restore the file from a copy'),
    };
    expect(problems).toMatchObject([damage]);
    expect(log.damagedStreams()).toMatchObject([{ name: 'other', error: damage }]);
    expect(log.listStreams().map(({ name }) => name)).toEqual(['events', 'third']);
    expect(await readLines(log, 'third')).toEqual(['kept']);
    const lines = [line('new')];
    await expect(log.append('other', { lines })).rejects.toMatchObject(damage);
    await expect(log.ensureStream('other')).rejects.toMatchObject(damage);
    await expect(log.deleteStream('other', { isForced: true })).rejects.toMatchObject(damage);
    await expect(log.createStream({ name: 'Other' })).rejects.toMatchObject({
      code: 'already_exists',
    });
    await log.close();
    expect(await readFile(index)).toEqual(spoilt);
    await writeFile(index, bytes);
    expect(await readLines(await trial.open(), 'other')).toEqual(['kept']);
  });

  test('cuts any garbage after the newest group', async () => {
    await using trial = await TrialLog.make();
    await killed(trial);
    const garbage = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(garbage, garbage, async (data, index) => {
        const lines = await readChanged(trial, async (copy) => {
          await appendFile(`${copy}/${folder}/${base}.ndjson`, data);
          await appendFile(`${copy}/${folder}/${base}.index`, index);
        });
        expect(lines).toEqual(linesOf(4));
      }),
    );
  });
});
