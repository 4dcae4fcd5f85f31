/**
 * A producer in a process of its own:
 *
 *     node bench/load.ts --url URL --file EVENTS.ndjson --seconds 10 [--connections 8]
 *       [--events 100 | --bytes 1000000] [--rate EVENTS-A-SECOND]
 *
 * After a second of warming up it counts; prints one JSON object, `LoadSummary`.
 */
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HttpClient } from './http-client.ts';
import { quantile } from './measurement.ts';

export type LoadSummary = {
  /** Acknowledged while it counted. */
  readonly events: number;
  readonly bytes: number;
  readonly requests: number;
  readonly seconds: number;
  /** Acknowledged at any time. */
  readonly eventsAll: number;
  /** Requests answered with another status than 200; the first such answer. */
  readonly refused: number;
  readonly refusal: string;
  /** Connections that broke, as they do when the server is killed. */
  readonly broken: number;
  readonly answerMsP50: number;
  readonly answerMsP99: number;
};

type Body = { readonly request: Buffer; readonly bytes: number; readonly events: number };

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    file: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '8' },
    events: { type: 'string', default: '100' },
    bytes: { type: 'string' },
    rate: { type: 'string' },
  },
});
const warmUpMs = 1_000;
/** Who is refused comes back, but not at once. */
const refusedPauseMs = 20;
/** Bodies are made beforehand from so much of the file, and sent in turn. */
const fileBytesMax = 32 * 1024 * 1024;

const url = new URL(values.url);
const bodies = makeBodies(await readStart(values.file));
const startedAtMs = performance.now();
const countFromMs = startedAtMs + warmUpMs;
const endAtMs = countFromMs + Number(values.seconds) * 1000;
const answersMs: number[] = [];
const total = {
  events: 0,
  bytes: 0,
  requests: 0,
  eventsAll: 0,
  refused: 0,
  refusal: '',
  broken: 0,
};
let bodiesTaken = 0;

await Promise.all(Array.from({ length: Number(values.connections) }, sendUntilTheEnd));
const summary: LoadSummary = {
  ...total,
  seconds: Number(values.seconds),
  answerMsP50: quantile(answersMs, 0.5),
  answerMsP99: quantile(answersMs, 0.99),
};
process.stdout.write(`${JSON.stringify(summary)}\n`);

async function sendUntilTheEnd(): Promise<void> {
  try {
    using client = await HttpClient.connect(url);
    while (performance.now() < endAtMs) {
      const body = bodies[bodiesTaken++ % bodies.length]!;
      if (values.rate !== undefined) await untilDue(body.events * bodiesTaken);
      await send(client, body);
    }
  } catch {
    total.broken++;
  }
}

async function send(client: HttpClient, body: Body): Promise<void> {
  const sentAtMs = performance.now();
  const { status, text } = await client.send(body.request);
  const nowMs = performance.now();
  if (status !== 200) {
    total.refused++;
    if (total.refusal === '') total.refusal = `${status} ${text.slice(0, 300)}`;
    await sleep(refusedPauseMs);
    return;
  }
  total.eventsAll += body.events;
  if (nowMs < countFromMs || nowMs > endAtMs) return;
  answersMs.push(nowMs - sentAtMs);
  total.events += body.events;
  total.bytes += body.bytes;
  total.requests++;
}

/** Requests are due at even distances; one that is late is sent at once. */
async function untilDue(eventsBefore: number): Promise<void> {
  const dueAtMs = startedAtMs + (eventsBefore * 1000) / Number(values.rate);
  const waitMs = dueAtMs - performance.now();
  if (waitMs > 1) await sleep(waitMs);
}

async function readStart(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: fileBytesMax })) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function makeBodies(events: Buffer): readonly Body[] {
  const made: Body[] = [];
  let from = 0;
  for (let count = 0, at = 0; ;) {
    at = events.indexOf(0x0a, at) + 1;
    if (at === 0) break;
    count++;
    const isFull =
      values.bytes === undefined
        ? count === Number(values.events)
        : at - from >= Number(values.bytes);
    if (!isFull) continue;
    const request = HttpClient.request(url, events.subarray(from, at));
    made.push({ request, bytes: at - from, events: count });
    from = at;
    count = 0;
  }
  if (made.length === 0) throw new Error('the file holds less than one body');
  return made;
}
