/**
 * What HTTP ingest is held against: a server that does nothing but append bodies to a file and
 * fsync in groups before it answers.
 *
 *     node bench/bare-server.ts FOLDER
 *
 * Prints its address. Like a log with retention it starts a new file now and then and removes the
 * one before it, so that a long run doesn't fill the disk.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

type Waiting = { readonly body: Buffer[]; readonly answer: ServerResponse };

const folder = process.argv[2] ?? '';
const fileBytesMax = 256 * 1024 * 1024;
const filePath = (): string => join(folder, `bare-${fileNumber}.log`);
let fileNumber = 0;
let fileBytes = 0;
let file: FileHandle = await open(filePath(), 'w');
let waiting: Waiting[] = [];
let isWriting = false;

const server = createServer((asked, answer) => {
  const body: Buffer[] = [];
  asked.on('data', (chunk: Buffer) => body.push(chunk));
  asked.on('end', () => {
    waiting.push({ body, answer });
    if (!isWriting) void write();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

async function write(): Promise<void> {
  isWriting = true;
  while (waiting.length > 0) {
    const group = waiting;
    waiting = [];
    const { bytesWritten } = await file.writev(group.flatMap(({ body }) => body));
    await file.datasync();
    for (const { answer } of group) answer.end('ok\n');
    fileBytes += bytesWritten;
    if (fileBytes > fileBytesMax) await startFile();
  }
  isWriting = false;
}

async function startFile(): Promise<void> {
  await file.close();
  await rm(filePath());
  fileNumber++;
  fileBytes = 0;
  file = await open(filePath(), 'w');
}
