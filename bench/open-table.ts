/** Opens one Delta table, given by its folder, and prints what that took as a line of JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import { DeltaTable } from '../src/delta/table.ts';
import { Engine } from '../src/engine/engine.ts';
import { FileStorage } from '../src/storage/file/file-storage.ts';
import { timed } from './measurement.ts';

const [path = ''] = process.argv.slice(2);
const temporaryFolder = mkdtempSync(join(tmpdir(), 'open-table-'));
try {
  const engine = await Engine.open({
    threads: 2,
    memoryBytes: 1e9,
    tempDirectory: join(temporaryFolder, 'spill'),
  });
  const options = { engine, clock: systemClock, random: Math.random, temporaryFolder };
  const { result: table, tookMs } = await timed(
    async () => await DeltaTable.open(new FileStorage(path), options),
  );
  const snapshot = table?.snapshot();
  const opened = {
    openMs: tookMs,
    files: snapshot?.files.length,
    version: snapshot?.version,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(`${JSON.stringify(opened)}\n`);
  engine.close();
} finally {
  rmSync(temporaryFolder, { recursive: true, force: true });
}
