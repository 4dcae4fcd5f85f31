import { isUtf8 } from 'node:buffer';
import { HeliosError } from '../base/errors.ts';
import type { PartitionValues } from './delta.ts';

/** A JSON object of the log, with whatever other writers put into it. */
export type JsonObject = { readonly [key: string]: unknown };

export type ProtocolAction = {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Only where minReaderVersion is 3. */
  readonly readerFeatures?: readonly string[] | undefined;
  /** Only where minWriterVersion is 7. */
  readonly writerFeatures?: readonly string[] | undefined;
};

export type MetadataAction = {
  readonly id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly format: {
    readonly provider: string;
    readonly options: Readonly<Record<string, string>>;
  };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number | undefined;
};

export type TxnAction = {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number | undefined;
};

export type AddAction = {
  /** As in the log: a URI relative to the table's root, percent-encoded. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  readonly stats?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly deletionVector?: JsonObject | undefined;
};

export type RemoveAction = {
  readonly path: string;
  readonly deletionTimestamp?: number | undefined;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean | undefined;
  readonly partitionValues?: PartitionValues | undefined;
  readonly size?: number | undefined;
  readonly deletionVector?: JsonObject | undefined;
};

/** A file of a V2 checkpoint that holds adds and removes. */
export type SidecarAction = {
  /** A name below `_delta_log/_sidecars`, or an absolute URI. */
  readonly path: string;
  readonly sizeInBytes: number;
};

export type DomainMetadataAction = {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
};

/**
 * What one commit, or one checkpoint, says. `commitInfo` is only what its writer wanted to tell.
 */
export type Actions = {
  readonly commitInfo: JsonObject | undefined;
  readonly protocol: ProtocolAction | undefined;
  readonly metadata: MetadataAction | undefined;
  readonly transactions: readonly TxnAction[];
  readonly adds: readonly AddAction[];
  readonly removes: readonly RemoveAction[];
  readonly domains: readonly DomainMetadataAction[];
  /** Only in V2 checkpoints. */
  readonly sidecars?: readonly SidecarAction[] | undefined;
};

/**
 * Reads the lines of a commit or of a checkpoint turned into lines. Unknown actions and fields are
 * skipped, as the protocol asks. `where` names the file in errors (`corrupt_data`).
 */
export function parseActions(bytes: Uint8Array, where: string): Actions {
  const actions = new ActionReader(where);
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    actions.readLine(line, bytes.subarray(start, end), start);
    start = end + 1;
  }
  return actions;
}

/** The bytes of a commit: an action a line, `commitInfo` first, then what readers need first. */
export function printActions(actions: Actions): Uint8Array {
  return new TextEncoder().encode([...printLines(actions)].join(''));
}

/** The same, line by line, each with its newline. */
export function* printLines(actions: Actions): Generator<string> {
  const lines = [
    ...one('commitInfo', actions.commitInfo),
    ...one('protocol', actions.protocol),
    ...one('metaData', actions.metadata),
    ...actions.domains.map((domainMetadata) => ({ domainMetadata })),
    ...actions.transactions.map((txn) => ({ txn })),
    ...actions.removes.map((remove) => ({ remove })),
    ...actions.adds.map((add) => ({ add })),
  ];
  for (const line of lines) yield `${JSON.stringify(line)}\n`;
}

function one(name: string, action: object | undefined): object[] {
  return action === undefined ? [] : [{ [name]: action }];
}

class ActionReader implements Actions {
  readonly #where: string;
  #line = 0;
  commitInfo: JsonObject | undefined;
  protocol: ProtocolAction | undefined;
  metadata: MetadataAction | undefined;
  readonly transactions: TxnAction[] = [];
  readonly adds: AddAction[] = [];
  readonly removes: RemoveAction[] = [];
  readonly domains: DomainMetadataAction[] = [];
  readonly sidecars: SidecarAction[] = [];

  constructor(where: string) {
    this.#where = where;
  }

  /** `start` is the place of its first byte in the file. */
  readLine(line: number, bytes: Uint8Array, start: number): void {
    this.#line = line;
    const parsed = this.#parse(bytes, start);
    if (parsed === blankLine) return;
    const action = this.#object(parsed, 'the line');
    for (const [name, value] of Object.entries(action)) {
      if (value === null) continue;
      this.#readAction(name, this.#object(value, name));
    }
  }

