/**
 * What HTTP ingest is held against: a server that does nothing but append bodies to a file and fsync in
 * groups before it answers. Prints its address.
 */
import { open } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Waiting = { readonly body: Buffer[]; readonly answer: ServerResponse };

const file = await open(process.argv[2] ?? '', 'w');
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
    await file.writev(group.flatMap(({ body }) => body));
    await file.datasync();
    for (const { answer } of group) answer.end('ok\n');
  }
  isWriting = false;
}
