import { HeliosError } from '../../base/errors.ts';
import { tableNameOf } from '../../discovery/table-name.ts';
import type { StreamSummaryAnswer } from '../../server/discovery/discovery-answers.ts';
import { streamHint } from '../discovery/streams-table.ts';
import { scriptFailures } from '../failures.ts';
import { freeName } from './free-name.ts';
import { editText } from './edit-text.ts';
import { back, gaveUp, type Journey, type Step } from './journey.ts';
import { lookAtRecords } from './look-step.ts';
import { showDraft } from './show-draft.ts';

const typed = ':typed';

const chooseStream: Step = async (journey) => {
  const { asker, api, flags, scope } = journey;
  const connection = journey.require('connection');
  if (flags.stream !== undefined && journey.stream === undefined) {
    journey.stream = flags.stream;
    return 'next';
  }
  const streams = await api.streams(connection);
  if (!asker.isInteractive) {
    journey.stream = onlyOne(connection, streams);
    scope.output.talk(`There is one stream: ${journey.stream}.`);
    return 'next';
  }
  const question = { flag: 'stream', message: 'Which topic or stream?', initial: journey.stream };
  const choices = streams.map((one) => ({
    value: one.name,
    label: one.name,
    hint: streamHint(one),
  }));
  const answer = await asker.choose(question, [
    ...choices,
    { value: typed, label: 'Another one', hint: 'by its name, or its ARN' },
    { value: back, label: 'Back' },
  ]);
  if (answer === back) return 'back';
  journey.stream =
    answer === typed ? await asker.text({ flag: 'stream', message: 'Its name' }) : answer;
  return 'next';
};

/** What need not be asked for. */
function onlyOne(connection: string, streams: readonly StreamSummaryAnswer[]): string {
  const names = streams.map(({ name }) => name);
  const [first, ...others] = names;
  if (first !== undefined && others.length === 0) return first;
  const shown = names.slice(0, namesMax).join(', ');
  throw new HeliosError('invalid_request', '--stream is missing.', {
    hint:
      first === undefined
        ? `Nothing can be seen through ${connection}. Make a topic or a stream, and name it.`
        : `It is one of: ${shown}${names.length > namesMax ? ' …' : '.'}`,
  });
}

const namesMax = 20;

/** The table's name and start, and a schema that fits what is there. */
const draftTable: Step = async (journey) => {
  const { api, asker, flags, scope } = journey;
  const stream = journey.require('stream');
  const taken = (await api.pipelines()).map(({ name }) => name.toLowerCase());
  const usual = tableNameOf(stream);
  journey.table = await asker.text({
    flag: 'table',
    message: 'Name of the table',
    initial: journey.table ?? (asker.isInteractive ? freeName(usual, taken) : usual),
    problem: (name) => notName(name) ?? notFree(name, taken),
  });
  // Who can't be asked has a usual answer, which may be taken too: a second table is no answer.
  const problem = notFree(journey.table, taken);
  if (problem !== undefined) throw nameTaken(journey.table, problem);
  journey.offset = await asker.text({
    flag: 'offset',
    message: 'Where to start reading? (earliest, latest, or a time)',
    initial: journey.offset ?? 'earliest',
  });
  const body = {
    table: journey.table,
    offset: journey.offset,
    count: flags.count,
    from: flags.from,
    metadata: flags.metadata,
  };
  const draft = await scope.withProgress(
    async () => await api.infer(journey.require('connection'), stream, body),
  );
  journey.draft = draft;
  journey.sql = draft.sql;
  showDraft(scope, draft);
  return 'next';
};

function notFree(name: string, taken: readonly string[]): string | undefined {
  return taken.includes(name.toLowerCase()) ? `A pipeline named ${name} exists.` : undefined;
}

function nameTaken(name: string, problem: string): HeliosError {
  return new HeliosError('already_exists', problem, {
    hint: `Look at it: helios pipeline show ${name}. Or choose another name: --table NAME.`,
  });
}

function notName(name: string): string | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return undefined;
  return 'Use letters a to z, digits and "_", not beginning with a digit.';
}

/** The script, to accept or to change. */
const acceptSql: Step = async (journey) => {
  const { api, asker, scope } = journey;
  for (;;) {
    const sql = journey.require('sql');
    scope.output.talk(`\n${sql}`);
    const validation = await api.validate(sql);
    if (!validation.valid) {
      const failure = scriptFailures(validation.errors, { name: 'the pipeline', text: sql });
      if (!asker.isInteractive) throw failure;
      for (const { message, position } of validation.errors) {
        scope.output.alarm(`Line ${position.line}: ${message}`);
      }
    }
    if (!asker.isInteractive) return 'next';
    const question = { flag: 'accept', message: 'Create this pipeline?' };
    const answer = await asker.choose(question, [
      ...(validation.valid ? [{ value: 'create', label: 'Yes, and start it' }] : []),
      { value: 'edit', label: 'Edit it first', hint: '$EDITOR' },
      { value: back, label: 'Back' },
      { value: 'quit', label: 'Quit' },
    ]);
    if (answer === 'create') return 'next';
    if (answer === back) return 'back';
    if (answer === 'quit') throw gaveUp();
    journey.sql = await editText(scope.context, sql);
  }
};

/** Long enough for a start and a first epoch; a stream that is silent has no rows then. */
const rowsTimeoutMs = 20_000;
/** Enough to see a start that fails at once, where there is nothing to wait for. */
const emptyTimeoutMs = 1000;

const createPipeline: Step = async (journey) => {
  const { api, scope } = journey;
  const { output } = scope;
  const sql = journey.require('sql');
  const validation = await api.validate(sql);
  const sink = validation.valid ? validation.sinks[0]?.name : undefined;
  const { name } = await api.createPipeline(journey.require('table'), sql);
  journey.pipeline = name;
  const table = sink ?? name;
  const isEmpty = journey.draft?.sample.record_count === 0;
  const timeoutMs = isEmpty ? emptyTimeoutMs : rowsTimeoutMs;
  output.talk(`Created the pipeline ${name}.${isEmpty ? '' : ' Waiting for its first rows …'}`);
  const found = await scope.withProgress(async () => await api.firstRows(name, table, timeoutMs));
  if (output.isJson) {
    const rows = found?.rows ?? [];
    await output.json({ connection: journey.connection, pipeline: name, table, sql, rows });
    return 'next';
  }
  if (found === undefined) await tellWaiting(journey, name);
  else await scope.table(found.columns, found.rows);
  output.talk(`Ask it: helios sql -c 'SELECT count(*) FROM ${table}'`);
  return 'next';
};

async function tellWaiting({ api, scope: { output } }: Journey, name: string): Promise<void> {
  const error = (await api.pipeline(name))?.error;
  if (error === undefined) {
    output.talk('No rows yet: they show up as soon as records arrive.');
    return;
  }
  output.alarm(`No rows yet. The pipeline waits, and tries again by itself: ${error.message}`);
  if (error.hint !== undefined) output.alarm(`hint: ${error.hint}`);
}

export const tableSteps: readonly Step[] = [
  chooseStream,
  lookAtRecords,
  draftTable,
  acceptSql,
  createPipeline,
];
