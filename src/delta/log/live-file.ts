import type { AddAction, JsonObject } from '../actions.ts';
import type { DataFile, PartitionValues } from '../delta.ts';
import { type DeletionVectorDescriptor, parseDescriptor } from '../deletion/descriptor.ts';
import { decodePath } from '../path.ts';

/** What a writer may say of a file that hardly any does. */
type Rest = {
  readonly tags: AddAction['tags'];
  readonly vectorJson: JsonObject | undefined;
  readonly vector: DeletionVectorDescriptor | undefined;
};

/**
 * A live file, in little memory: a table may have a hundred thousand. The action that a checkpoint
 * has to keep is made again when it is asked for.
 */
export class LiveFile implements DataFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly byteLength: number;
  readonly modifiedAtMs: number;
  readonly statsJson: string | undefined;
  readonly #uri: string;
  readonly #dataChange: boolean;
  readonly #rest: Rest | undefined;

  /** Fails as `decodePath` and `parseDescriptor` do. */
  constructor(action: AddAction) {
    this.path = decodePath(action.path);
    this.#uri = this.path === action.path ? this.path : action.path;
    this.partitionValues = action.partitionValues;
    this.byteLength = action.size;
    this.modifiedAtMs = action.modificationTime;
    this.statsJson = action.stats;
    this.#dataChange = action.dataChange;
    const { tags, deletionVector: vectorJson } = action;
    const vector = vectorJson && parseDescriptor(vectorJson, this.path);
    this.#rest =
      tags === undefined && vector === undefined ? undefined : { tags, vectorJson, vector };
  }

  get deletionVector(): DeletionVectorDescriptor | undefined {
    return this.#rest?.vector;
  }

  get rowCount(): number | undefined {
    const stored = storedRows(this.statsJson);
    return stored === undefined ? undefined : stored - (this.deletionVector?.cardinality ?? 0);
  }

  get action(): AddAction {
    return {
      path: this.#uri,
      partitionValues: this.partitionValues,
      size: this.byteLength,
      modificationTime: this.modifiedAtMs,
      dataChange: this.#dataChange,
      stats: this.statsJson,
      tags: this.#rest?.tags,
      deletionVector: this.#rest?.vectorJson,
    };
  }
}

/** `numRecords`, which writers put first; only otherwise is the whole text parsed. */
function storedRows(stats: string | undefined): number | undefined {
  if (stats === undefined) return undefined;
  const first = /^\{"numRecords":(\d+)[,}]/.exec(stats)?.[1];
  if (first !== undefined) return Number(first);
  try {
    const parsed: unknown = JSON.parse(stats);
    const count: unknown = parsed === null ? undefined : Reflect.get(Object(parsed), 'numRecords');
    return typeof count === 'number' ? count : undefined;
  } catch {
    return undefined;
  }
}
