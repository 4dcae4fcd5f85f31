import type { JsonNode } from './json-node.ts';

/** The document in lines, its numbers as they were written. */
export function jsonText(node: JsonNode, indent = ''): string {
  const deeper = `${indent}  `;
  if (node.kind === 'object') {
    const members = node.members.map(
      ({ name, value }) => `${deeper}${JSON.stringify(name)}: ${jsonText(value, deeper)}`,
    );
    return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
  }
  if (node.kind === 'array') {
    const items = node.items.map((item) => deeper + jsonText(item, deeper));
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
  }
  return node.kind === 'string' ? JSON.stringify(node.text) : scalarText(node);
}

/** A value as a person reads it: a text without its quotes. */
export function scalarText(node: JsonNode): string {
  if (node.kind === 'null') return 'null';
  if (node.kind === 'object') return sizeText(node.members.length, 'field');
  if (node.kind === 'array') return sizeText(node.items.length, 'item');
  return node.text;
}

function sizeText(size: number, what: string): string {
  return size === 1 ? `1 ${what}` : `${size} ${what}s`;
}
