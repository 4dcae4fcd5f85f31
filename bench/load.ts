/**
 * A producer in a process of its own:
 *
 *     node bench/load.ts --url URL --file EVENTS.ndjson --seconds 10 [--connections 8]
 *       [--events 100 | --bytes 1000000] [--rate EVENTS-A-SECOND]
 *
 * Prints one JSON object: what was acknowledged, and how long the answers took.
 */
import { createReadStream } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile } from './measurement.ts';

export type LoadSummary = {
  readonly events: number;
  readonly bytes: number;
  readonly refused: number;
  readonly seconds: number;
  readonly answerMsP50: number;
  readonly answerMsP99: number;
};

type Body = { readonly bytes: Buffer; readonly events: number };

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    file: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '8' },
    events: { type: 'string', default: '100' },
    bytes: { type: 'string' },
    rate: { type: 'string' },
  },
});
const warmUpMs = 1_000;
const retryPauseMs = 50;
const connections = Number(values.connections);
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const bodies = makeBodies(await readStart(values.file ?? ''));
const endAtMs = performance.now() + warmUpMs + Number(values.seconds) * 1000;
const countFromMs = performance.now() + warmUpMs;
const answersMs: number[] = [];
const total = { events: 0, bytes: 0, refused: 0 };
const startedAtMs = performance.now();
let taken = 0;

await Promise.all(Array.from({ length: connections }, sendUntilTheEnd));
const summary: LoadSummary = {
  ...total,
  seconds: Number(values.seconds),
  answerMsP50: quantile(answersMs, 0.5),
  answerMsP99: quantile(answersMs, 0.99),
};
process.stdout.write(`${JSON.stringify(summary)}\n`);
agent.destroy();

async function sendUntilTheEnd(): Promise<void> {
  while (performance.now() < endAtMs) {
    const body = bodies[taken++ % bodies.length]!;
    if (values.rate !== undefined) await untilDue(body.events);
    const sentAtMs = performance.now();
    const isOk = await post(body.bytes);
    if (sentAtMs < countFromMs || performance.now() > endAtMs) continue;
    answersMs.push(performance.now() - sentAtMs);
    if (isOk) {
      total.events += body.events;
      total.bytes += body.bytes.byteLength;
    } else total.refused++;
  }
}

/** Requests are due at even distances; one that is late is sent at once. */
async function untilDue(eventsPerBody: number): Promise<void> {
  const dueAtMs = startedAtMs + (taken * eventsPerBody * 1000) / Number(values.rate);
  const waitMs = dueAtMs - performance.now();
  if (waitMs > 1) await sleep(waitMs);
}

async function post(body: Buffer): Promise<boolean> {
  return await new Promise((resolve) => {
    const sent = request(
      values.url ?? '',
      { method: 'POST', agent, headers: { 'content-length': body.byteLength } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode === 200));
      },
    );
    // The recovery benchmark kills the server on purpose.
    sent.on('error', () => setTimeout(resolve, retryPauseMs, false));
    sent.end(body);
  });
}

/** The first 32 MB: bodies are made beforehand and sent in turn. */
async function readStart(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: 32 * 1024 * 1024 })) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function makeBodies(events: Buffer): readonly Body[] {
  const made: Body[] = [];
  let from = 0;
  for (let count = 0, at = 0; ;) {
    at = events.indexOf(0x0a, at) + 1;
    if (at === 0) return made;
    count++;
    const isFull =
      values.bytes === undefined
        ? count === Number(values.events)
        : at - from >= Number(values.bytes);
    if (!isFull) continue;
    made.push({ bytes: events.subarray(from, at), events: count });
    from = at;
    count = 0;
  }
}
