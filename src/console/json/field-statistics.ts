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
  /** Different values, as they were met. */
  readonly examples: readonly string[];
};

export type FieldKind = 'text' | 'whole number' | 'number' | 'boolean' | 'object' | 'list' | 'null';

const depthMax = 4;
const fieldsMax = 300;
const examplesMax = 3;
const exampleCharactersMax = 60;

type Field = {
  presentCount: number;
  readonly kinds: Map<FieldKind, number>;
  readonly examples: Set<string>;
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
    return [...this.#fields].map(([path, { presentCount, kinds, examples }]) => ({
      path,
      presentCount,
      kinds: [...kinds]
        .map(([kind, count]) => ({ kind, count }))
        .toSorted((one, other) => other.count - one.count),
      examples: [...examples],
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
    const field = { presentCount: 0, kinds: new Map(), examples: new Set<string>() };
    this.#fields.set(path, field);
    return field;
  }
}

function note({ kinds, examples }: Field, value: JsonNode): void {
  const kind = kindOf(value);
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  if (kind === 'null' || kind === 'object' || examples.size === examplesMax) return;
  examples.add(scalarText(value).slice(0, exampleCharactersMax));
}

function kindOf(node: JsonNode): FieldKind {
  if (node.kind === 'string') return 'text';
  if (node.kind === 'array') return 'list';
  if (node.kind !== 'number') return node.kind;
  return /^-?\d+$/.test(node.text) ? 'whole number' : 'number';
}
