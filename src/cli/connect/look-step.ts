import type { PeekAnswerDocument } from '../../server/discovery/discovery-answers.ts';
import { recordText } from '../discovery/record-text.ts';
import { back, type Journey, type Step, type StepEnd } from './journey.ts';

const recordsShown = 3;
/** One request's share of a wait that only Ctrl+C ends. */
const waitStepMs = 20_000;
/** After the first record, for others to be told by. */
const collectMs = 2000;

/** Real records, before anything is decided about them; where there are none, the first of them. */
export const lookAtRecords: Step = async (journey, direction) => {
  if (direction === 'back') return 'skip';
  const answer = await journey.scope.withProgress(async () => await peek(journey, 0));
  if (answer.records.length === 0) return await whenEmpty(journey);
  show(journey, answer);
  return 'next';
};

async function whenEmpty(journey: Journey): Promise<StepEnd> {
  const { asker, flags, scope } = journey;
  const stream = journey.require('stream');
  if (flags.wait === false) {
    scope.output.talk(`${stream} has no records.`);
    return 'next';
  }
  if (asker.isInteractive) {
    const question = { flag: 'when-empty', message: `${stream} has no records. What now?` };
    const then = await asker.choose(question, [
      { value: 'wait', label: 'Wait for the first one', hint: 'write something; Ctrl+C ends it' },
      { value: 'go on', label: 'Go on without', hint: 'records are kept whole, as JSON' },
      { value: back, label: 'Choose another one' },
    ]);
    if (then === back) return 'back';
    if (then === 'go on') return 'next';
  }
  scope.output.talk(
    `${stream} has no records yet. Waiting for the first one: Ctrl+C ends it, and --no-wait goes ` +
      'on without.',
  );
  show(journey, await scope.withProgress(async () => await firstRecords(journey)));
  return 'next';
}

async function firstRecords(journey: Journey): Promise<PeekAnswerDocument> {
  const { context, signal } = journey.scope;
  let answer: PeekAnswerDocument;
  do answer = await peek(journey, waitStepMs);
  while (answer.records.length === 0);
  await context.clock.sleep(collectMs, signal);
  return await peek(journey, 0);
}

async function peek(journey: Journey, waitMs: number): Promise<PeekAnswerDocument> {
  const connection = journey.require('connection');
  const stream = journey.require('stream');
  return await journey.api.peek(connection, stream, { count: recordsShown, waitMs });
}

function show({ scope: { output } }: Journey, { records }: PeekAnswerDocument): void {
  const look = {
    isIndented: false,
    dim: (text: string) => output.paintTalk('dim', text),
    bold: (text: string) => output.paintTalk('bold', text),
  };
  for (const record of records) output.talk(recordText(record, look));
}
