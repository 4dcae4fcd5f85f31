import type { LineCounter, ParsedNode, YAMLMap } from 'yaml';
import { didYouMean } from '../../base/did-you-mean.ts';
import type { TextPosition } from '../../base/errors.ts';

/** Something that is wrong in a file, and where. */
export type FileProblem = { readonly message: string; readonly position: TextPosition };

/** Gives a value, or throws an `Error` that says what it should be: `is not …`. */
export type Reading<T> = (value: unknown) => T;

/**
 * The keys of one map of a YAML file. What is wrong is noted with its place, and reading goes on:
 * whoever wrote the file learns everything at once. Values that were wrong read as undefined.
 */
export class Fields {
  readonly #map: YAMLMap.Parsed | undefined;
  readonly #path: string;
  readonly #lines: LineCounter;
  readonly #problems: FileProblem[];
  readonly #known = new Set<string>();

  /** `path` is how the map is called in messages: empty for the whole file, or `domain.`. */
  constructor(
    map: YAMLMap.Parsed | undefined,
    path: string,
    context: { readonly lines: LineCounter; readonly problems: FileProblem[] },
  ) {
    this.#map = map;
    this.#path = path;
    this.#lines = context.lines;
    this.#problems = context.problems;
  }

  /** The value of a key; undefined where there is none, or where it is wrong. */
  read<T>(key: string, reading: Reading<T>): T | undefined {
    const node = this.#node(key);
    return node === undefined ? undefined : this.#readNode(node, `${this.#path}${key}`, reading);
  }

  /** The same, where there has to be one. */
  need<T>(key: string, reading: Reading<T>, example: string): T | undefined {
    if (this.#node(key) === undefined) {
      const message = `${this.#path}${key} is missing, such as ${key}: ${example}`;
      this.#note(message, this.#map?.range?.[0] ?? 0);
    }
    return this.read(key, reading);
  }

  /** A list of values; none where the key isn't there. */
  list<T>(key: string, reading: Reading<T>): readonly T[] {
    return this.#items(key).flatMap((item, index) => {
      const value = this.#readNode(item, `${this.#path}${key}[${index}]`, reading);
      return value === undefined ? [] : [value];
    });
  }

  /** The map below a key; undefined where there is none. */
  map(key: string): Fields | undefined {
    const node = this.#node(key);
    return node === undefined ? undefined : this.#below(node, `${this.#path}${key}`);
  }

  /** The maps in a list. */
  maps(key: string): readonly Fields[] {
    return this.#items(key).flatMap(
      (item, index) => this.#below(item, `${this.#path}${key}[${index}]`) ?? [],
    );
  }

  /** Notes every key that nobody has asked for. */
  end(): void {
    for (const { key } of this.#map?.items ?? []) {
      const name = String('value' in key ? key.value : key);
      if (this.#known.has(name)) continue;
      const near = didYouMean(name, [...this.#known]);
      const known = near === undefined ? `known are ${[...this.#known].join(', ')}` : `"${near}"?`;
      this.#note(`there is no setting named "${this.#path}${name}": ${known}`, key.range[0]);
    }
  }

  #node(key: string): ParsedNode | undefined {
    this.#known.add(key);
    const node = this.#map?.items.find((item) => 'value' in item.key && item.key.value === key);
    const value = node?.value;
    // A key with nothing behind it is how people write "not yet".
    return value === null || value === undefined || valueOf(value) === null ? undefined : value;
  }

  #items(key: string): readonly ParsedNode[] {
    const node = this.#node(key);
    if (node === undefined) return [];
    if ('items' in node && !isMap(node)) return node.items;
    this.#note(`${this.#path}${key} is not a list`, node.range[0]);
    return [];
  }

  #below(node: ParsedNode, path: string): Fields | undefined {
    const context = { lines: this.#lines, problems: this.#problems };
    if (isMap(node)) return new Fields(node, `${path}.`, context);
    this.#note(`${path} is not a group of settings`, node.range[0]);
    return undefined;
  }

  #readNode<T>(node: ParsedNode, path: string, reading: Reading<T>): T | undefined {
    const value = valueOf(node);
    try {
      return reading(value);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#note(`${path}: ${JSON.stringify(value) ?? 'this'} ${reason}`, node.range[0]);
      return undefined;
    }
  }

  #note(message: string, offset: number): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ message, position: { line, column: col, length: 1 } });
  }
}

function isMap(node: ParsedNode): node is YAMLMap.Parsed {
  return 'items' in node && node.items.every((item) => 'key' in item);
}

function valueOf(node: ParsedNode): unknown {
  return 'value' in node ? node.value : undefined;
}
