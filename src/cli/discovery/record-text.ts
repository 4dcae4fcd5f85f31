import type { BytesAnswer, PeekedRecordAnswer } from '../../server/discovery/discovery-answers.ts';
import { groupDigits } from '../render/numbers.ts';
import { printable } from '../render/width.ts';
import { indentJson } from './indent-json.ts';

export type RecordLook = {
  /** JSON over several lines. */
  readonly isIndented: boolean;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
};

/** Bytes and characters of a value that a person reads. */
const hexBytesMax = 256;
const textLengthMax = 20_000;

/** A record for a person: where and when, key and headers, and its value below. */
export function recordText(record: PeekedRecordAnswer, look: RecordLook): string {
  const { partition, position, time, key, headers, value } = record;
  const names = Object.entries(headers).map(([name, text]) => `${name}=${headerText(text)}`);
  const parts = [
    look.dim(time ?? 'no time'),
    look.dim(printable(`${partition}:${position}`)),
    key === null ? '' : look.bold(printable(shortText(key))),
    names.length === 0 ? '' : look.dim(printable(names.join(' '))),
  ];
  const head = parts.filter((part) => part !== '').join('  ');
  return `${head}\n${valueText(value, look.isIndented)}`;
}

function valueText(value: BytesAnswer, isIndented: boolean): string {
  if (value === null) return '(no value: a tombstone)';
  if ('base64' in value) return hexText(Buffer.from(value.base64, 'base64'));
  const { text } = value;
  if (text === '') return '(empty)';
  const shown = (isIndented ? indentJson(text) : undefined) ?? text;
  const lines = cut(shown).split('\n').map(printable);
  return lines.join('\n');
}

/** As `xxd` shows it, without the offsets. */
function hexText(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, hexBytesMax); at += 16) {
    const part = bytes.subarray(at, Math.min(at + 16, hexBytesMax));
    const hex = part.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ');
    const text = part.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.');
    lines.push(`${hex.padEnd(hexWidth)}  ${text}`);
  }
  if (bytes.length > hexBytesMax) lines.push(`… ${groupDigits(bytes.length)} bytes in all`);
  return lines.join('\n');
}

const hexWidth = 47;

function cut(text: string): string {
  if (text.length <= textLengthMax) return text;
  return `${text.slice(0, textLengthMax)}\n… ${groupDigits(text.length)} characters in all`;
}

function shortText(value: NonNullable<BytesAnswer>): string {
  return 'text' in value ? value.text : Buffer.from(value.base64, 'base64').toString('hex');
}

function headerText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
