import { HeliosError } from '../base/errors.ts';
import type { Calls, CallSite, PlainValue } from '../engine/calls.ts';
import type { ScriptFunction } from '../sql/script.ts';
import { type Call, type CallEnd, FunctionProcess, heapBytesMax } from './function-process.ts';
import type { Fault, LoadedFunction, WireResult, WireType } from './messages.ts';
import { fromWire, wireType } from './wire-type.ts';

/** Values that are kept from one statement to the next, for all functions together. */
const keptMax = 500_000;
const failuresKeptMax = 10_000;
const keptCharactersMax = 32 * 1024 * 1024;
/** Different arguments of one statement, and characters of them and of what they gave. */
const callsMax = 4_000_000;
const charactersMax = 256 * 1024 * 1024;
/** So many calls of a statement may hang or run out of memory: each costs the time limit. */
const deathsMax = 4;

/** What a function gave for arguments: its value, or why it has none. */
type Known = PlainValue | CallFailure | typeof open;

/** Asked for, and not yet known. */
const open = Symbol('open');

class CallFailure {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

type Entry = {
  readonly definition: ScriptFunction;
  readonly result: WireType;
  readonly known: Map<PlainValue, Known>;
  asked: (Call & { readonly key: PlainValue })[];
};

export type OpenedFunctions =
  | { readonly kind: 'ok'; readonly functions: ScriptFunctions }
  | { readonly kind: 'refused'; readonly definition: ScriptFunction; readonly fault: Fault };

/**
 * The functions of a script, each called once for the same arguments of a statement, in a process
 * of their own that is replaced when it hangs or dies. They are taken to be deterministic: what
 * they gave is kept for a while.
 */
export class ScriptFunctions implements Calls {
  readonly #entries: readonly Entry[];
  readonly #loaded: readonly LoadedFunction[];
  #process: FunctionProcess;
  #characters = 0;
  #count = 0;
  #isClosed = false;

  private constructor(
    definitions: readonly ScriptFunction[],
    loaded: readonly LoadedFunction[],
    process: FunctionProcess,
  ) {
    this.#loaded = loaded;
    this.#process = process;
    this.#entries = definitions.map((definition) => ({
      definition,
      result: wireType(definition.result),
      known: new Map(),
      asked: [],
    }));
  }

  /** Loads the code, or says what is wrong with it. */
  static async open(definitions: readonly ScriptFunction[]): Promise<OpenedFunctions> {
    const loaded = definitions.map(loadedOf);
    const started = await FunctionProcess.start(loaded);
    if (started instanceof FunctionProcess) {
      return { kind: 'ok', functions: new ScriptFunctions(definitions, loaded, started) };
    }
    const definition = definitions[started.index];
    if (definition === undefined) throw new HeliosError('internal', started.fault.message);
    return { kind: 'refused', definition, fault: started.fault };
  }

  /** One per function, in their order. */
  get sites(): readonly { readonly definition: ScriptFunction; readonly site: CallSite }[] {
    return this.#entries.map((entry) => ({
      definition: entry.definition,
      site: (values) => this.#answer(entry, values),
    }));
  }

  begin(): void {
    if (this.#count > keptMax || this.#characters > keptCharactersMax) this.#forget();
    for (const entry of this.#entries) this.#drop(entry);
  }

  hasOpen(): boolean {
    return this.#entries.some(({ asked }) => asked.length > 0);
  }

  async settle(): Promise<void> {
    if (this.#isTooMuch()) {
      throw new HeliosError(
        'out_of_memory',
        'Functions were called with too many values at once.',
        {
          hint: 'Call them on fewer columns, or on shorter texts.',
        },
      );
    }
    for (const [index, entry] of this.#entries.entries()) await this.#settleOne(index, entry);
  }

  close(): void {
    this.#isClosed = true;
    this.#process.close();
  }

  #answer(entry: Entry, values: readonly PlainValue[]): PlainValue {
    const { definition, known, asked } = entry;
    if (!definition.takesNull && values.includes(null)) return null;
    const key = keyOf(values);
    const found = known.get(key);
    if (found instanceof CallFailure) throw new Error(found.message);
    if (found === open) return null;
    if (found !== undefined) return found;
    if (this.#isTooMuch()) return null;
    known.set(key, open);
    asked.push({ key, values });
    this.#count++;
    if (typeof key === 'string') this.#characters += key.length;
    return null;
  }

  #isTooMuch(): boolean {
    return this.#count >= callsMax || this.#characters > charactersMax;
  }

  async #settleOne(index: number, entry: Entry): Promise<void> {
    const { asked, definition, known } = entry;
    let [at, deaths] = [0, 0];
    while (at < asked.length) {
      const calls = at === 0 ? asked : asked.slice(at);
      const isCareful = deaths > 0 || calls.length === 1;
      const process = await this.#running();
      const { timeoutMs } = definition;
      const end = await process.call({ index, calls, isCareful, timeoutMs }, (all) => {
        for (const result of all) {
          const call = asked[at++];
          if (call !== undefined) this.#learn(entry, call.key, result);
        }
      });
      if (end === 'answered') continue;
      if (this.#isClosed) throw new HeliosError('cancelled', 'The pipeline is closing.');
      if (++deaths > deathsMax) throw tooManyDeaths(definition, end);
      // Which call it was is known only where each was told before the next.
      const culprit = isCareful ? asked[at++] : undefined;
      const said = failure(definition, deathText(definition, end));
      if (culprit !== undefined) known.set(culprit.key, said);
    }
    entry.asked = [];
  }

  async #running(): Promise<FunctionProcess> {
    if (this.#isClosed) throw new HeliosError('cancelled', 'The pipeline is closing.');
    if (this.#process.isAlive) return this.#process;
    const started = await FunctionProcess.start(this.#loaded);
    if (!(started instanceof FunctionProcess)) {
      throw new HeliosError(
        'internal',
        `A function that was loaded is not: ${started.fault.message}`,
      );
    }
    this.#process = started;
    return started;
  }

  #learn({ definition, result, known }: Entry, key: PlainValue, given: WireResult): void {
    const isFailure = typeof given === 'object' && given !== null;
    const value = isFailure ? failure(definition, given.error) : fromWire(given, result);
    if (typeof value === 'string') this.#characters += value.length;
    known.set(key, value);
  }

  /** But for failures, as long as they are few: some cost the time limit each. */
  #forget(): void {
    const isFailure = (value: Known): boolean => value instanceof CallFailure;
    for (const { known } of this.#entries) {
      const failures = [...known].filter(([, value]) => isFailure(value)).slice(0, failuresKeptMax);
      known.clear();
      for (const [key, value] of failures) known.set(key, value);
    }
    this.#count = this.#entries.reduce((count, { known }) => count + known.size, 0);
    this.#characters = 0;
  }

  /** What nobody waits for any more. */
  #drop(entry: Entry): void {
    for (const { key } of entry.asked) if (entry.known.get(key) === open) entry.known.delete(key);
    entry.asked = [];
  }
}

