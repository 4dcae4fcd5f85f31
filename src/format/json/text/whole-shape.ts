import { quoteText } from '../../../engine/types.ts';
import type { SourceColumn } from '../../../sql/script.ts';
import { markedPattern } from '../examine.ts';
import type { RecordShape } from './record-shape.ts';
import { withPayload } from './object-shape.ts';

/** Any JSON value, whole in one column: JSON, or TEXT with the value's text. */
export class WholeShape implements RecordShape {
  readonly keepsText: boolean;
  readonly faults: string;
  readonly #hasPayload: boolean;

  constructor(hasPayload: boolean) {
    this.#hasPayload = hasPayload;
    this.keepsText = !hasPayload;
    this.faults = hasPayload ? `WHEN __payload IS NULL THEN 'malformed_frame'` : '';
  }

  open(lines: string): string {
    return this.#hasPayload ? withPayload(lines) : lines;
  }

  value({ type }: SourceColumn, mark: string | undefined): string {
    const text = this.#hasPayload ? '__payload' : 'line';
    if (type.kind === 'json') return `${text}::JSON`;
    if (mark === undefined) return `to_json(${text})`;
    return `to_json(regexp_replace(${text}, ${quoteText(markedPattern(mark))}, '\\1', 'g'))`;
  }
}
