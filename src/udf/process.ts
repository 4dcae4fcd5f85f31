import { readSync, writeSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { types } from 'node:util';
import vm from 'node:vm';
import type {
  Fault,
  FromProcess,
  LoadedFunction,
  ToProcess,
  WireResult,
  WireType,
  WireValue,
} from './messages.ts';

// The process of a pipeline's functions. It has no files, no network, no environment and no other
// processes; the functions have not even Node's names: theirs is a context of the language alone.
// It imports nothing that runs, since it may read no other file.

type Callable = {
  readonly loaded: LoadedFunction;
  readonly call: (...values: readonly unknown[]) => unknown;
  /** Of parameters whose values are objects: makes them in the function's own context. */
  readonly decoders: readonly (((text: string) => unknown) | undefined)[];
};

/** Results are told at the latest after so long, and so many. */
const flushMs = 5;
const flushCount = 512;
const messageLengthMax = 500;

let functions: readonly Callable[] = [];

async function load(all: readonly LoadedFunction[]): Promise<void> {
  const loaded: Callable[] = [];
  for (const [index, one] of all.entries()) {
    try {
      loaded.push(await functionOf(one));
    } catch (thrown) {
      return tell({ kind: 'refused', index, fault: faultOf(thrown, one) });
    }
  }
  functions = loaded;
  tell({ kind: 'loaded' });
}

async function functionOf(one: LoadedFunction): Promise<Callable> {
  const code = one.isTypeScript ? stripTypeScriptTypes(one.code) : one.code;
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  });
  vm.runInContext(withoutNames, context);
  const decoder = vm.runInContext(decoding, context) as (type: string) => (text: string) => unknown;
  const module = new vm.SourceTextModule(code, { context, identifier: one.path });
  await module.link((specifier) => {
    throw new Refusal(`It imports "${specifier}": a function has no other modules.`);
  });
  await module.evaluate();
  const exports = module.namespace as Readonly<Record<string, unknown>>;
  const names = Object.keys(exports);
  const found = exports[one.exportName] ?? (names.length === 1 ? exports['default'] : undefined);
  if (found === undefined) {
    const there = names.length === 0 ? 'It exports nothing.' : `It exports ${names.join(', ')}.`;
    throw new Refusal(`It exports no "${one.exportName}". ${there}`);
  }
  if (typeof found !== 'function') throw new Refusal(`Its "${one.exportName}" is no function.`);
  const isVariable = found.length === 0 && /\.\.\.|arguments/.test(String(found));
  const given = one.parameters.length;
  if (found.length > given && !isVariable) {
    const takes = `Its "${one.exportName}" takes ${found.length} values`;
    throw new Refusal(`${takes}, and is declared with ${given}.`);
  }
  const decoders = one.parameters.map((type) =>
    objectKinds.has(type.kind) ? decoder(JSON.stringify(type)) : undefined,
  );
  return { loaded: one, call: found as Callable['call'], decoders };
}

const objectKinds: ReadonlySet<WireType['kind']> = new Set(['bytes', 'interval', 'list', 'struct']);

/** Runs in the function's context, which gets nothing but texts: no object from outside of it. */
const decoding = `(() => {
  const [big, number, bytesOf] = [BigInt, Number, Uint8Array];
  const [{ parse }, { fromEntries }] = [JSON, Object];
  const value = (given, type) => {
    if (given === null) return null;
    switch (type.kind) {
      case 'bigint': return big(given);
      case 'number': return number(given);
      case 'bytes': return bytesOf.from(given.match(/../g) ?? [], (two) => number('0x' + two));
      case 'interval': return { months: given[0], days: given[1], micros: big(given[2]) };
      case 'list': return given.map((one) => value(one, type.element));
      case 'struct':
        return fromEntries(type.fields.map((one, at) => [one.name, value(given[at], one.type)]));
      default: return given;
    }
  };
  return (typeText) => {
    const type = parse(typeText);
    return (text) => value(type.kind === 'bytes' ? text : parse(text), type);
  };
})()`;

/** Memory that no limit of the heap counts, threads, and a console that nobody reads. */
const withoutNames = `for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'console'])
  delete globalThis[name];`;

class Refusal extends Error {}

function faultOf(thrown: unknown, { path, code }: LoadedFunction): Fault {
  const message = messageOf(thrown);
  const isSyntax = message.startsWith('SyntaxError');
  const place = placeIn(stackOf(thrown), path) ?? (isSyntax ? placeOfSyntaxError(code) : undefined);
  return { message, line: place?.line, column: place?.column };
}

