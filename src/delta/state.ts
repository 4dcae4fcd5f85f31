import { HeliosError } from '../base/errors.ts';
import type { Schema } from '../event/schema.ts';
import type {
  Actions,
  DomainMetadataAction,
  MetadataAction,
  ProtocolAction,
  RemoveAction,
  TxnAction,
} from './actions.ts';
import type { AppTransaction, DataFile, Snapshot, TableVersion } from './delta.ts';
import { LiveFile } from './log/live-file.ts';
import { type PhysicalSchema, physicalSchema } from './mapping/physical-schema.ts';
import { decodePath } from './path.ts';
import { checkReadable } from './protocol.ts';
import { parseSchema, parseStruct } from './schema-json.ts';

export type { LiveFile };

/**
 * Everything the log says up to one version. Immutable to its holder.
 *
 * Appending commits share one growing list of files: a state sees its first `fileCount` entries, so
 * a commit of n files costs n, however many the table has. A commit that removes files makes a new
 * list, and so does one on top of a state that is not the newest.
 */
export class TableState implements Snapshot {
  readonly version: TableVersion;
  readonly protocol: ProtocolAction;
  readonly metadata: MetadataAction;
  readonly schema: Schema;
  readonly physical: PhysicalSchema | undefined;
  readonly transactions: ReadonlyMap<string, AppTransaction>;
  readonly domains: ReadonlyMap<string, DomainMetadataAction>;
  /** Files removed, by their decoded path, that a checkpoint may have to remember. */
  readonly tombstones: ReadonlyMap<string, RemoveAction>;
  readonly fileCount: number;
  readonly #list: FileList;
  #files: readonly DataFile[] | undefined;

  constructor(fields: StateFields) {
    this.version = fields.version;
    this.protocol = fields.protocol;
    this.metadata = fields.metadata;
    this.schema = fields.schema;
    this.physical = fields.physical;
    this.transactions = fields.transactions;
    this.domains = fields.domains;
    this.tombstones = fields.tombstones;
    this.#list = fields.list;
    this.fileCount = fields.list.files.length;
  }

  get tableId(): string {
    return this.metadata.id;
  }

  get partitionColumns(): readonly string[] {
    return this.metadata.partitionColumns;
  }

  get configuration(): Readonly<Record<string, string>> {
    return this.metadata.configuration;
  }

  get files(): readonly DataFile[] {
    this.#files ??= this.liveFiles();
    return this.#files;
  }

  /** Whether a live file has this decoded path. */
  hasFile(path: string): boolean {
    const place = this.#list.places.get(path);
    return place !== undefined && place < this.fileCount;
  }

  liveFiles(): readonly LiveFile[] {
    return this.#list.files.slice(0, this.fileCount);
  }

  /** The state after the commits that follow, in order; `commits[0]` is this version + 1. */
  next(commits: readonly Actions[]): TableState {
    if (commits.length === 0) return this;
    const isNewest = this.#list.files.length === this.fileCount;
    const list = isNewest ? this.#list : listOf(this.liveFiles());
    const { version, protocol, metadata, schema, physical } = this;
    const { transactions, domains, tombstones } = this;
    const fields = { version, protocol, metadata, schema, physical };
    return apply({ ...fields, transactions, domains, tombstones, list }, commits);
  }
}

/** What a checkpoint holds: the small actions, and files that are live or were removed. */
export type CheckpointContent = {
  /** Without adds and removes. */
  readonly actions: Actions;
  readonly files: readonly LiveFile[];
  readonly removes: readonly RemoveAction[];
};

/**
 * The state of `version`, from a checkpoint and the commits after it, or from the commits from 0.
 */
export function firstState(
  version: TableVersion,
  checkpoint: CheckpointContent | undefined,
  commits: readonly Actions[],
): TableState {
  const all = checkpoint === undefined ? commits : [checkpoint.actions, ...commits];
  const { protocol, metadata } = latest(all);
  if (protocol === undefined || metadata === undefined) {
    throw new HeliosError(
      'corrupt_data',
      `The table's log has no ${protocol === undefined ? 'protocol' : 'metaData'} action.`,
      { hint: 'Check which program wrote it, and restore the table from a copy.' },
    );
  }
  checkReadable(protocol, metadata);
  const base: StateFields = {
    version: version - all.length,
    protocol,
    metadata,
    ...schemaOf(metadata),
    transactions: new Map(),
    domains: new Map(),
    ...filesOf(checkpoint),
  };
  return apply(base, all);
}

/** A file of which rows were deleted is there twice: as it was, removed, and as it is. */
function filesOf(checkpoint: CheckpointContent | undefined): Pick<StateFields, FileFields> {
  const list = listOf(checkpoint?.files ?? []);
  const removes = (checkpoint?.removes ?? []).map(tombstone);
  return { list, tombstones: new Map(removes.filter(([path]) => !list.places.has(path))) };
}

