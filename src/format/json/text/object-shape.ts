import { quoteText } from '../../../engine/types.ts';
import type { SourceColumn } from '../../../sql/script.ts';
import type { RecordShape } from './record-shape.ts';

/** An object whose members are the columns; in `payload`, where a schema stands beside it. */
export class ObjectShape implements RecordShape {
  readonly keepsText = false;
  readonly faults: string;
  readonly #structure: string;
  readonly #hasPayload: boolean;

  constructor(columns: readonly SourceColumn[], hasPayload: boolean) {
    this.#structure = structureOf(columns);
    this.#hasPayload = hasPayload;
    this.faults = `WHEN NOT starts_with(line, '{') THEN 'not_an_object'
      ${hasPayload ? payloadFault : ''}`;
  }

  open(lines: string): string {
    const text = this.#hasPayload ? '__payload' : 'line';
    const opened = this.#hasPayload ? withPayload(lines) : lines;
    return `SELECT *, json_transform(${text}, ${this.#structure}) AS __record FROM (${opened})`;
  }

  value({ name }: SourceColumn): string {
    return `struct_extract(__record, ${quoteText(name)})`;
  }
}

/** The structure that gives the members of an object as they are, for `json_transform`. */
export function structureOf(columns: readonly { readonly name: string }[]): string {
  return quoteText(JSON.stringify(Object.fromEntries(columns.map(({ name }) => [name, 'JSON']))));
}

/** Adds `__payload`: the text of `payload` in records of Kafka Connect. */
export function withPayload(lines: string): string {
  return `SELECT *, json_transform(line, '{"payload":"JSON"}').payload::VARCHAR AS __payload
    FROM (${lines})`;
}

const payloadFault: string = `WHEN NOT coalesce(starts_with(__payload, '{'), false)
  THEN 'malformed_frame'`;