type Place = { readonly line: number; readonly column: number | undefined };

/** Of a module with a syntax error V8 doesn't say where; who strips types off says it. */
function placeOfSyntaxError(code: string): Place | undefined {
  try {
    stripTypeScriptTypes(code);
    return undefined;
  } catch (thrown) {
    const [, line, marks] = /^:(\d+)\n(?:(?:.*\n){1,3}?( *)\^)?/.exec(stackOf(thrown)) ?? [];
    if (line === undefined) return undefined;
    return { line: Number(line), column: marks === undefined ? undefined : marks.length + 1 };
  }
}

/** Where in the file the code was that threw. */
function placeIn(stack: string, path: string): Place | undefined {
  const at = stack.indexOf(`${path}:`);
  if (at < 0) return undefined;
  const [, line, column] = /^(\d+)(?::(\d+))?/.exec(stack.slice(at + path.length + 1)) ?? [];
  if (line === undefined) return undefined;
  return { line: Number(line), column: column === undefined ? undefined : Number(column) };
}

function call({ index, calls, isCareful }: Extract<ToProcess, { readonly kind: 'call' }>): void {
  const one = functions[index];
  let results: WireResult[] = [];
  let flushedAt = performance.now();
  const flush = (): void => {
    if (results.length > 0) tell({ kind: 'results', results });
    results = [];
    flushedAt = performance.now();
  };
  for (const values of calls) {
    if (isCareful || results.length >= flushCount || performance.now() - flushedAt > flushMs) {
      flush();
    }
    results.push(one === undefined ? { error: 'It is not loaded.' } : resultOf(one, values));
  }
  flush();
}

function resultOf(
  { loaded, call: run, decoders }: Callable,
  values: readonly WireValue[],
): WireResult {
  try {
    const given = values.map((value, index) => {
      const decode = value === null ? undefined : decoders[index];
      return decode?.(String(value)) ?? valueOf(value, loaded.parameters[index]);
    });
    return wireResult(run(...given), loaded.result);
  } catch (thrown) {
    const place = placeIn(stackOf(thrown), loaded.path);
    const where = place === undefined ? '' : ` (${loaded.path}:${place.line}:${place.column ?? 1})`;
    return { error: messageOf(thrown) + where };
  }
}

function valueOf(value: WireValue, type: WireType | undefined): unknown {
  if (value === null || type === undefined) return value;
  if (type.kind === 'bigint') return BigInt(value);
  return type.kind === 'number' ? Number(value) : value;
}

/** The value, where it is one of the type's without being changed; otherwise why it isn't. */
function wireResult(value: unknown, type: WireType): WireResult {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : unfit(value, 'true, false or null');
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && isIn(value, type)
        ? value + 0
        : unfit(value, `a whole number from ${type.from} to ${type.to}`);
    case 'number':
      return typeof value === 'number' && !(type.isSingle && isTooLarge(value))
        ? wireNumber(value)
        : unfit(value, type.isSingle ? 'a number of 32 bits' : 'a number');
    case 'bigint':
      return typeof value === 'bigint' && value >= BigInt(type.from) && value <= BigInt(type.to)
        ? value.toString()
        : unfit(value, `a bigint from ${type.from} to ${type.to}`);
    case 'decimal':
      return isDecimal(value, type) ? value : unfit(value, decimalText(type));
    case 'date':
      return typeof value === 'string' && isDate(value)
        ? value
        : unfit(value, "a text 'YYYY-MM-DD'");
    case 'time':
      return typeof value === 'string' && isTime.test(value)
        ? value
        : unfit(value, "a text 'HH:MM:SS.ffffff'");
    case 'bytes':
      return types.isUint8Array(value)
        ? Buffer.from(value).toString('hex')
        : unfit(value, 'a Uint8Array');
    case 'interval':
    case 'list':
    case 'struct': {
      const part = partOf(value, type);
      return isUnfit(part) ? part : JSON.stringify(part);
    }
    default:
      return typeof value === 'string' && value.isWellFormed() ? value : unfit(value, 'a text');
  }
}

const isTime = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;

type Part = WireValue | readonly Part[];

/** Why a value is none: nothing in a value's JSON is an object. */
type Unfit = { readonly error: string };

/** What of a value's JSON it is. */
function partOf(value: unknown, type: WireType): Part | Unfit {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'list':
      return Array.isArray(value)
        ? partsOf(Array.from(value, (one: unknown) => [one, type.element] as const))
        : unfit(value, 'an array');
    case 'struct':
      return structOf(value, type);
    case 'interval':
      return intervalOf(value);
    default:
      return wireResult(value, type);
  }
}