  #parse(bytes: Uint8Array, start: number): unknown {
    const isText = isUtf8(bytes);
    const text = Buffer.from(bytes).toString(isText ? 'utf8' : 'latin1');
    if (isText && text.trim() === '') return blankLine;
    try {
      if (isText) return JSON.parse(text);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw this.#damaged(` (from byte ${start} on) is not JSON: ${shown(text)} (${why})`, thrown);
    }
    throw this.#damaged(` (from byte ${start} on) is not UTF-8: ${shown(text)}`);
  }

  #readAction(name: string, body: JsonObject): void {
    switch (name) {
      case 'add':
        this.adds.push(this.#add(body));
        break;
      case 'remove':
        this.removes.push(this.#remove(body));
        break;
      case 'txn':
        this.transactions.push(this.#txn(body));
        break;
      case 'metaData':
        this.metadata = this.#metadata(body);
        break;
      case 'protocol':
        this.protocol = this.#protocol(body);
        break;
      case 'domainMetadata':
        this.domains.push(this.#domain(body));
        break;
      case 'commitInfo':
        this.commitInfo = body;
        break;
      case 'sidecar':
        this.sidecars.push({
          path: this.#text(body, 'path'),
          sizeInBytes: this.#integer(body, 'sizeInBytes'),
        });
        break;
      default:
      // The protocol asks readers to skip actions that they do not know.
    }
  }

  #add(body: JsonObject): AddAction {
    return {
      path: this.#text(body, 'path'),
      partitionValues: this.#partitionValues(body['partitionValues'] ?? {}),
      size: this.#integer(body, 'size'),
      modificationTime: this.#integer(body, 'modificationTime'),
      dataChange: body['dataChange'] !== false,
      stats: this.#optional(body, 'stats', (from, key) => this.#text(from, key)),
      tags: this.#optional(body, 'tags', (from, key) => this.#texts(from, key)),
      deletionVector: this.#optional(body, 'deletionVector', (from, key) =>
        this.#object(from[key], key),
      ),
    };
  }

  #remove(body: JsonObject): RemoveAction {
    return {
      path: this.#text(body, 'path'),
      deletionTimestamp: this.#optionalInteger(body, 'deletionTimestamp'),
      dataChange: body['dataChange'] !== false,
      extendedFileMetadata: body['extendedFileMetadata'] === true ? true : undefined,
      partitionValues: this.#optional(body, 'partitionValues', (from, key) =>
        this.#partitionValues(from[key]),
      ),
      size: this.#optionalInteger(body, 'size'),
      deletionVector: this.#optional(body, 'deletionVector', (from, key) =>
        this.#object(from[key], key),
      ),
    };
  }

  #txn(body: JsonObject): TxnAction {
    return {
      appId: this.#text(body, 'appId'),
      version: this.#integer(body, 'version'),
      lastUpdated: this.#optionalInteger(body, 'lastUpdated'),
    };
  }

  #metadata(body: JsonObject): MetadataAction {
    const format = this.#object(body['format'] ?? { provider: 'parquet' }, 'format');
    return {
      id: this.#text(body, 'id'),
      name: this.#optional(body, 'name', (from, key) => this.#text(from, key)),
      description: this.#optional(body, 'description', (from, key) => this.#text(from, key)),
      format: { provider: this.#text(format, 'provider'), options: this.#texts(format, 'options') },
      schemaString: this.#text(body, 'schemaString'),
      partitionColumns: this.#textList(body, 'partitionColumns'),
      configuration: this.#texts(body, 'configuration'),
      createdTime: this.#optionalInteger(body, 'createdTime'),
    };
  }

  #protocol(body: JsonObject): ProtocolAction {
    return {
      minReaderVersion: this.#integer(body, 'minReaderVersion'),
      minWriterVersion: this.#integer(body, 'minWriterVersion'),
      readerFeatures: this.#optional(body, 'readerFeatures', (from, key) =>
        this.#textList(from, key),
      ),
      writerFeatures: this.#optional(body, 'writerFeatures', (from, key) =>
        this.#textList(from, key),
      ),
    };
  }

  #domain(body: JsonObject): DomainMetadataAction {
    return {
      domain: this.#text(body, 'domain'),
      configuration: this.#text(body, 'configuration'),
      removed: body['removed'] === true,
    };
  }

  #partitionValues(value: unknown): PartitionValues {
    const entries = Object.entries(this.#object(value, 'partitionValues'));
    for (const [name, text] of entries) {
      if (text !== null && typeof text !== 'string') this.#fail(`partitionValues.${name}`, text);
    }
    return Object.fromEntries(entries) as PartitionValues;
  }

  #optional<T>(
    body: JsonObject,
    key: string,
    read: (body: JsonObject, key: string) => T,
  ): T | undefined {
    return body[key] === undefined || body[key] === null ? undefined : read(body, key);
  }

  #optionalInteger(body: JsonObject, key: string): number | undefined {
    return this.#optional(body, key, (from, name) => this.#integer(from, name));
  }

  #text(body: JsonObject, key: string): string {
    const value = body[key];
    return typeof value === 'string' ? value : this.#fail(key, value);
  }

  #textList(body: JsonObject, key: string): readonly string[] {
    const value = body[key] ?? [];
    if (!Array.isArray(value)) return this.#fail(key, value);
    return value.map((text: unknown) => (typeof text === 'string' ? text : this.#fail(key, text)));
  }

  #texts(body: JsonObject, key: string): Readonly<Record<string, string>> {
    const entries = Object.entries(this.#object(body[key] ?? {}, key));
    return Object.fromEntries(
      entries.flatMap(([name, text]) => {
        if (text === null) return [];
        return typeof text === 'string' ? [[name, text]] : this.#fail(`${key}.${name}`, text);
      }),
    );
  }

  /** Whole numbers above 2^53 do not survive in a JavaScript number, so they are refused. */
  #integer(body: JsonObject, key: string): number {
    const value = body[key];
    return Number.isSafeInteger(value) ? (value as number) : this.#fail(key, value);
  }

  #object(value: unknown, key: string): JsonObject {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
    return this.#fail(key, value);
  }

  #fail(key: string, value: unknown): never {
    const text = JSON.stringify(value)?.slice(0, 100) ?? 'missing';
    throw this.#damaged(`: ${key} is ${text}, which Helios cannot read`);
  }

  #damaged(what: string, cause?: unknown): HeliosError {
    return new HeliosError('corrupt_data', `${this.#where}, line ${this.#line}${what}.`, {
      hint: 'Check which program wrote it, and restore the file if it is damaged.',
      cause,
    });
  }
}

const blankLine = Symbol('blank line');

/** The beginning of a line, for a person. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
