import { unreachable } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { ColumnType } from '../../event/schema.ts';
import { type FieldJson, parseFieldType, type StructJson } from '../schema-json.ts';

/**
 * How a table's columns are called in its files, its statistics and its partition values, where
 * that is not what people call them
 * (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping).
 */
export type PhysicalSchema = {
  /** How the columns of a file are found. */
  readonly by: 'name' | 'id';
  readonly columns: readonly PhysicalColumn[];
};

export type PhysicalColumn = {
  /** As people call it. */
  readonly name: string;
  readonly physicalName: string;
  readonly fieldId: number | undefined;
  /** Fields of nested structs by their physical names. */
  readonly type: ColumnType;
  /** By their place in the type: fields, element, key and value. */
  readonly nested: PhysicalType;
  /** Files may have narrower types than this. */
  readonly isWidened: boolean;
  /** They may have FLOAT, in whose digits their statistics are. */
  readonly wasFloat: boolean;
};

export type PhysicalType =
  | { readonly kind: 'struct'; readonly fields: readonly PhysicalColumn[] }
  | { readonly kind: 'list'; readonly element: PhysicalType }
  | { readonly kind: 'map'; readonly key: PhysicalType; readonly value: PhysicalType }
  | { readonly kind: 'plain' };

/**
 * Undefined where files are as people see them: no mapping, and no type that was another. Fails
 * with `unsupported_table` on a mode that there was none of, `corrupt_data` where a column has no
 * physical name.
 */
export function physicalSchema(
  struct: StructJson,
  configuration: Readonly<Record<string, string>>,
): PhysicalSchema | undefined {
  const mode = configuration['delta.columnMapping.mode'] ?? 'none';
  if (mode !== 'none' && mode !== 'name' && mode !== 'id') {
    throw new HeliosError(
      'unsupported_table',
      `Helios cannot read this Delta table: it uses the feature columnMapping (mode ${mode}).`,
      { hint: 'Use the mode name or id with the engine that owns it.' },
    );
  }
  const columns = struct.fields.map((field) => physicalColumn(field, mode));
  if (mode === 'none' && !columns.some((column) => column.isWidened)) return undefined;
  return { by: mode === 'id' ? 'id' : 'name', columns };
}

type Mode = 'none' | 'name' | 'id';

function physicalColumn(field: FieldJson, mode: Mode): PhysicalColumn {
  const nested = physicalType(field.type, mode);
  return {
    name: field.name,
    physicalName: mode === 'none' ? field.name : physicalName(field),
    fieldId: mode === 'none' ? undefined : fieldId(field, mode),
    type: withPhysicalNames(parseFieldType(field), nested),
    nested,
    isWidened: typesBefore(field).length > 0 || isAnyWidened(nested),
    wasFloat: typesBefore(field).includes('float'),
  };
}

function physicalType(type: unknown, mode: Mode): PhysicalType {
  if (typeof type !== 'object' || type === null) return { kind: 'plain' };
  if ('fields' in type && Array.isArray(type.fields)) {
    const fields: readonly FieldJson[] = type.fields;
    return { kind: 'struct', fields: fields.map((field) => physicalColumn(field, mode)) };
  }
  if ('elementType' in type) {
    return { kind: 'list', element: physicalType(type.elementType, mode) };
  }
  if ('keyType' in type && 'valueType' in type) {
    const [key, value] = [physicalType(type.keyType, mode), physicalType(type.valueType, mode)];
    return { kind: 'map', key, value };
  }
  return { kind: 'plain' };
}

function physicalName({ name, metadata }: FieldJson): string {
  const found = metadata?.['delta.columnMapping.physicalName'];
  if (typeof found === 'string') return found;
  throw new HeliosError(
    'corrupt_data',
    `The column ${name} has no delta.columnMapping.physicalName, though the table maps columns.`,
    { hint: 'Check which program wrote the schema, and restore the table to a version before it.' },
  );
}

function fieldId({ name, metadata }: FieldJson, mode: Mode): number | undefined {
  const found = metadata?.['delta.columnMapping.id'];
  if (Number.isSafeInteger(found)) return Number(found);
  if (mode !== 'id') return undefined;
  throw new HeliosError(
    'corrupt_data',
    `The column ${name} has no delta.columnMapping.id, though the table finds its columns by it.`,
    { hint: 'Check which program wrote the schema, and restore the table to a version before it.' },
  );
}

function typesBefore({ metadata }: FieldJson): readonly unknown[] {
  const changes: unknown = metadata?.['delta.typeChanges'];
  if (!Array.isArray(changes)) return [];
  return changes.map((change: unknown) => Reflect.get(Object(change), 'fromType'));
}

function isAnyWidened(type: PhysicalType): boolean {
  switch (type.kind) {
    case 'struct':
      return type.fields.some((field) => field.isWidened);
    case 'list':
      return isAnyWidened(type.element);
    case 'map':
      return isAnyWidened(type.key) || isAnyWidened(type.value);
    case 'plain':
      return false;
    default:
      return unreachable(type);
  }
}

function withPhysicalNames(type: ColumnType, nested: PhysicalType): ColumnType {
  if (type.kind === 'struct' && nested.kind === 'struct') {
    const fields = nested.fields.map((field) => ({ name: field.physicalName, type: field.type }));
    return { kind: 'struct', fields };
  }
  if (type.kind === 'list' && nested.kind === 'list') {
    return { kind: 'list', element: withPhysicalNames(type.element, nested.element) };
  }
  if (type.kind === 'map' && nested.kind === 'map') {
    const key = withPhysicalNames(type.key, nested.key);
    return { kind: 'map', key, value: withPhysicalNames(type.value, nested.value) };
  }
  return type;
}
