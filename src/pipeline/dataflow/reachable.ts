import type { DataflowNode, DataflowOutput } from './dataflow.ts';

/** What a node reads, sources too. */
export function readsOf(node: DataflowNode): readonly string[] {
  switch (node.kind) {
    case 'select':
      return node.sql.reads;
    case 'window':
      return node.intake.reads;
    default:
      return node.inputs.flatMap(({ intake }) => intake.reads);
  }
}

/** The nodes that outputs read, in their order. */
export function reachable(
  nodes: readonly DataflowNode[],
  outputs: readonly DataflowOutput[],
): readonly DataflowNode[] {
  const wanted = new Set(outputs.flatMap(({ sql }) => sql.reads));
  for (const node of nodes.toReversed()) {
    if (wanted.has(node.name)) for (const name of readsOf(node)) wanted.add(name);
  }
  return nodes.filter(({ name }) => wanted.has(name));
}

/**
 * The nodes whose windows wait for all that can meet their rows: outputs that share a window's
 * node, and all that is joined, have one watermark.
 */
export function withWaits(
  nodes: readonly DataflowNode[],
  outputs: readonly DataflowOutput[],
  lookups: ReadonlySet<string>,
): readonly DataflowNode[] {
  const below = closures(nodes);
  const groups: Set<string>[] = [];
  for (const { sql } of outputs) {
    const names = new Set(sql.reads.flatMap((name) => [...(below.get(name) ?? [])]));
    const windows = nodes.filter((node) => node.kind === 'window' && names.has(node.name));
    merge(groups, new Set(windows.map(({ name }) => name)));
  }
  const isNode = new Set(nodes.map(({ name }) => name));
  return nodes.map((node) => {
    if (node.kind !== 'window') return node;
    const group = groups.find((one) => one.has(node.name)) ?? new Set([node.name]);
    const reads = new Set([...group].flatMap((name) => [...(below.get(name) ?? [])]));
    return {
      ...node,
      waitsFor: [...reads].filter((name) => !isNode.has(name) && !lookups.has(name)),
    };
  });
}

/** Names that a node reads, itself and through others. */
function closures(nodes: readonly DataflowNode[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const node of nodes) {
    const names = readsOf(node).flatMap((name) => [name, ...(found.get(name) ?? [])]);
    found.set(node.name, new Set([node.name, ...names]));
  }
  return found;
}

function merge(groups: Set<string>[], added: Set<string>): void {
  const touched = groups.filter((group) => [...added].some((name) => group.has(name)));
  const all = new Set([...added, ...touched.flatMap((group) => [...group])]);
  const others = groups.filter((group) => !touched.includes(group));
  groups.splice(0, groups.length, ...others, all);
}
