import type { SourceColumn } from '../../sql/script.ts';
import type { Part, Readings } from './column-parts.ts';
import { firstOf, inputOf, type Leaf, type LeafInput, type LeafOptions } from './leaf/leaf.ts';
import { plainTextLeaf } from './leaf/plain-text-leaf.ts';
import { leafOf } from './leaf/value-leaf.ts';

/** What makes a record unfit to become a row, as expressions. */
export type RecordCheck = {
  /** A code, or NULL. */
  readonly fault: string;
  /** Cheaper: true wherever there is a fault, and rarely elsewhere. */
  readonly suspect: string;
};

/** What a part has in each layer over its raw value; its check is over all of them. */
export type PartLayers = RecordCheck & {
  readonly texts: readonly string[];
  readonly values: readonly string[];
};

type PartOptions = LeafOptions & { readonly readings: Readings };

export function partLayers(
  part: Part,
  column: SourceColumn | undefined,
  options: PartOptions,
): PartLayers {
  const { id } = part;
  const [raw, value] = [`r${id}`, `v${id}`];
  const mayMiss = part.path.length > 0 || column === undefined || !isNeeded(column);
  if (isPlainText(part, options.readings)) {
    const leaf = plainTextLeaf(id);
    const check = checkOf(part, leaf, { mayMiss, place: id });
    return { texts: [leaf.first], values: [`${raw} AS ${value}`, leaf.sign], ...check };
  }
  const input = inputFor(part, options);
  const place = String(part.column);
  if (part.members.length > 0) {
    const isRead = options.readings.get(id) === 'plain';
    const check = checkOf(part, isRead ? membersLeaf : objectLeaf(input), { mayMiss, place });
    return { texts: [], values: [], ...check };
  }
  const isText = input.text === raw;
  const leaf = leafOf(part.type, isText ? input : { ...input, text: `t${id}` }, options);
  return {
    texts: isText ? [] : [`${input.text} AS t${id}`],
    values: [`${leaf.value} AS ${value}`],
    ...checkOf(part, leaf, { mayMiss, place }),
  };
}

/** Whether its values alone can't tell some texts from what is none. */
export function isPlainText({ id, type }: Part, readings: Readings): boolean {
  return type.kind === 'text' && readings.get(id) === 'plain';
}

export function isNeeded({ isNotNull, isPrimaryKey }: SourceColumn): boolean {
  return isNotNull || isPrimaryKey;
}

type Check = Pick<Leaf, 'fault' | 'suspect'>;

/** The reader has seen that it is an object. */
const membersLeaf: Check = { fault: () => firstOf([]), suspect: () => 'false' };

/** A struct of which only its text is known; its members have checks of their own. */
function objectLeaf({ json }: LeafInput): Check {
  // A third of the cost of starts_with.
  const isObject = `(${json} >= '{' AND ${json} < '|')`;
  return {
    fault: () => firstOf([{ when: `NOT ${isObject}`, code: 'type_mismatch' }]),
    suspect: () => `coalesce(NOT ${isObject}, false)`,
  };
}

/** Whether a part's value may be at fault, and how it is; `place` is what the fault says of it. */
function checkOf(
  { id }: Part,
  leaf: Check,
  { mayMiss, place }: { readonly mayMiss: boolean; readonly place: string },
): RecordCheck {
  const fault = leaf.fault(`v${id}`);
  const missing = mayMiss ? 'NULL' : `'missing_field'`;
  const suspect = leaf.suspect?.(`v${id}`) ?? `(r${id} IS NOT NULL AND ${fault} IS NOT NULL)`;
  return {
    suspect: mayMiss ? suspect : `(r${id} IS NULL OR ${suspect})`,
    fault: `CASE WHEN r${id} IS NULL THEN ${missing} ELSE ${fault} END || ':${place}'`,
  };
}

function inputFor({ id }: Part, { readings, mark }: PartOptions): LeafInput {
  const raw = `r${id}`;
  if (readings.get(id) === 'plain') return { json: raw, text: raw, isString: 'true' };
  return { ...inputOf(`${raw}::VARCHAR`, mark), typed: raw };
}
