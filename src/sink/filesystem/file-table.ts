import { HeliosError } from '../../base/errors.ts';
import type { AppTransaction, DataFile } from '../../delta/delta.ts';
import { isSameStoredType, storedSchema } from '../../delta/schema-json.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { Schema } from '../../event/schema.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import {
  type CommittedFile,
  type FilesTable,
  type Listing,
  listingPath,
  listingsPrefix,
  parseDocument,
  parseListingPath,
  printDocument,
  type Summary,
  summaryPath,
  tablePath,
} from './listing.ts';

/** The files of a folder as its listings name them. */
export type FilesSnapshot = {
  /** Counts the listings of all sinks. */
  readonly version: number;
  readonly tableId: string;
  /** In stored types. */
  readonly schema: Schema;
  /** As its lines hold them: JSON columns are JSON. */
  readonly columns: Schema;
  readonly partitionColumns: readonly string[];
  readonly format: FilesTable['files'];
  readonly files: readonly ListedFile[];
  readonly transactions: ReadonlyMap<string, AppTransaction>;
};

export type ListedFile = Omit<DataFile, 'modifiedAtMs'>;

/** What a sink is about to commit, after the listing that it knows of. */
export type NewListing = Omit<Listing, 'format' | 'number'>;

type SinkState = {
  readonly number: number;
  readonly to: Epoch | null;
  readonly atMs: EpochMs;
};

/** A reader that starts here reads at most so many listings of a sink. */
const summaryListings = 100;

/**
 * A folder of raw files, which Helios knows by its listings: a file that no listing names is not in
 * the table, whoever put it there.
 *
 * A commit is `putIfAbsent` of a sink's next listing: of two processes that run one sink, one wins
 * each number. Calls may overlap; they take effect one after another.
 */
export class FileTable {
  readonly #storage: Storage;
  readonly #facts: FilesTable;
  #head: StoredObject | undefined;
  #columns: Schema = [];
  #version = 0;
  #files: ListedFile[] = [];
  readonly #sinks = new Map<string, SinkState>();
  readonly #filesOf = new Map<string, CommittedFile[]>();
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(storage: Storage, facts: FilesTable, head: StoredObject | undefined) {
    this.#storage = storage;
    this.#facts = facts;
    this.#head = head;
  }

  /** The table in a folder; undefined where there is none. */
  static async open(storage: Storage): Promise<FileTable | undefined> {
    const head = await storage.stat(tablePath);
    if (head === undefined) return undefined;
    const table = new FileTable(storage, await readFacts(storage), head);
    await table.refresh();
    return table;
  }

  /** The table in a folder, made where there is none, whatever else lies there. */
  static async create(storage: Storage, facts: FilesTable): Promise<FileTable> {
    await storage.putIfAbsent(tablePath, printDocument(facts));
    const table = await FileTable.open(storage);
    if (table === undefined) throw gone(storage);
    return table;
  }

  snapshot(): FilesSnapshot {
    const { tableId, partitionColumns, files: format } = this.#facts;
    const transactions = [...this.#sinks].flatMap(([id, { to, atMs }]) =>
      to === null ? [] : [[id, { version: to, lastUpdatedMs: atMs }] as const],
    );
    return {
      version: this.#version,
      tableId,
      schema: storedSchema(this.#columns),
      columns: this.#columns,
      partitionColumns,
      format,
      files: this.#files,
      transactions: new Map(transactions),
    };
  }

  /**
   * Reads the listings that came since. `table_replaced` where the folder is another's, or gone.
   */
  async refresh(): Promise<FilesSnapshot> {
    return await this.#inTurn(async () => await this.#refresh());
  }

  /**
   * Puts the sink's next listing. `overtaken` where somebody else has put it, or where what it
   * follows isn't the newest.
   */
  async commit(listing: NewListing): Promise<'committed' | 'overtaken'> {
    return await this.#inTurn(async () => await this.#commit(listing));
  }

  async #commit(listing: NewListing): Promise<'committed' | 'overtaken'> {
    await this.#checkHead();
    const { sink } = listing;
    const known = this.#sinks.get(sink);
    if ((known?.to ?? null) !== listing.from) return 'overtaken';
    const number = (known?.number ?? 0) + 1;
    const document: Listing = { format: 1, number, ...listing };
    const put = await this.#storage.putIfAbsent(listingPath(sink, number), printDocument(document));
    if (put === 'exists') {
      await this.#refresh();
      return 'overtaken';
    }
    this.#apply(document);
    return 'committed';
  }

  /** Where a sink's listings have become many, one that holds them all. */
  async summarize(sinkId: string): Promise<void> {
    const state = this.#sinks.get(sinkId);
    if (state === undefined || state.number % summaryListings !== 0) return;
    const summary: Summary = {
      format: 1,
      number: state.number,
      sink: sinkId,
      to: state.to,
      committedAtMs: state.atMs,
      columns: this.#columns,
      files: this.#filesOf.get(sinkId) ?? [],
    };
    await this.#storage.put(summaryPath(sinkId, state.number), printDocument(summary));
  }

