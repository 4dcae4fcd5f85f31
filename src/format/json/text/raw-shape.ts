import type { RecordShape } from './record-shape.ts';

/** A value that is no JSON itself, given as a JSON string: text, or bytes in base64. */
export class RawShape implements RecordShape {
  readonly keepsText = true;
  readonly faults = '';

  open(lines: string): string {
    return lines;
  }

  value(): string {
    return 'line::JSON';
  }
}
