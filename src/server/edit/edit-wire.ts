import {
  type EditConsequences,
  losesState,
  type OperatorChange,
  type OperatorState,
} from '../../pipeline/edit/consequences.ts';
import type { SinkChange } from '../../pipeline/edit/sink-changes.ts';
import type { SourceChange } from '../../pipeline/edit/source-changes.ts';
import type { ConsequencesAnswer, OperatorChangeAnswer } from './edit-api.ts';

export function consequencesAnswer(consequences: EditConsequences): ConsequencesAnswer {
  const { operators, sources, sinks } = consequences;
  return {
    loses_state: losesState(consequences),
    operators: operators.map(operatorAnswer),
    sources: sources.map((one) => ({
      name: one.name,
      effect: one.effect,
      message: sourceMessage(one),
    })),
    sinks: sinks.map((sink) => ({ ...sink, message: sinkMessage(sink) })),
  };
}

function operatorAnswer(operator: OperatorChange): OperatorChangeAnswer {
  const { effect, kind, label, sinks, state } = operator;
  const what = { effect, kind, label, sinks, message: operatorMessage(operator) };
  if (state === undefined) return what;
  const { rows, bytes, windows, keys } = state;
  return { ...what, state: { rows, bytes, windows, keys, since: sinceText(state) } };
}

function operatorMessage({ effect, kind, label, state }: OperatorChange): string {
  const isWindow = kind !== 'updating';
  if (effect === 'new') {
    const lacks = isWindow
      ? 'its first windows lack what came before'
      : 'rows that came before are in none of its results';
    return `${label}: new. It begins with the next record: ${lacks}.`;
  }
  const kept = state === undefined ? 'nothing' : stateText(state);
  if (effect === 'kept') return `${label}: kept, and goes on with ${kept}.`;
  if ((state?.rows ?? 0) === 0) return `${label}: gone. It keeps nothing now.`;
  const loss = isWindow
    ? 'What these windows would have given never comes.'
    : 'What it has given stays in its tables as it is, and is never changed or taken back.';
  return `${label}: lost, with ${kept}. ${loss}`;
}

function stateText(state: OperatorState): string {
  const { rows, windows, keys } = state;
  const counted = [
    ...(windows === undefined ? [] : [plural(windows, 'open window')]),
    ...(keys === undefined ? [] : [plural(keys, 'key')]),
    plural(rows, 'row'),
  ];
  const since = sinceText(state);
  return `${counted.join(', ')}${since === undefined ? '' : ` since ${since}`}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Undefined where that is out of the years of four digits. */
function sinceText({ sinceMs }: OperatorState): string | undefined {
  if (sinceMs === undefined || Math.abs(sinceMs) > lastMs) return undefined;
  const text = new Date(sinceMs).toISOString();
  return /^[0-9]/.test(text) ? text : undefined;
}

const lastMs = 253_370_764_800_000;

function sourceMessage({ name, effect, from }: SourceChange): string {
  switch (effect) {
    case 'kept':
      return `${name}: read on from where it is.`;
    case 'new':
      return `${name}: new, read from ${from ?? 'earliest'}.`;
    case 'replaced':
      return (
        `${name}: now another stream, read from ${from ?? 'earliest'}. ` +
        'What was not read of the old one never is.'
      );
    default:
      return `${name}: no longer read. Where it was read is forgotten.`;
  }
}

function sinkMessage({ table, effect, columns }: SinkChange): string {
  const changes = columns.map(({ name, before, after }) => {
    if (before === undefined) return `${name} is new`;
    return after === undefined ? `${name} is no more` : `${name} was ${before}, is ${after}`;
  });
  const listed = changes.length === 0 ? '' : ` (${changes.join(', ')})`;
  switch (effect) {
    case 'kept':
      return `${table}: goes on as it is.`;
    case 'changed':
      return `${table}: its columns change${listed}.`;
    case 'moved':
      return `${table}: written elsewhere from now on${listed}. What is there stays.`;
    case 'new':
      return `${table}: new.`;
    default:
      return `${table}: gets no more rows. What is there stays.`;
  }
}