  async #refresh(): Promise<FilesSnapshot> {
    await this.#checkHead();
    const found = await this.#newListings();
    for (const [sinkId, { listings, summary }] of found) {
      let next = (this.#sinks.get(sinkId)?.number ?? 0) + 1;
      if (summary !== undefined && summary >= next) {
        const path = summaryPath(sinkId, summary);
        this.#apply(await this.#read<Summary>(path));
        next = summary + 1;
      }
      for (const number of listings.filter((one) => one >= next)) {
        if (number !== next) throw missing(this.#storage, listingPath(sinkId, next));
        this.#apply(await this.#read<Listing>(listingPath(sinkId, number)));
        next++;
      }
    }
    return this.snapshot();
  }

  /** Numbers of each sink's listings that aren't known, in order, and of its newest summary. */
  async #newListings(): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, { listings: number[]; summary: number | undefined }>();
    for await (const { path } of this.#storage.list(listingsPrefix)) {
      const name = parseListingPath(path);
      if (name === undefined) continue;
      if (name.number <= (this.#sinks.get(name.sinkId)?.number ?? 0)) continue;
      const sink = found.get(name.sinkId) ?? { listings: [], summary: undefined };
      found.set(name.sinkId, sink);
      if (name.isSummary) sink.summary = name.number;
      else sink.listings.push(name.number);
    }
    return found;
  }

  async #read<T extends Listing | Summary>(path: string): Promise<T> {
    const place = `${this.#storage.location}/${path}`;
    const bytes = await this.#storage.read(path);
    return parseDocument<Listing | Summary>(bytes, place, ['sink', 'to', 'files', 'columns']) as T;
  }

  #apply(listing: Listing | Summary): void {
    const { sink, number, to, committedAtMs: atMs } = listing;
    const isSummary = !('from' in listing);
    const before = isSummary ? [] : (this.#filesOf.get(sink) ?? []);
    const added = isSummary
      ? listing.files.slice(this.#filesOf.get(sink)?.length ?? 0)
      : listing.files;
    this.#version += number - (this.#sinks.get(sink)?.number ?? 0);
    this.#sinks.set(sink, { number, to, atMs });
    this.#filesOf.set(sink, [...before, ...listing.files]);
    this.#files = [...this.#files, ...added.map(toListed)];
    const known = new Set(this.#columns.map(({ name }) => name.toLowerCase()));
    const isNew = listing.columns.filter(({ name }) => !known.has(name.toLowerCase()));
    this.#columns = [...this.#columns, ...isNew];
  }

  async #checkHead(): Promise<void> {
    const head = await this.#storage.stat(tablePath);
    if (head === undefined) throw gone(this.#storage);
    const isSame =
      head.byteLength === this.#head?.byteLength && head.modifiedAtMs === this.#head.modifiedAtMs;
    if (isSame) return;
    const { tableId } = await readFacts(this.#storage);
    if (tableId !== this.#facts.tableId) throw replaced(this.#storage);
    this.#head = head;
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => undefined);
    return await turn;
  }
}

/** Refuses files that others of the folder can't be read together with. `invalid_config`. */
export function checkFilesFit(
  name: string,
  snapshot: FilesSnapshot,
  wanted: Pick<FilesSnapshot, 'columns' | 'format' | 'partitionColumns'>,
): void {
  if (JSON.stringify(snapshot.format) !== JSON.stringify(wanted.format)) {
    const hint = "Keep the format (and json.timestamp_format) that's there, or use another path.";
    throw unfit(`The files of ${name} are ${formatText(snapshot.format)}`, wanted.format, hint);
  }
  const [theirs, ours] = [snapshot, wanted].map((one) => one.partitionColumns.join(', '));
  if (theirs !== ours) {
    throw new HeliosError(
      'invalid_config',
      `The files of ${name} are partitioned by (${theirs}), not by (${ours}).`,
      { hint: 'Set partitioning.fields to what they have, or write to another path.' },
    );
  }
  for (const { name: column, type } of wanted.columns) {
    const there = snapshot.columns.find((one) => one.name.toLowerCase() === column.toLowerCase());
    if (there === undefined || isSameStoredType(there.type, type)) continue;
    throw new HeliosError(
      'invalid_config',
      `The column ${column} of ${name} has another type in the files that are there.`,
      { hint: 'Cast it to that type, give it another name, or write to another path.' },
    );
  }
}

type Found = { readonly listings: readonly number[]; readonly summary: number | undefined };

async function readFacts(storage: Storage): Promise<FilesTable> {
  const bytes = await storage.read(tablePath);
  const place = `${storage.location}/${tablePath}`;
  return parseDocument<FilesTable>(bytes, place, ['tableId', 'files', 'partitionColumns']);
}

function toListed({ path, rows, bytes, partitionValues, stats }: CommittedFile): ListedFile {
  return {
    path,
    partitionValues,
    byteLength: bytes,
    statsJson: stats ?? undefined,
    rowCount: rows,
  };
}

function formatText(format: FilesTable['files']): string {
  return format.kind === 'parquet' ? 'Parquet' : `JSON lines (${format.timestampFormat})`;
}

function unfit(start: string, wanted: FilesTable['files'], hint: string): HeliosError {
  return new HeliosError('invalid_config', `${start}, not ${formatText(wanted)}.`, { hint });
}

function gone(storage: Storage): HeliosError {
  return new HeliosError(
    'table_replaced',
    `The files in ${storage.location} are gone: ${tablePath}, which says what they are, ` +
      'is missing.',
    {
      hint:
        'Put the folder back, or stop the pipeline with --discard and start it again: rows that ' +
        'were in it are then not written again.',
    },
  );
}

function replaced(storage: Storage): HeliosError {
  return new HeliosError(
    'table_replaced',
    `The folder ${storage.location} was replaced: its ${tablePath} is another one.`,
    { hint: 'Put the old folder back, or write to another path.' },
  );
}

function missing(storage: Storage, path: string): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `${storage.location}/${path} is missing, though there are later listings.`,
    { hint: 'Put it back: it says which files are in the table.' },
  );
}
