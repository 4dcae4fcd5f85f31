import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HeliosError, systemCode } from '../../base/errors.ts';

const compress = promisify(gzip);

/** Of the content, for each member. */
const memberBytes = 4 * 1024 * 1024;
/** Members that are being compressed, each on a thread of its own. */
const membersAtOnce = 4;
/** What is smaller by 9 is half a percent, at three times the CPU. */
const level = 6;
/** gzip's byte for the system that made it: unknown, so that each makes the same file. */
const systemAt = 9;
const systemUnknown = 255;

export type WrittenFile = { readonly sha256: string; readonly bytes: number };

/**
 * Writes a gzip file of many members, which every gunzip reads as one, so that several are
 * compressed at a time. The same content makes the same file, with one release of Node. The file
 * takes its name when it is whole. Errors: `disk_full`, `storage_failed`, and those of the content.
 */
export async function writeGzipFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w').catch((thrown: unknown) => {
    throw writeFailure(path, thrown);
  });
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const member of compressed(membersOf(content))) {
      hash.update(member);
      bytes += member.length;
      await file.writeFile(member).catch((thrown: unknown) => {
        throw writeFailure(path, thrown);
      });
    }
    await file.close();
    await rename(unfinished, path);
  } catch (thrown) {
    await file.close();
    await rm(unfinished, { force: true });
    throw thrown;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** In the order of the content. */
async function* compressed(members: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const running: Promise<Uint8Array>[] = [];
  for await (const member of members) {
    running.push(compressMember(member));
    if (running.length < membersAtOnce) continue;
    const first = await running.shift();
    if (first !== undefined) yield first;
  }
  for (const member of running) yield await member;
}

async function compressMember(content: Uint8Array): Promise<Uint8Array> {
  const member = await compress(content, { level });
  member[systemAt] = systemUnknown;
  return member;
}

/** The content in pieces of one size, whatever pieces it comes in. */
async function* membersOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let member = Buffer.alloc(memberBytes);
  let used = 0;
  for await (const chunk of content) {
    for (let taken = 0; taken < chunk.length;) {
      const piece = chunk.subarray(taken, taken + memberBytes - used);
      member.set(piece, used);
      used += piece.length;
      taken += piece.length;
      if (used < memberBytes) continue;
      yield member;
      member = Buffer.alloc(memberBytes);
      used = 0;
    }
  }
  if (used > 0) yield member.subarray(0, used);
}

function writeFailure(path: string, thrown: unknown): HeliosError {
  const code = systemCode(thrown) === 'ENOSPC' ? 'disk_full' : 'storage_failed';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HeliosError(code, `${path} could not be written: ${message}.`, {
    hint: 'Is there room for 100 MB, and may this user write there?',
    cause: thrown,
  });
}