function loadedOf(definition: ScriptFunction): LoadedFunction {
  const { path, code, language, exportName, parameters, result } = definition;
  return {
    path,
    code,
    isTypeScript: language === 'typescript',
    exportName,
    parameters: parameters.map(({ type }) => wireType(type)),
    result: wireType(result),
  };
}

/** Different for all values that differ: for 0 and -0 too, which a Map takes for one. */
function keyOf(values: readonly PlainValue[]): PlainValue {
  const [first = null] = values;
  if (values.length === 1 && typeof first !== 'number') return first;
  return bitKey(values) ?? values.map(keyPart).join('');
}

/** As many values as a call may have, 9 bytes each. */
const scratch = Buffer.alloc(1024);

/** Of values without texts, by their bits: to write numbers out would take longer than all else. */
function bitKey(values: readonly PlainValue[]): string | undefined {
  let end = 0;
  for (const value of values) {
    if (typeof value === 'string') return undefined;
    end = scratch.writeUInt8(value === null ? 0 : 1, end);
    if (value === null) continue;
    if (typeof value === 'bigint') end = scratch.writeBigInt64LE(BigInt.asIntN(64, value), end);
    else end = scratch.writeDoubleLE(Number(value), end);
  }
  return scratch.toString('latin1', 0, end);
}

function keyPart(value: PlainValue): string {
  return typeof value === 'string' ? `+${value.length}:${value}` : (bitKey([value]) ?? '');
}

function failure({ name }: ScriptFunction, message: string): CallFailure {
  return new CallFailure(`${name}: ${message}`);
}

function deathText({ timeoutMs }: ScriptFunction, end: CallEnd): string {
  return end === 'timeout'
    ? `It took longer than ${timeoutMs} ms.`
    : `Its process ended; it may take ${heapBytesMax / 1024 / 1024} MB of memory.`;
}

function tooManyDeaths(definition: ScriptFunction, end: CallEnd): HeliosError {
  const why = deathText(definition, end);
  const message = `${definition.name} was stopped ${deathsMax} times: ${why}`;
  return new HeliosError('timeout', message, {
    hint: 'Mend the function and edit the pipeline: nothing of these records is lost.',
  });
}
