import { type JsonNode, parseJson } from './json-node.ts';
import { scalarText } from './json-text.ts';

/** What is known of a field over the records that were looked at. */
export type FieldStatistics = {
  /** Names with dots between them. */
  readonly path: string;
  /** Records that have it. */
  readonly presentCount: number;
  /** The most frequent first. */
  readonly kinds: readonly { readonly kind: FieldKind; readonly count: number }[];
  /** The most frequent of the values that were met first, in how many records each. */
  readonly top: readonly { readonly text: string; readonly count: number }[];
  /** Of numbers, as they were written. */
  readonly range: { readonly least: string; readonly greatest: string } | undefined;
};

export type FieldKind = 'text' | 'whole number' | 'number' | 'boolean' | 'object' | 'list' | 'null';

const depthMax = 4;
const fieldsMax = 300;
const topMax = 3;
/** Values of a field that are counted; one that is met first after so many others is not. */
const valuesMax = 50;
const valueCharactersMax = 60;

type Field = {
  presentCount: number;
  readonly kinds: Map<FieldKind, number>;
  readonly values: Map<string, number>;
  least: string | undefined;
  greatest: string | undefined;
};

/** Counts the fields of JSON documents, one after the other. */
export class FieldCounter {
  readonly #fields = new Map<string, Field>();
  #documentCount = 0;
  #otherCount = 0;
  #isCut = false;

  /** Those that are objects. */
  get documentCount(): number {
    return this.#documentCount;
  }

  /** Records that are something else than a JSON object. */
  get otherCount(): number {
    return this.#otherCount;
  }

  /** There are more fields than are counted. */
  get isCut(): boolean {
    return this.#isCut;
  }

  add(text: string): void {
    const node = parseJson(text);
    if (node?.kind !== 'object') {
      this.#otherCount++;
      return;
    }
    this.#documentCount++;
    this.#within(node, { path: '', depth: 0, seen: new Set() });
  }

  /** In the order in which they were met. */
  fields(): readonly FieldStatistics[] {
    return [...this.#fields].map(([path, { presentCount, kinds, values, least, greatest }]) => ({
      path,
      presentCount,
      kinds: [...kinds]
        .map(([kind, count]) => ({ kind, count }))
        .toSorted((one, other) => other.count - one.count),
      top: [...values]
        .map(([text, count]) => ({ text, count }))
        .toSorted((one, other) => other.count - one.count)
        .slice(0, topMax),
      range: least === undefined || greatest === undefined ? undefined : { least, greatest },
    }));
  }

  #within(node: JsonNode, place: { path: string; depth: number; seen: Set<string> }): void {
    if (node.kind !== 'object' || place.depth === depthMax) return;
    for (const { name, value } of node.members) {
      const path = place.path === '' ? name : `${place.path}.${name}`;
      const field = this.#field(path);
      if (field === undefined) continue;
      if (!place.seen.has(path)) field.presentCount++;
      place.seen.add(path);
      note(field, value);
      this.#within(value, { ...place, path, depth: place.depth + 1 });
    }
  }

  #field(path: string): Field | undefined {
    const known = this.#fields.get(path);
    if (known !== undefined) return known;
    if (this.#fields.size === fieldsMax) {
      this.#isCut = true;
      return undefined;
    }
    const field: Field = {
      presentCount: 0,
      kinds: new Map(),
      values: new Map(),
      least: undefined,
      greatest: undefined,
    };
    this.#fields.set(path, field);
    return field;
  }
}

function note(field: Field, value: JsonNode): void {
  const { kinds, values } = field;
  const kind = kindOf(value);
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  if (kind === 'null' || kind === 'object') return;
  if (value.kind === 'number') widen(field, value.text);
  const text = scalarText(value).slice(0, valueCharactersMax);
  const times = values.get(text);
  if (times !== undefined || values.size < valuesMax) values.set(text, (times ?? 0) + 1);
}

function widen(field: Field, text: string): void {
  const number = Number(text);
  if (field.least === undefined || number < Number(field.least)) field.least = text;
  if (field.greatest === undefined || number > Number(field.greatest)) field.greatest = text;
}

function kindOf(node: JsonNode): FieldKind {
  if (node.kind === 'string') return 'text';
  if (node.kind === 'array') return 'list';
  if (node.kind !== 'number') return node.kind;
  return /^-?\d+$/.test(node.text) ? 'whole number' : 'number';
}
