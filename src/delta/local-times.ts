import type { ColumnType, Schema } from '../event/schema.ts';
import type { ProtocolAction } from './actions.ts';
import { allFields, parseStruct } from './schema-json.ts';

/** The table feature that `timestamp_ntz` is. */
const feature = 'timestampNtz';

/** What a new table claims that has times without a zone; as Spark writes it. */
export const localTimesProtocol: ProtocolAction = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: [feature],
  writerFeatures: ['appendOnly', 'invariants', feature],
};

/** The schema with all its instants as times without a zone. */
export function withLocalTimes(schema: Schema): Schema {
  return schema.map(({ name, type }) => ({ name, type: marked(type, () => true, '') }));
}

/**
 * The schema with those of its instants as times without a zone that are so in a table; columns
 * that the table lacks get what it `takesNew`.
 */
export function withTimesOf(
  schema: Schema,
  schemaString: string,
  { takesNew }: { readonly takesNew: boolean },
): Schema {
  const struct = parseStruct(schemaString);
  const there = new Set(struct.fields.map(({ name }) => name.toLowerCase()));
  const local = new Set<string>();
  for (const [path, { type }] of allFields(struct)) {
    if (isLocal(type)) local.add(path.toLowerCase());
  }
  return schema.map(({ name, type }) => {
    const isNew = !there.has(name.toLowerCase());
    const isMarked = (path: string): boolean => (isNew ? takesNew : local.has(path.toLowerCase()));
    return { name, type: marked(type, isMarked, name) };
  });
}

/** The schema as queries see it: each time is an instant. */
export function withInstants(schema: Schema): Schema {
  return schema.map(({ name, type }) => ({ name, type: marked(type, () => false, '') }));
}

export function holdsLocalTimes(schema: Schema): boolean {
  return JSON.stringify(schema) !== JSON.stringify(withInstants(schema));
}

/** Whether columns with times without a zone may be added to a table. */
export function takesLocalTimes({ writerFeatures = [] }: ProtocolAction): boolean {
  return writerFeatures.includes(feature);
}

/** Of a list or map, whose elements have no name, the type is one with its field's. */
function isLocal(type: unknown): boolean {
  if (type === 'timestamp_ntz') return true;
  if (typeof type !== 'object' || type === null) return false;
  return ['elementType', 'keyType', 'valueType'].some(
    (key) => key in type && isLocal(Reflect.get(type, key)),
  );
}

function marked(type: ColumnType, isMarked: (path: string) => boolean, path: string): ColumnType {
  switch (type.kind) {
    case 'timestamp':
      return isMarked(path) ? { kind: 'timestamp', isLocal: true } : { kind: 'timestamp' };
    case 'list':
      return { kind: 'list', element: marked(type.element, isMarked, path) };
    case 'map': {
      const key = marked(type.key, isMarked, path);
      return { kind: 'map', key, value: marked(type.value, isMarked, path) };
    }
    case 'struct':
      return {
        kind: 'struct',
        fields: type.fields.map(({ name, type: of }) => ({
          name,
          type: marked(of, isMarked, `${path}.${name}`),
        })),
      };
    default:
      return type;
  }
}
