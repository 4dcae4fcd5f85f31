/**
 * What ingest onto a topic is held against: a server that does nothing but give the lines of
 * bodies to a producer of a Kafka client, in groups, and answers when all replicas have them.
 *
 *     node bench/bare-producer.ts BOOTSTRAP TOPIC
 *
 * Prints its address.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProduceAcks, Producer } from '@platformatic/kafka';

type Waiting = { readonly body: Buffer[]; readonly answer: ServerResponse };

/** One is being answered by the broker while the next is made. */
const groupsAtOnceMax = 2;

const [bootstrap = '', topic = ''] = process.argv.slice(2);
const producer = new Producer({
  clientId: 'bare-producer',
  bootstrapBrokers: [bootstrap],
  compression: 'zstd',
  idempotent: false,
});
let waiting: Waiting[] = [];
let groups = 0;

const server = createServer((asked, answer) => {
  const body: Buffer[] = [];
  asked.on('data', (chunk: Buffer) => body.push(chunk));
  asked.on('end', () => {
    waiting.push({ body, answer });
    if (groups < groupsAtOnceMax) setImmediate(() => void send());
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

async function send(): Promise<void> {
  groups++;
  while (waiting.length > 0) {
    const group = waiting;
    waiting = [];
    const messages = group.flatMap(({ body }) =>
      linesOf(Buffer.concat(body)).map((value) => ({ topic, value })),
    );
    await producer.send({ messages, acks: ProduceAcks.ALL });
    for (const { answer } of group) answer.end('ok\n');
  }
  groups--;
}

function linesOf(body: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < body.length;) {
    const end = body.indexOf(0x0a, from);
    const to = end < 0 ? body.length : end;
    if (to > from) lines.push(body.subarray(from, to));
    from = to + 1;
  }
  return lines;
}
