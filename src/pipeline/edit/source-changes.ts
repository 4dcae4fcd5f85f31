import type { Script, SourceConnector, SourceTable } from '../../sql/script.ts';

export type SourceChange = {
  readonly name: string;
  /**
   * `kept`: it is read on from where it is. `replaced`: the name is now another stream's, which is
   * read from where its table says, as a `new` one is. `removed`: where it was read is forgotten.
   */
  readonly effect: 'kept' | 'new' | 'replaced' | 'removed';
  /** Where reading begins, of one that is new or replaced. */
  readonly from?: string | undefined;
};

/** What becomes of where a pipeline reads. */
export function sourceChanges(before: Script | undefined, after: Script): readonly SourceChange[] {
  const known = new Map((before?.sources ?? []).map((source) => [source.name, source]));
  const standing = after.sources.map((source): SourceChange => {
    const { name } = source;
    const earlier = known.get(name);
    if (earlier === undefined) return { name, effect: 'new', from: beginning(source) };
    if (placeOf(earlier.connector) === placeOf(source.connector)) return { name, effect: 'kept' };
    return { name, effect: 'replaced', from: beginning(source) };
  });
  const names = new Set(after.sources.map(({ name }) => name));
  const removed = [...known.keys()].filter((name) => !names.has(name));
  return [...standing, ...removed.map((name): SourceChange => ({ name, effect: 'removed' }))];
}

/** What tells one stream from another, as far as a script says. */
function placeOf(connector: SourceConnector): string {
  switch (connector.kind) {
    case 'http':
      return JSON.stringify([connector.kind, connector.stream]);
    case 'kafka': {
      const { topics, connection } = connector;
      const named = topics.kind === 'names' ? topics.names : topics.pattern.source;
      return JSON.stringify([connector.kind, named, connection]);
    }
    case 'kinesis':
      return JSON.stringify([connector.kind, connector.stream, connector.connection]);
    case 'filesystem':
      return JSON.stringify([connector.kind, connector.path, connector.storage]);
    default:
      return JSON.stringify([connector.kind, connector.path]);
  }
}

function beginning({ connector }: SourceTable): string {
  if (!('offset' in connector)) return 'earliest';
  const { offset } = connector;
  if (typeof offset === 'string') return offset;
  if (offset.kind === 'timestamp') return new Date(offset.atMs).toISOString();
  return offset.kind;
}
