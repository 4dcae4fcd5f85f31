/**
 * Loaded into Helios before its own code (`node --import`): writes down what has been forced to
 * disk, so that a power cut can be played afterwards by taking away everything else. SQLite and
 * DuckDB sync in native code, unseen from here.
 */
import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { processMark, type SyncEvent } from './power-cut.ts';

/** Syncs of one folder overlap, and end in any order: what counts is what each began with. */
let order = 0;

/**
 * `N:PATTERN`: the process dies when it is about to force a folder whose path fits the pattern to
 * disk for the n-th time. What it had linked there can be seen, and goes with the power.
 */
const [, fatalHit = '0', fatalFolder = '^$'] =
  /^(\d+):(.+)$/.exec(process.env['HELIOS_CRASH_BEFORE_SYNC'] ?? '') ?? [];
let hitsLeft = Number(fatalHit);

const ledgerPath = process.env['HELIOS_SYNC_LEDGER'];
if (ledgerPath !== undefined) {
  const ledger = fs.openSync(ledgerPath, 'a');
  fs.writeSync(ledger, `\n${processMark}\n`);
  const record = (event: SyncEvent): void => {
    fs.writeSync(ledger, `${JSON.stringify(event)}\n`);
  };
  await patchHandles(record);
  patchFunctions(record);
  syncBuiltinESMExports();
}

async function patchHandles(record: (event: SyncEvent) => void): Promise<void> {
  const handle = await open('/dev/null', 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  // Each is called with its handle below.
  // oxlint-disable-next-line typescript/unbound-method
  const { sync, datasync, truncate } = prototype;
  prototype.sync = async function recordedSync(this: FileHandle) {
    endBeforeSync(this.fd);
    const event = stateOf(this.fd);
    await sync.call(this);
    record(event);
  };
  prototype.datasync = async function recordedDatasync(this: FileHandle) {
    const event = stateOf(this.fd);
    await datasync.call(this);
    record(event);
  };
  prototype.truncate = async function recordedTruncate(this: FileHandle, byteLength?: number) {
    await truncate.call(this, byteLength);
    const inode = fs.fstatSync(this.fd).ino;
    record({ kind: 'cut', order: order++, inode, byteLength: byteLength ?? 0 });
  };
}

function endBeforeSync(fd: number): void {
  if (hitsLeft === 0) return;
  if (!new RegExp(fatalFolder).test(fs.readlinkSync(`/proc/self/fd/${fd}`))) return;
  hitsLeft--;
  if (hitsLeft === 0) process.kill(process.pid, 'SIGKILL');
}

function patchFunctions(record: (event: SyncEvent) => void): void {
  const { fsyncSync, fdatasyncSync } = fs;
  fs.fsyncSync = (fd) => {
    fsyncSync(fd);
    record(stateOf(fd));
  };
  fs.fdatasyncSync = (fd) => {
    fdatasyncSync(fd);
    record(stateOf(fd));
  };
}

/** What a sync that begins now makes durable. */
function stateOf(fd: number): SyncEvent {
  const { ino, size } = fs.fstatSync(fd);
  const common = { order: order++, inode: ino };
  if (!fs.fstatSync(fd).isDirectory()) return { kind: 'file', ...common, byteLength: size };
  return { kind: 'folder', ...common, names: fs.readdirSync(`/proc/self/fd/${fd}`) };
}
