import { unreachable } from '../../../base/assert.ts';
import { HeliosError } from '../../../base/errors.ts';
import { quoteName, quoteText } from '../../../engine/types.ts';
import type { ColumnType } from '../../../event/schema.ts';
import {
  firstOf,
  inputOf,
  mustBeString,
  type Leaf,
  type LeafInput,
  type LeafOptions,
} from './leaf.ts';
import * as scalar from './scalar-leaf.ts';
import * as temporal from './temporal-leaf.ts';

/** The leaf of a scalar or nested type. */
export function leafOf(type: ColumnType, input: LeafInput, options: LeafOptions): Leaf {
  switch (type.kind) {
    case 'boolean':
      return scalar.booleanLeaf(input);
    case 'integer':
      return scalar.integerLeaf(type, input);
    case 'float':
      return scalar.floatLeaf(type, input);
    case 'decimal':
      return scalar.decimalLeaf(type, input, options);
    case 'text':
      return { value: input.text, fault: () => firstOf([mustBeString(input)]) };
    case 'json':
      return scalar.jsonLeaf(input, options);
    case 'bytes':
      return scalar.bytesLeaf(input);
    case 'date':
    case 'time':
    case 'interval':
      return temporal.textLeaf(type.kind, input);
    case 'timestamp':
      return temporal.timestampLeaf(input, options.timestampFormat);
    case 'list':
      return listLeaf(type.element, input, options);
    case 'struct':
      return structLeaf(type, input, options);
    case 'map':
      return mapLeaf(type, input, options);
    default:
      return unreachable(type);
  }
}

function listLeaf(element: ColumnType, { json }: LeafInput, options: LeafOptions): Leaf {
  const elements = `json_extract(${json}, '$[*]')`;
  const item = depthName(json);
  const leaf = leafOf(element, inputOf(`${item}::VARCHAR`, options.mark), options);
  const isNull = `${item}::VARCHAR = 'null'`;
  const map = (expression: string): string =>
    `list_transform(${elements}, lambda ${item}:
      CASE WHEN ${isNull} THEN NULL ELSE ${expression} END)`;
  const fault = `list_filter(${map(leaf.fault(leaf.value))}, lambda f: f IS NOT NULL)[1]`;
  return {
    value: map(leaf.value),
    fault: () => `CASE WHEN NOT starts_with(${json}, '[') THEN 'type_mismatch' ELSE ${fault} END`,
  };
}

/** An object with any keys. Where a key stands twice, no map says what the object does. */
function mapLeaf(
  type: ColumnType & { kind: 'map' },
  { json }: LeafInput,
  options: LeafOptions,
): Leaf {
  if (type.key.kind !== 'text') {
    throw new HeliosError('invalid_config', 'The keys of a MAP that a source has are TEXT.', {
      hint: 'Declare it as MAP<TEXT, …>, and cast the keys in the SELECT.',
    });
  }
  const [keys, values] = [`json_keys(${json})`, `json_extract(${json}, '$.*')`];
  const item = depthName(json);
  const leaf = leafOf(type.value, inputOf(`${item}::VARCHAR`, options.mark), options);
  const each = (expression: string): string =>
    `list_transform(${values}, lambda ${item}:
      CASE WHEN ${item}::VARCHAR = 'null' THEN NULL ELSE ${expression} END)`;
  const isTwice = `len(list_distinct(${keys})) < len(${keys})`;
  const fault = `list_filter(${each(leaf.fault(leaf.value))}, lambda f: f IS NOT NULL)[1]`;
  return {
    value: `CASE WHEN ${json} IS NOT NULL AND NOT ${isTwice}
      THEN map(${keys}, ${each(leaf.value)}) END`,
    fault: () => `CASE WHEN NOT starts_with(${json}, '{') OR ${isTwice}
      THEN 'type_mismatch' ELSE ${fault} END`,
  };
}

function structLeaf(
  type: ColumnType & { kind: 'struct' },
  { json }: LeafInput,
  options: LeafOptions,
): Leaf {
  const fields = type.fields.map((field) => {
    const path = quoteText(pointerTo(field.name));
    const member = `nullif(json_extract(${json}, ${path})::VARCHAR, 'null')`;
    const leaf = leafOf(field.type, inputOf(member, options.mark), options);
    const unlessNull = (expression: string): string =>
      `CASE WHEN ${member} IS NULL THEN NULL ELSE ${expression} END`;
    return {
      value: `${quoteName(field.name)} := ${unlessNull(leaf.value)}`,
      fault: unlessNull(leaf.fault(leaf.value)),
    };
  });
  const fault = `coalesce(${fields.map((field) => field.fault).join(', ')})`;
  return {
    value: `CASE WHEN ${json} IS NOT NULL
      THEN struct_pack(${fields.map((field) => field.value).join(', ')}) END`,
    fault: () => `CASE WHEN NOT starts_with(${json}, '{') THEN 'type_mismatch' ELSE ${fault} END`,
  };
}

/** A lambda's parameter must differ from those of the lambdas around it. */
function depthName(json: string): string {
  return `item${(json.match(/lambda|item/g) ?? []).length}`;
}

/** JSON pointer (RFC 6901) to a member. */
function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
