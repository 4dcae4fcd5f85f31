import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { deliver, type DeliveryReport } from '../generate/deliver.ts';
import { shopEvents, type EventChunk, type ShopOptions } from '../generate/shop-events.ts';
import { parseInteger, parsePositive, parseShare } from '../quantity.ts';
import { byteText, durationText, groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, type Runner } from './command.ts';

type GenerateOptions = {
  readonly rate: number;
  readonly seconds?: number;
  readonly count?: number;
  readonly malformed: number;
  readonly seed?: number;
  readonly stream: string;
  readonly steady?: boolean;
  readonly stdout?: boolean;
};

export function addGenerateCommand(program: Command, run: Runner): void {
  const command = program
    .command('generate')
    .description("make a shop's events and post them, until Ctrl+C or as many as asked")
    .option('--rate <n>', 'events a second, on average over a day; or: max', parseRate, 100)
    .option('--seconds <n>', 'end after so long', parsePositive)
    .option('--count <n>', 'end after so many events', parseInteger(1, Number.MAX_SAFE_INTEGER))
    .option('--malformed <share>', 'share of broken lines, such as 1%', parseShare, 0)
    .option('--seed <n>', 'the same seed makes the same shop', parseInteger(0, 2 ** 32 - 1))
    .option('--steady', 'always the same rate: no quiet nights, no bursts')
    .option('--stream <name>', 'stream to post to', 'events')
    .option('--stdout', 'print the events instead of posting them');
  withExamples(command, [
    'generate --rate 500',
    'generate --count 10000 --malformed 1%',
    'generate --rate max --count 1000000 --seed 1 --stdout > events.ndjson',
  ]);
  onCall<GenerateOptions>(command, run, (scope, { options }) => generate(scope, options));
}

async function generate(scope: Scope, options: GenerateOptions): Promise<void> {
  const chunks = shopEvents(shopOptions(scope, options));
  if (options.stdout === true) return print(scope, chunks);
  const startMs = scope.context.clock.monotonicMs();
  const line = scope.progressLine();
  const { report, failure } = await deliver(chunks, {
    client: scope.client,
    stream: options.stream,
    clock: scope.context.clock,
    random: scope.context.random,
    newKey: randomUUID,
    signal: scope.signal,
    onProgress: ({ accepted }) => line.update({ count: accepted, unit: 'events' }),
  });
  line.stop();
  const elapsedMs = scope.context.clock.monotonicMs() - startMs;
  if (scope.output.isJson)
    await scope.output.json({ ...report, elapsed_ms: Math.round(elapsedMs) });
  else scope.output.talk(reportText(report, elapsedMs));
  if (failure !== undefined) throw failure;
}

function shopOptions(scope: Scope, options: GenerateOptions): ShopOptions {
  return {
    seed: options.seed ?? Math.floor(scope.context.random() * 2 ** 32),
    rate: options.rate,
    isSteady: options.steady === true,
    malformedShare: options.malformed,
    count: options.count,
    durationMs: options.seconds === undefined ? undefined : options.seconds * 1_000,
    clock: scope.context.clock,
    signal: scope.signal,
  };
}

async function print(scope: Scope, chunks: AsyncIterable<EventChunk>): Promise<void> {
  for await (const chunk of chunks) await scope.output.data(chunk.text);
  scope.signal.throwIfAborted();
}

function reportText(report: DeliveryReport, elapsedMs: number): string {
  const rate = groupDigits(Math.round(report.accepted / (Math.max(1, elapsedMs) / 1_000)));
  const parts = [
    `${groupDigits(report.accepted)} events accepted (${byteText(report.bytes)})`,
    `in ${durationText(elapsedMs)}: ${rate}/s`,
  ];
  if (report.malformed > 0) parts.push(`; ${groupDigits(report.malformed)} of all made malformed`);
  if (report.refused > 0) parts.push(`; ${groupDigits(report.refused)} refused`);
  if (report.unknown > 0) {
    parts.push(`; ${groupDigits(report.unknown)} broke off, and may be stored or not`);
  }
  if (report.retries > 0) parts.push(`; waited ${groupDigits(report.retries)} times for Helios`);
  return `${parts.join(' ').replaceAll(' ;', ';')}.`;
}

function parseRate(text: string): number {
  if (text === 'max') return Infinity;
  const rate = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rate > 0) return rate;
  throw new InvalidArgumentError('Give a number of events a second above 0, or max.');
}
