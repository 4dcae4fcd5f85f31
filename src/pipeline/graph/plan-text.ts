import type { GraphNode, PipelineGraph } from './graph.ts';

/** A line of the text is as long at most, in characters, unless a branch is very deep. */
const lineLengthMax = 100;
/** What is left for the text of a deep branch. */
const textLengthMin = 40;

/**
 * A graph as text: each sink, and below it what its rows are made of, down to the sources. A node
 * that several read is written out where it comes first.
 */
export function planText({ nodes, edges }: PipelineGraph): string {
  const reads = (id: string): readonly GraphNode[] => {
    const names = edges.filter(({ to }) => to === id).map(({ from }) => from);
    return nodes.filter((node) => names.includes(node.id));
  };
  const written = new Set<string>();
  const linesOf = (node: GraphNode, first: string, rest: string): readonly string[] => {
    if (written.has(node.id)) return wrapped(`${titleOf(node)}: see above`, first, rest);
    written.add(node.id);
    const below = reads(node.id);
    const beside = `${rest}${below.length > 0 ? '│  ' : '   '}`;
    return [
      ...wrapped(titleOf(node), first, beside),
      ...detailLines(node, beside),
      ...below.flatMap((one, index) => {
        const isLast = index === below.length - 1;
        return linesOf(one, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`);
      }),
    ];
  };
  const sinks = nodes.filter(({ kind }) => kind === 'sink');
  const texts = sinks.map((sink) => linesOf(sink, '', '').join('\n'));
  const unread = nodes.filter(({ id }) => !written.has(id));
  const others = unread.map((node) => `${titleOf(node)}: no sink reads it`);
  return `${[...texts, ...others].join('\n\n')}\n`;
}

/** `LEFT JOIN ON …` says what it is. */
function titleOf({ kind, label }: GraphNode): string {
  return label.split(' ').includes(kind.toUpperCase()) ? label : `${kind} ${label}`;
}

function detailLines({ kind, details }: GraphNode, beside: string): readonly string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    // Its label says it.
    if (kind === 'window' && name === 'window') return [];
    const text =
      typeof value === 'string' ? value : value.map((one) => one.replaceAll(' ', whole)).join(', ');
    return wrapped(`${name.replaceAll('_', ' ')}: ${text}`, beside, `${beside}  `);
  });
}

/** Stands for a space of an item of a list, which is kept on one line where that is possible. */
const whole = '\u00a0';

/** Broken at spaces, or where there are none, anywhere. */
function wrapped(text: string, first: string, rest: string): readonly string[] {
  const lines: string[] = [];
  let left = text;
  for (let indent = first; ; indent = rest) {
    const room = Math.max(textLengthMin, lineLengthMax - indent.length);
    if (left.length <= room) return [...lines, shown(`${indent}${left}`)];
    const spaces = [left.lastIndexOf(' ', room), left.lastIndexOf(whole, room)];
    const end = spaces.find((space) => space > room / 2) ?? room;
    lines.push(shown(`${indent}${left.slice(0, end)}`));
    left = left.slice(end).trimStart();
  }
}

function shown(line: string): string {
  return line.replaceAll(whole, ' ');
}
