/** A schema as a registry keeps it under an id. */
export type RegisteredSchema = {
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly text: string;
  /** Texts of the schemas whose names it uses, each after those that it uses itself. */
  readonly references: readonly string[];
};

/** Where the writers of a stream's records put their schemas. What an id means never changes. */
export interface SchemaRegistry {
  /** Its address, without names or passwords. */
  readonly endpoint: string;
  /**
   * The schema, or undefined where there is none of this id, and none came in a while of waiting.
   * `schema_missing` until then; `unreachable`, `access_refused`, `throttled`, `secret_missing`.
   */
  schema(id: number, signal: AbortSignal): Promise<RegisteredSchema | undefined>;
}
