import type { JsonNode } from './json-node.ts';

/**
 * What a document has at a path, names with dots between them; of a name that is written twice, the
 * last. Names may have dots themselves. Undefined where there is nothing.
 */
export function valueAt(node: JsonNode, path: string): JsonNode | undefined {
  if (node.kind !== 'object') return undefined;
  for (const { name, value } of node.members.toReversed()) {
    if (name === path) return value;
    const inner = path.startsWith(`${name}.`)
      ? valueAt(value, path.slice(name.length + 1))
      : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}
