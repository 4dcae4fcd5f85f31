import type { ConnectionStepLine } from '../../server/api.ts';
import type { Look } from '../output.ts';
import { withFlags } from './flag-words.ts';

export type TestStep = Exclude<ConnectionStepLine, { readonly error: unknown }>;

const marks = { ok: ['green', '✓'], failed: ['red', '✗'], skipped: ['dim', '–'] } as const;
/** Of the longest step's name. */
const nameWidth = 'authentication'.length;

/** A step of a connection's test for a person: what was found, or what to do. */
export function stepLines(
  step: TestStep,
  paint: (look: Look, text: string) => string,
): readonly string[] {
  const [look, mark] = marks[step.outcome];
  const line = `${paint(look, `${mark} ${step.step.padEnd(nameWidth)}`)} ${step.message}`;
  if (step.hint === undefined) return [line];
  return [line, `${' '.repeat(nameWidth + 2)} ${withFlags(step.hint)}`];
}