function tombstone(remove: RemoveAction): [string, RemoveAction] {
  return [decodePath(remove.path), remove];
}

type FileFields = 'list' | 'tombstones';

function schemaOf(metadata: MetadataAction): Pick<StateFields, 'schema' | 'physical'> {
  const { schemaString, configuration } = metadata;
  return {
    schema: parseSchema(schemaString),
    physical: physicalSchema(parseStruct(schemaString), configuration),
  };
}

/** The protocol and metadata that hold after the commits, where they say so. */
function latest(commits: readonly Actions[]): {
  readonly protocol: ProtocolAction | undefined;
  readonly metadata: MetadataAction | undefined;
} {
  return {
    protocol: commits.findLast((commit) => commit.protocol !== undefined)?.protocol,
    metadata: commits.findLast((commit) => commit.metadata !== undefined)?.metadata,
  };
}

type FileList = {
  /** Grows at its end only. */
  readonly files: LiveFile[];
  /** Decoded path → place in `files`. */
  readonly places: Map<string, number>;
};

type StateFields = {
  readonly version: TableVersion;
  readonly protocol: ProtocolAction;
  readonly metadata: MetadataAction;
  readonly schema: Schema;
  readonly physical: PhysicalSchema | undefined;
  readonly transactions: ReadonlyMap<string, AppTransaction>;
  readonly domains: ReadonlyMap<string, DomainMetadataAction>;
  readonly tombstones: ReadonlyMap<string, RemoveAction>;
  readonly list: FileList;
};

function apply(fields: StateFields, commits: readonly Actions[]): TableState {
  const { protocol = fields.protocol, metadata = fields.metadata } = latest(commits);
  if (protocol !== fields.protocol || metadata !== fields.metadata) {
    checkReadable(protocol, metadata);
  }
  const { schema, physical } = metadata === fields.metadata ? fields : schemaOf(metadata);
  const version = fields.version + commits.length;
  const changed = { ...fields, version, protocol, metadata, schema, physical };
  return new TableState({
    ...changed,
    ...applySmall(fields, commits),
    ...applyFiles(fields, commits),
  });
}

function applySmall(
  fields: StateFields,
  commits: readonly Actions[],
): Pick<StateFields, 'transactions' | 'domains'> {
  const transactions = commits.flatMap((commit) => commit.transactions);
  const domains = commits.flatMap((commit) => commit.domains);
  return {
    transactions: withEntries(fields.transactions, transactions.map(transactionEntry)),
    domains: withEntries(
      fields.domains,
      domains.map((action) => [action.domain, action]),
    ),
  };
}

function transactionEntry(action: TxnAction): [string, AppTransaction] {
  return [action.appId, { version: action.version, lastUpdatedMs: action.lastUpdated }];
}

function withEntries<V>(
  map: ReadonlyMap<string, V>,
  entries: readonly (readonly [string, V])[],
): ReadonlyMap<string, V> {
  return entries.length === 0 ? map : new Map([...map, ...entries]);
}

function applyFiles(
  fields: StateFields,
  commits: readonly Actions[],
): Pick<StateFields, FileFields> {
  const parsed = commits.map((commit) => ({
    adds: commit.adds.map((add) => new LiveFile(add)),
    removes: commit.removes.map(tombstone),
  }));
  const { places } = fields.list;
  const isAppend = commits.every((commit) => commit.removes.length === 0);
  const added = parsed.flatMap((commit) => commit.adds);
  const paths = new Set(added.map((file) => file.path));
  const isNew =
    paths.size === added.length &&
    added.every((file) => !places.has(file.path) && !fields.tombstones.has(file.path));
  if (isAppend && isNew) {
    for (const file of added) places.set(file.path, fields.list.files.push(file) - 1);
    return { list: fields.list, tombstones: fields.tombstones };
  }
  const live = new Map(fields.list.files.map((file) => [file.path, file]));
  const tombstones = new Map(fields.tombstones);
  for (const commit of parsed) {
    // Of one commit the removes go first: a file removed and added again in it is live.
    for (const [path, remove] of commit.removes) {
      live.delete(path);
      tombstones.set(path, remove);
    }
    for (const file of commit.adds) {
      live.set(file.path, file);
      tombstones.delete(file.path);
    }
  }
  return { list: listOf([...live.values()]), tombstones };
}

function listOf(files: readonly LiveFile[]): FileList {
  const places = new Map<string, number>();
  for (const [place, file] of files.entries()) places.set(file.path, place);
  return { files: [...files], places };
}
