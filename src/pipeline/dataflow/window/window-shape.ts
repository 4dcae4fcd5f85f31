import { asHeliosError } from '../../../base/errors.ts';
import { isExpression, textOf, type Tree, treesOf } from '../../../sql/tree/tree.ts';
import type { WindowShape } from '../dataflow.ts';
import { refuse } from '../refusal.ts';
import type { TreeEngine } from '../tree-engine.ts';

/** A struct of NULLs: a field of a NULL has no type. */
const window = `{'start': CAST(NULL AS TIMESTAMPTZ), 'end': CAST(NULL AS TIMESTAMPTZ)}`;

/** By these DuckDB binds a script's own SELECTs, over no rows. */
export const windowMacros: string = [
  `CREATE OR REPLACE TEMP MACRO tumble(width) AS ${window}`,
  `CREATE OR REPLACE TEMP MACRO hop(slide, width) AS ${window}`,
  `CREATE OR REPLACE TEMP MACRO session(gap) AS ${window}`,
].join('; ');

/** Windows that a row of a hop may fall into. */
const windowsPerRowMax = 10_000n;

/** What `tumble(width)`, `hop(slide, width)` and `session(gap)` say. */
export async function windowShape(call: Tree, engine: TreeEngine): Promise<WindowShape> {
  const name = textOf(call['function_name']).toLowerCase();
  const values = treesOf(call['children']);
  const [first, second] = values;
  if (name === 'hop') {
    if (values.length !== 2) {
      refuse('hop takes a slide and a width.', "Write hop(interval '1 minute', …).", call);
    }
    return await hopShape(first, second, engine);
  }
  if (values.length !== 1) {
    refuse(`${name} takes one interval.`, `Write ${name}(interval '1 minute').`, call);
  }
  const us = await microseconds(first, engine);
  return name === 'session' ? { kind: 'session', gapUs: us } : { kind: 'tumble', widthUs: us };
}

async function hopShape(
  slide: Tree | undefined,
  width: Tree | undefined,
  engine: TreeEngine,
): Promise<WindowShape> {
  const slideUs = await microseconds(slide, engine);
  const widthUs = await microseconds(width, engine);
  if (widthUs < slideUs) {
    const message =
      `Rows between the windows would be lost: a hop's width, ${durationText(widthUs)}, ` +
      `is less than its slide, ${durationText(slideUs)}.`;
    refuse(message, 'The slide comes first: hop(slide, width).', width);
  }
  if (widthUs / slideUs > windowsPerRowMax) {
    const message =
      `Each row would fall into ${widthUs / slideUs} windows: ` +
      `a hop may have ${windowsPerRowMax} at most.`;
    refuse(message, 'Take a longer slide.', slide);
  }
  return { kind: 'hop', widthUs, slideUs };
}

async function microseconds(value: Tree | undefined, engine: TreeEngine): Promise<bigint> {
  const interval = await evaluated(value, engine);
  if (interval === undefined) {
    refuse('The length of a window is NULL.', undefined, value);
  }
  if (interval.months !== 0) {
    const hint = 'Write it in days, hours, minutes or seconds.';
    refuse('A month has no fixed length: windows of months cannot run.', hint, value);
  }
  const us = BigInt(interval.days) * dayUs + interval.us;
  if (us <= 0n) {
    const message = `The length of a window must be above zero, not ${durationText(us)}.`;
    refuse(message, undefined, value);
  }
  return us;
}

async function evaluated(
  value: Tree | undefined,
  engine: TreeEngine,
): ReturnType<TreeEngine['interval']> {
  if (!isExpression(value)) return undefined;
  try {
    return await engine.interval(await engine.printExpression(value));
  } catch (thrown) {
    const hint = "Write interval '1 minute': it can't depend on a row.";
    return refuse(`The length of a window: ${asHeliosError(thrown).message}`, hint, value);
  }
}

const dayUs = 86_400_000_000n;

const units: readonly (readonly [bigint, string])[] = [
  [dayUs, 'day'],
  [3_600_000_000n, 'hour'],
  [60_000_000n, 'minute'],
  [1_000_000n, 'second'],
  [1000n, 'millisecond'],
  [1n, 'microsecond'],
];

/** In the largest unit that it is a whole number of: `90 seconds`. */
function durationText(us: bigint): string {
  const [length, name] = units.find(([unit]) => us % unit === 0n && us !== 0n) ?? [1n, 'second'];
  const count = us / length;
  return `${count} ${name}${count === 1n ? '' : 's'}`;
}

export function shapeText(shape: WindowShape): string {
  switch (shape.kind) {
    case 'tumble':
      return `tumble(${durationText(shape.widthUs)})`;
    case 'hop':
      return `hop(${durationText(shape.slideUs)}, ${durationText(shape.widthUs)})`;
    default:
      return `session(${durationText(shape.gapUs)})`;
  }
}
