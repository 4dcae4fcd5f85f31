import { isJsonObject, type JsonValue, Numeral } from './json-value.ts';

/** Examples kept of a field, each no longer than this in characters. */
const examplesMax = 3;
const exampleLengthMax = 60;
/** A field with more inner names than this is a dictionary, and its names are data. */
const namesMax = 100;

export type ValueKind = 'boolean' | 'number' | 'string' | 'array' | 'object';

/** What was seen of the numbers of one field. */
export type NumberFacts = {
  count: number;
  /** Numbers without fraction or exponent. */
  wholeCount: number;
  /** Of these, those that BIGINT holds. */
  bigintCount: number;
  min: bigint | undefined;
  max: bigint | undefined;
  /** Most digits before and after the point; of whole numbers too. */
  integerDigitsMax: number;
  scaleMax: number;
  /** Numbers of more digits than a double always keeps. */
  inexactCount: number;
  exponentCount: number;
};

/** What was seen of the strings of one field: how many have each form. */
export type StringFacts = {
  count: number;
  timestampCount: number;
  dateCount: number;
  uuidCount: number;
  numericCount: number;
};

/** Everything that was seen at one place of the records: a field, or an array's elements. */
export class Observation {
  /** Values, null included. */
  count = 0;
  nullCount = 0;
  readonly kinds: Map<ValueKind, number> = new Map();
  readonly numbers: NumberFacts = {
    count: 0,
    wholeCount: 0,
    bigintCount: 0,
    min: undefined,
    max: undefined,
    integerDigitsMax: 0,
    scaleMax: 0,
    inexactCount: 0,
    exponentCount: 0,
  };
  readonly strings: StringFacts = {
    count: 0,
    timestampCount: 0,
    dateCount: 0,
    uuidCount: 0,
    numericCount: 0,
  };
  /** Fields of objects, in the order in which they were first seen. */
  readonly fields: Map<string, Observation> = new Map();
  /** There were more names than `namesMax`; the others are not among `fields`. */
  hasManyNames = false;
  elements: Observation | undefined;
  readonly #examples = new Set<string>();

  get examples(): readonly string[] {
    return [...this.#examples];
  }

  add(value: JsonValue): void {
    this.count++;
    if (value === null) {
      this.nullCount++;
      return;
    }
    this.#addExample(value);
    this.#addKind(kindOf(value));
    if (value instanceof Numeral) addNumber(this.numbers, value.text);
    else if (typeof value === 'string') addString(this.strings, value);
    else if (Array.isArray(value)) this.#addElements(value);
    else if (isJsonObject(value)) this.#addFields(value);
  }

  #addKind(kind: ValueKind): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }

  #addElements(values: readonly JsonValue[]): void {
    this.elements ??= new Observation();
    for (const value of values) this.elements.add(value);
  }

  #addFields(value: { readonly [name: string]: JsonValue }): void {
    for (const [name, inner] of Object.entries(value)) {
      let field = this.fields.get(name);
      if (field === undefined) {
        if (this.fields.size >= namesMax) {
          this.hasManyNames = true;
          continue;
        }
        field = new Observation();
        this.fields.set(name, field);
      }
      field.add(inner);
    }
  }

  #addExample(value: JsonValue): void {
    if (this.#examples.size >= examplesMax) return;
    const text = exampleText(value);
    const isLong = text.length > exampleLengthMax;
    // A pair of surrogates may be cut in two.
    this.#examples.add(isLong ? `${text.slice(0, exampleLengthMax).toWellFormed()}…` : text);
  }
}

function exampleText(value: JsonValue): string {
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) return `[${value.map(exampleText).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}:${exampleText(inner)}`,
  );
  return `{${fields.join(',')}}`;
}

function kindOf(value: Exclude<JsonValue, null>): ValueKind {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (value instanceof Numeral) return 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

const numeral = /^-?(\d+)(?:\.(\d+))?([eE][-+]?\d+)?$/;

function addNumber(facts: NumberFacts, text: string): void {
  facts.count++;
  const [, whole = '', fraction = '', exponent] = numeral.exec(text) ?? [];
  if (exponent !== undefined) facts.exponentCount++;
  facts.integerDigitsMax = Math.max(facts.integerDigitsMax, whole.length);
  facts.scaleMax = Math.max(facts.scaleMax, fraction.length);
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const isFinite = Number.isFinite(Number(text));
  if (significant.length > doubleDigits || !isFinite) facts.inexactCount++;
  if (fraction !== '' || exponent !== undefined) return;
  facts.wholeCount++;
  const value = BigInt(text);
  if (value >= -bigintEnd && value < bigintEnd) facts.bigintCount++;
  if (facts.min === undefined || value < facts.min) facts.min = value;
  if (facts.max === undefined || value > facts.max) facts.max = value;
}

/** One more than the largest BIGINT. */
const bigintEnd = 2n ** 63n;

/** Significant digits that a double always keeps. */
const doubleDigits = 15;

// The forms that the format json takes for these types.
const timestamp =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6}0*)?([Zz]|[-+]\d{2}(:?\d{2})?)?$/;
const date = /^\d{4}-\d{2}-\d{2}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function addString(facts: StringFacts, text: string): void {
  facts.count++;
  if (timestamp.test(text) && isOnCalendar(text)) facts.timestampCount++;
  else if (date.test(text) && isOnCalendar(text)) facts.dateCount++;
  else if (uuid.test(text)) facts.uuidCount++;
  else if (numeral.test(text)) facts.numericCount++;
}

function isOnCalendar(text: string): boolean {
  const day = text.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