function isUnfit(part: Part | Unfit): part is Unfit {
  return typeof part === 'object' && part !== null && 'error' in part;
}

function partsOf(values: readonly (readonly [unknown, WireType])[]): readonly Part[] | Unfit {
  const parts: Part[] = [];
  for (const [value, type] of values) {
    const part = partOf(value, type);
    if (isUnfit(part)) return part;
    parts.push(part);
  }
  return parts;
}

/** A field that it lacks is NULL. */
function structOf(
  value: unknown,
  { fields }: Extract<WireType, { readonly kind: 'struct' }>,
): readonly Part[] | Unfit {
  const names = fields.map(({ name }) => name);
  const expected = `an object of ${names.join(', ')}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return unfit(value, expected);
  }
  const other = Object.keys(value).find((name) => !names.includes(name));
  if (other !== undefined) {
    return { error: `It returned the field ${other}, and is declared to return ${expected}.` };
  }
  return partsOf(fields.map(({ name, type }) => [Reflect.get(value, name), type] as const));
}

function intervalOf(value: unknown): readonly Part[] | Unfit {
  const expected = 'an object of months, days (whole numbers) and micros (a bigint)';
  if (typeof value !== 'object' || value === null) return unfit(value, expected);
  const { months, days, micros } = value as Readonly<Record<string, unknown>>;
  const isWhole = (one: unknown): one is number =>
    typeof one === 'number' && Number.isInteger(one) && Math.abs(one) < 2 ** 31;
  const isFit = isWhole(months) && isWhole(days) && typeof micros === 'bigint';
  return isFit && BigInt.asIntN(64, micros) === micros
    ? [months + 0, days + 0, micros.toString()]
    : unfit(value, expected);
}

function isIn(
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  return value >= from && value <= to;
}

function isTooLarge(value: number): boolean {
  return Number.isFinite(value) && !Number.isFinite(Math.fround(value));
}

function wireNumber(value: number): WireValue {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

type DecimalType = Extract<WireType, { readonly kind: 'decimal' }>;

function isDecimal(value: unknown, { precision, scale }: DecimalType): value is string {
  if (typeof value !== 'string') return false;
  const found = /^-?0*(\d+)(?:\.(\d+))?$/.exec(value);
  if (found === null) return false;
  const [, whole = '', fraction = ''] = found;
  const digits = whole === '0' ? 0 : whole.length;
  return digits <= precision - scale && fraction.length <= scale;
}

function decimalText({ precision, scale }: DecimalType): string {
  return `a text of at most ${precision - scale} digits and ${scale} behind the point`;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text);
}

function unfit(value: unknown, expected: string): Unfit {
  return { error: `It returned ${shown(value)}, and is declared to return ${expected}.` };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'bigint') return `${value}n`.slice(0, 60);
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return typeof Reflect.get(value, 'then') === 'function' ? 'a Promise' : 'an object';
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Refusal) return thrown.message;
  if (typeof thrown !== 'object' || thrown === null) {
    return `It threw ${shown(thrown)}.`.slice(0, messageLengthMax);
  }
  const name = textOf(thrown, 'name');
  const message = textOf(thrown, 'message');
  return `${name === '' ? 'Error' : name}: ${message}`.slice(0, messageLengthMax).toWellFormed();
}

function stackOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null ? textOf(thrown, 'stack') : '';
}

/** A getter of the function's own may throw as well. */
function textOf(thrown: object, key: string): string {
  try {
    const value: unknown = Reflect.get(thrown, key);
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

function tell(message: FromProcess): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += written(bytes, at);
}

/** How many bytes the pipe took; none while it is full. */
function written(bytes: Buffer, at: number): number {
  try {
    return writeSync(1, bytes, at);
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 'EAGAIN') return 0;
    throw thrown;
  }
}

function* linesOfStdin(): Generator<string> {
  const block = Buffer.allocUnsafe(1024 * 1024);
  let rest: Buffer[] = [];
  for (;;) {
    const count = readSync(0, block, 0, block.length, null);
    if (count === 0) return;
    let from = 0;
    for (let end = block.indexOf(10); end >= 0 && end < count; end = block.indexOf(10, from)) {
      yield Buffer.concat([...rest, block.subarray(from, end)]).toString('utf8');
      rest = [];
      from = end + 1;
    }
    rest.push(Buffer.from(block.subarray(from, count)));
  }
}

for (const line of linesOfStdin()) {
  const message = JSON.parse(line) as ToProcess;
  if (message.kind === 'load') await load(message.functions);
  else call(message);
}
