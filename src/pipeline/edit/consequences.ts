import type { EpochMs } from '../../event/record.ts';
import type { Dataflow, DataflowNode } from '../dataflow/dataflow.ts';
import { readsOf } from '../dataflow/reachable.ts';
import type { Plan } from '../plan/plan.ts';
import { carriedStream } from '../stream/carried-stream.ts';
import type { ManifestStream, ManifestStreamNode } from '../stream/manifest-stream.ts';
import { nodeIdentities } from '../stream/node-identity.ts';
import type { KeptFacts } from './kept-facts.ts';
import { sinkChanges, type SinkChange } from './sink-changes.ts';
import { sourceChanges, type SourceChange } from './source-changes.ts';

/** What an edit does to a pipeline, told before it is made. */
export type EditConsequences = {
  readonly operators: readonly OperatorChange[];
  readonly sources: readonly SourceChange[];
  readonly sinks: readonly SinkChange[];
};

export type OperatorChange = {
  /**
   * `kept`: it is in the edited SQL as it was, and goes on with what it keeps. `lost`: it is not,
   * and what it keeps would be of no use. `new`: it begins with nothing.
   */
  readonly effect: 'kept' | 'lost' | 'new';
  readonly kind: 'tumble' | 'hop' | 'session' | 'updating' | 'unknown';
  readonly label: string;
  /** Tables that it feeds: in the edited SQL, or in that of now where it is lost. */
  readonly sinks: readonly string[];
  /** What it keeps now; undefined of a new one. */
  readonly state: OperatorState | undefined;
};

export type OperatorState = {
  /** Of its parts; rows that nobody needs any more may be among them. */
  readonly rows: number;
  readonly bytes: number;
  /** Windows that are open and have rows; undefined of sessions, and where it isn't known. */
  readonly windows?: number | undefined;
  /** Of groups and joins: values that they keep rows of. */
  readonly keys?: number | undefined;
  /** Where its first open window begins; of groups and joins, when their oldest row came. */
  readonly sinceMs?: EpochMs | undefined;
};

export type EditedPipeline = {
  /** What runs; undefined where its SQL can't be planned any more. */
  readonly before: Plan | undefined;
  /** Of the newest manifest. */
  readonly stream: ManifestStream | undefined;
  readonly after: Plan;
  /** What is known of the kept rows besides, by the name of the node that keeps them. */
  readonly facts: ReadonlyMap<string, KeptFacts>;
};

/** Compares what runs, and what it keeps, with edited SQL. */
export function consequencesOf(edited: EditedPipeline): EditConsequences {
  const { before, after } = edited;
  return {
    operators: operatorChanges(edited),
    sources: sourceChanges(before?.script, after.script),
    sinks: sinkChanges(before, after),
  };
}

/** Whether an edit would give up rows that some operator keeps. */
export function losesState({ operators }: Pick<EditConsequences, 'operators'>): boolean {
  return operators.some(({ effect, state }) => effect === 'lost' && (state?.rows ?? 0) > 0);
}

function operatorChanges(edited: EditedPipeline): readonly OperatorChange[] {
  const { before, stream, after, facts } = edited;
  const identities = after.dataflow && nodeIdentities(after, after.dataflow);
  const carried = carriedStream(stream, identities)?.nodes ?? [];
  const kept = new Map(carried.map(({ identity, name }) => [identity, name]));
  const old = stream?.nodes ?? [];
  const standing = statefulNodes(after.dataflow).map((node): OperatorChange => {
    const identity = identities?.get(node.name);
    const entry = old.find(
      (one) => one.identity === identity && kept.get(one.identity) === node.name,
    );
    const what = described(node, after.dataflow);
    if (entry === undefined) return { effect: 'new', ...what, state: undefined };
    return { effect: 'kept', ...what, state: stateOf(entry, facts) };
  });
  const gone = old
    .filter(({ identity }) => !kept.has(identity))
    .map((entry): OperatorChange => {
      const node = statefulNodes(before?.dataflow).find(({ name }) => name === entry.name);
      const known = node && described(node, before?.dataflow);
      const unknown = { kind: 'unknown', label: entry.name, sinks: [] } as const;
      return { effect: 'lost', ...(known ?? unknown), state: stateOf(entry, facts) };
    });
  return [...gone, ...standing];
}

type StatefulNode = Exclude<DataflowNode, { readonly kind: 'select' }>;

function statefulNodes(dataflow: Dataflow | undefined): readonly StatefulNode[] {
  return (dataflow?.nodes ?? []).flatMap((node) => (node.kind === 'select' ? [] : [node]));
}

function described(
  node: StatefulNode,
  dataflow: Dataflow | undefined,
): Pick<OperatorChange, 'kind' | 'label' | 'sinks'> {
  const kind = node.kind === 'window' ? node.shape.kind : node.kind;
  return { kind, label: node.label, sinks: dataflow ? sinksFedBy(node.name, dataflow) : [] };
}

function sinksFedBy(name: string, { nodes, outputs }: Dataflow): readonly string[] {
  const fed = new Set([name]);
  for (const node of nodes) if (readsOf(node).some((one) => fed.has(one))) fed.add(node.name);
  const tables = outputs.filter(({ sql }) => sql.reads.some((one) => fed.has(one)));
  return tables.map(({ table }) => table);
}

function stateOf(
  { name, parts }: ManifestStreamNode,
  facts: EditedPipeline['facts'],
): OperatorState {
  return {
    ...facts.get(name),
    rows: parts.reduce((sum, { rowCount }) => sum + rowCount, 0),
    bytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
