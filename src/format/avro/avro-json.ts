import type { ColumnType } from '../../event/schema.ts';
import type { AvroCursor } from './avro-cursor.ts';
import type { AvroRecord, AvroType } from './avro-schema.ts';
import { type ReadJson, scalarText, type StringKind } from './avro-text.ts';

/** A column that a record's field fills. */
export type RowColumn = { readonly name: string; readonly type: ColumnType };

/**
 * Makes readers of a schema's values, for the columns that they go to.
 *
 * What a reader writes is JSON that the columns' own rules then judge: a value that is of another
 * type than its column must not look as if it were right. So a string that stands for bytes or an
 * instant is an object of one member where the column takes other strings: `{"bytes":"aGk="}`.
 */
export class AvroReaders {
  /** Readers of whole values, by type: a record may contain itself. */
  readonly #whole = new Map<AvroType, ReadJson>();

  /** A record as an object of the columns that it has; other values as they are. */
  row(type: AvroType, columns: readonly RowColumn[]): ReadJson {
    switch (type.kind) {
      case 'record':
        return this.#object(type, columns);
      case 'union':
        return unionReader(type.branches.map((branch) => this.row(branch, columns)));
      default:
        return this.whole(type);
    }
  }

  /** Any value as JSON. */
  whole(type: AvroType): ReadJson {
    const known = this.#whole.get(type);
    if (known !== undefined) return known;
    let made: ReadJson = () => 'null';
    this.#whole.set(type, (cursor) => made(cursor));
    made = this.#makeWhole(type);
    this.#whole.set(type, made);
    return made;
  }

  #makeWhole(type: AvroType): ReadJson {
    switch (type.kind) {
      case 'null':
        return () => 'null';
      case 'boolean':
        return (cursor) => String(cursor.boolean());
      case 'record': {
        const fields = type.fields.map((field) => ({
          key: JSON.stringify(field.name),
          read: this.whole(field.type),
        }));
        return objectReader(fields);
      }
      case 'array':
        return arrayReader(this.whole(type.items));
      case 'map':
        return mapReader(() => this.whole(type.values));
      case 'union':
        return unionReader(type.branches.map((branch) => this.whole(branch)));
      default:
        return scalarText(type, false).read;
    }
  }

  #typed(type: AvroType, column: ColumnType): ReadJson {
    if (column.kind === 'json') return this.whole(type);
    switch (type.kind) {
      case 'null':
      case 'boolean':
        return this.whole(type);
      case 'record':
        return this.#record(type, column);
      case 'array':
        return column.kind === 'list'
          ? arrayReader(this.#typed(type.items, column.element))
          : this.whole(type);
      case 'map': {
        if (column.kind === 'map') {
          const read = this.#typed(type.values, column.value);
          return mapReader(() => read);
        }
        if (column.kind !== 'struct') return this.whole(type);
        const readers = new Map(
          column.fields.map((field) => [field.name, this.#typed(type.values, field.type)]),
        );
        const other = this.whole(type.values);
        return mapReader((key) => readers.get(key) ?? other);
      }
      case 'union':
        return unionReader(type.branches.map((branch) => this.#typed(branch, column)));
      default: {
        const { read, stringKind } = scalarText(type, isNumber(column));
        return takesString(column, stringKind) ? read : wrapped(read, nameOf(type));
      }
    }
  }

  #record(type: AvroRecord, column: ColumnType): ReadJson {
    if (column.kind === 'struct') return this.#object(type, column.fields);
    if (column.kind !== 'map') return this.whole(type);
    const { value } = column;
    return this.#object(
      type,
      type.fields.map(({ name }) => ({ name, type: value })),
    );
  }

  #object(record: AvroRecord, columns: readonly RowColumn[]): ReadJson {
    const fields = record.fields.map((field) => {
      const column = columns.find(({ name }) => name === field.name);
      // Read and left out where no column wants it.
      if (column === undefined) return { key: undefined, read: this.whole(field.type) };
      return { key: JSON.stringify(field.name), read: this.#typed(field.type, column.type) };
    });
    return objectReader(fields);
  }
}

function isNumber({ kind }: ColumnType): boolean {
  return kind === 'integer' || kind === 'float' || kind === 'decimal';
}

/** Strings that a column of a kind may be given; those it refuses by itself do no harm. */
const takenStrings: Partial<Record<ColumnType['kind'], readonly StringKind[]>> = {
  text: ['text'],
  bytes: ['bytes'],
  date: ['text', 'date'],
  time: ['text', 'time'],
  timestamp: ['text', 'timestamp'],
  interval: ['text', 'interval'],
};

function takesString(column: ColumnType, kind: StringKind): boolean {
  return takenStrings[column.kind]?.includes(kind) ?? kind !== 'bytes';
}

/** Numbers and objects are told apart without: only strings are wrapped. */
function wrapped(read: ReadJson, name: string): ReadJson {
  return (cursor) => {
    const json = read(cursor);
    return json.startsWith('"') ? `{"${name}":${json}}` : json;
  };
}

function nameOf(type: AvroType): string {
  const logical = 'logical' in type ? type.logical?.kind : undefined;
  return logical ?? type.kind;
}

type Field = { readonly key: string | undefined; readonly read: ReadJson };

function objectReader(fields: readonly Field[]): ReadJson {
  return (cursor) => {
    cursor.enter();
    let json = '';
    for (const { key, read } of fields) {
      const value = read(cursor);
      if (cursor.fault !== undefined) return 'null';
      if (key !== undefined) json += json === '' ? `${key}:${value}` : `,${key}:${value}`;
    }
    cursor.leave();
    return `{${json}}`;
  };
}

function arrayReader(read: ReadJson): ReadJson {
  return (cursor) => {
    cursor.enter();
    let json = '';
    for (let items = cursor.blockItems(); items > 0; items = cursor.blockItems()) {
      for (let item = 0; item < items; item++) {
        const value = read(cursor);
        if (cursor.fault !== undefined) return 'null';
        json += json === '' ? value : `,${value}`;
      }
    }
    cursor.leave();
    return `[${json}]`;
  };
}

function mapReader(readerOf: (key: string) => ReadJson): ReadJson {
  return (cursor) => {
    cursor.enter();
    let json = '';
    for (let items = cursor.blockItems(); items > 0; items = cursor.blockItems()) {
      for (let item = 0; item < items; item++) {
        const key = cursor.text();
        const value = readerOf(key)(cursor);
        if (cursor.fault !== undefined) return 'null';
        json += `${json === '' ? '' : ','}${JSON.stringify(key)}:${value}`;
      }
    }
    cursor.leave();
    return `{${json}}`;
  };
}

function unionReader(branches: readonly ReadJson[]): ReadJson {
  return (cursor: AvroCursor) => {
    const index = cursor.int();
    const read = branches[index];
    if (read === undefined) {
      cursor.fail(`a union of ${branches.length} has branch ${index}`);
      return 'null';
    }
    return read(cursor);
  };
}
