import { unreachable } from '../../base/assert.ts';
import type { AvroTime, AvroType } from './avro-schema.ts';
import type { AvroCursor } from './avro-cursor.ts';

/** Reads a value, and gives it as JSON text. */
export type ReadJson = (cursor: AvroCursor) => string;

export type AvroScalar = Exclude<
  AvroType,
  { readonly kind: 'array' | 'map' | 'union' | 'record' | 'null' | 'boolean' }
>;

/** What a JSON string stands for. Numbers are strings where they are none of JSON's. */
export type StringKind = 'text' | 'bytes' | 'date' | 'time' | 'timestamp' | 'interval' | 'number';

/** A type's JSON, and what it stands for where it is a string. */
export type ScalarText = { readonly read: ReadJson; readonly stringKind: StringKind };

/** `areDecimalsText`: exact numbers as strings, which a reader keeps digit by digit. */
export function scalarText(type: AvroScalar, areDecimalsText: boolean): ScalarText {
  switch (type.kind) {
    case 'int':
    case 'long':
      return wholeText(type);
    case 'float':
      return { read: (cursor) => floatJson(cursor.float()), stringKind: 'number' };
    case 'double':
      return { read: (cursor) => floatJson(cursor.double()), stringKind: 'number' };
    case 'string':
      return { read: (cursor) => JSON.stringify(cursor.text()), stringKind: 'text' };
    case 'enum':
      return { read: enumReader(type.symbols), stringKind: 'text' };
    case 'bytes':
    case 'fixed':
      return bytesText(type, areDecimalsText);
    default:
      return unreachable(type);
  }
}

function wholeText(type: Extract<AvroScalar, { readonly kind: 'int' | 'long' }>): ScalarText {
  const { kind, logical } = type;
  const next = (cursor: AvroCursor): number | bigint =>
    kind === 'int' ? cursor.int() : cursor.long();
  if (logical === undefined) {
    return { read: (cursor) => String(next(cursor)), stringKind: 'number' };
  }
  const text = timeText(logical);
  return {
    read: (cursor) => {
      const value = next(cursor);
      return text(value) ?? `{"${logical.kind}":${value}}`;
    },
    stringKind: logical.kind,
  };
}

/** As JSON strings in ISO 8601; undefined outside of what that can say. */
function timeText(time: AvroTime): (value: number | bigint) => string | undefined {
  const days = new DayTexts();
  switch (time.kind) {
    case 'date':
      return (value) => {
        const day = days.text(Number(value));
        return day === undefined ? undefined : `"${day}"`;
      };
    case 'time':
      return (value) => {
        const [second, fraction] = split(value, time.perSecond);
        if (second < 0 || second >= daySeconds) return undefined;
        return `"${clockText(second)}${fraction}"`;
      };
    case 'timestamp':
      return (value) => {
        const [second, fraction] = split(value, time.perSecond);
        const dayNumber = Math.floor(second / daySeconds);
        const day = days.text(dayNumber);
        if (day === undefined) return undefined;
        return `"${day}T${clockText(second - dayNumber * daySeconds)}${fraction}Z"`;
      };
  }
}

const daySeconds = 86_400;
const daySpan = daySeconds * 1000;
/** First and last days that ISO 8601 writes with four digits of the year. */
const dayMin = -719_162;
const dayMax = 2_932_896;

/** Days since 1970-01-01 as `2025-01-31`. Records that follow each other are mostly of one day. */
class DayTexts {
  #day = NaN;
  #text = '';

  text(day: number): string | undefined {
    if (day === this.#day) return this.#text;
    if (day < dayMin || day > dayMax) return undefined;
    this.#day = day;
    this.#text = new Date(day * daySpan).toISOString().slice(0, 10);
    return this.#text;
  }
}

function clockText(second: number): string {
  const minutes = Math.floor(second / 60);
  const parts = [Math.floor(minutes / 60), minutes % 60, second % 60];
  return parts.map((part) => (part < 10 ? `0${part}` : part)).join(':');
}

/** Whole seconds, and `.` with the digits of the rest; none where they are zero. */
function split(value: number | bigint, perSecond: number): readonly [number, string] {
  const digits = String(perSecond).length - 1;
  if (typeof value === 'number') {
    const second = Math.floor(value / perSecond);
    const rest = value - second * perSecond;
    return [second, rest === 0 ? '' : `.${String(rest).padStart(digits, '0')}`];
  }
  const [whole, unit] = [value / BigInt(perSecond), BigInt(perSecond)];
  const rest = ((value % unit) + unit) % unit;
  const second = Number(value < 0n && rest !== 0n ? whole - 1n : whole);
  return [second, rest === 0n ? '' : `.${String(rest).padStart(digits, '0')}`];
}

/** A whole number keeps its `.0`: it is no integer. NaN and infinities are none of JSON's. */
function floatJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function enumReader(symbols: readonly string[]): ReadJson {
  const texts = symbols.map((symbol) => JSON.stringify(symbol));
  return (cursor) => {
    const index = cursor.int();
    const text = texts[index];
    if (text === undefined) cursor.fail(`an enum of ${texts.length} symbols has number ${index}`);
    return text ?? 'null';
  };
}

function bytesText(
  type: Extract<AvroScalar, { readonly kind: 'bytes' | 'fixed' }>,
  areDecimalsText: boolean,
): ScalarText {
  const { logical } = type;
  const next = (cursor: AvroCursor): Buffer =>
    type.kind === 'bytes' ? cursor.bytes() : cursor.fixed(type.size);
  switch (logical?.kind) {
    case 'decimal': {
      const quote = areDecimalsText ? '"' : '';
      const read: ReadJson = (cursor) =>
        `${quote}${decimalText(next(cursor), logical.scale)}${quote}`;
      return { read, stringKind: 'number' };
    }
    case 'uuid':
      return { read: (cursor) => `"${uuidText(next(cursor))}"`, stringKind: 'text' };
    case 'duration':
      return { read: (cursor) => `"${durationText(next(cursor))}"`, stringKind: 'interval' };
    default:
      return { read: (cursor) => `"${next(cursor).toString('base64')}"`, stringKind: 'bytes' };
  }
}

/** Two's complement, the highest byte first. */
function decimalText(bytes: Buffer, scale: number): string {
  if (bytes.length === 0) return '0';
  const unsigned = BigInt(`0x${bytes.toString('hex')}`);
  const value = BigInt.asIntN(bytes.length * 8, unsigned);
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Months, days and milliseconds, each without a sign, the lowest byte first. */
function durationText(bytes: Buffer): string {
  if (bytes.length < 12) return '';
  const ms = bytes.readUInt32LE(8);
  const seconds = `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;
  return `P${bytes.readUInt32LE(0)}M${bytes.readUInt32LE(4)}DT${seconds}S`;
}
