/** One step of a query's plan, over what gives it its rows. */
export type PlanNode = {
  readonly name: string;
  /** How many rows it gave, or is thought to give, as the database writes it. */
  readonly rows: string | undefined;
  /** Seconds, where it was measured. */
  readonly seconds: number | undefined;
  readonly details: readonly string[];
  readonly children: readonly PlanNode[];
};

export type Plan = {
  readonly root: PlanNode;
  /** Of all, where it was measured. */
  readonly totalSeconds: number | undefined;
};

/**
 * The tree in the boxes that DuckDB draws of a plan; undefined where there is none. Boxes of one
 * level stand side by side; a child is below its parent or further to the right, and no further
 * than the next box of the parent's level.
 */
export function planTree(drawn: string): Plan | undefined {
  const levels = levelsOf(drawn.split('\n'));
  const first = levels[0]?.[0];
  if (first === undefined) return undefined;
  const total = /Total Time: ([\d.]+)s/.exec(drawn)?.[1];
  const root = nodeOf(first, levels, 0);
  return {
    root: withoutShell(root),
    totalSeconds: total === undefined ? undefined : Number(total),
  };
}

type Box = {
  readonly column: number;
  /** Of the next box beside it, which its children don't reach. */
  readonly end: number;
  readonly lines: readonly string[];
};

const boxTop = /┌[─┴]{27}┐/g;
const boxBottom = /└[─┬]{27}┘/;
const boxWidth = 29;

function levelsOf(lines: readonly string[]): readonly (readonly Box[])[] {
  const levels: Box[][] = [];
  for (const [top, line] of lines.entries()) {
    const columns = [...line.matchAll(boxTop)].map(({ index }) => index);
    if (columns.length === 0) continue;
    const bottom = lines.findIndex((one, at) => at > top && boxBottom.test(one));
    const inner = lines.slice(top + 1, bottom < 0 ? lines.length : bottom);
    levels.push(
      columns.map((column, at) => ({
        column,
        end: columns[at + 1] ?? Number.POSITIVE_INFINITY,
        lines: inner.map((one) => one.slice(column + 1, column + boxWidth - 1).trim()),
      })),
    );
  }
  return levels;
}

function nodeOf(box: Box, levels: readonly (readonly Box[])[], level: number): PlanNode {
  const below = levels[level + 1] ?? [];
  const children = below
    .filter(({ column }) => column >= box.column && column < box.end)
    .map((child) => nodeOf(child, levels, level + 1));
  const [name = '', ...rest] = box.lines.filter((line) => !/^─+$/.test(line));
  const isRows = (line: string): boolean => /^~?[\d,]+ rows?$/.test(line);
  const isTime = (line: string): boolean => /^\(?[\d.]+s\)?$/.test(line);
  const time = rest.find(isTime)?.replaceAll(/[()s]/g, '');
  return {
    name,
    rows: rest.find(isRows)?.replace(/ rows?$/, ''),
    seconds: time === undefined ? undefined : Number(time),
    details: detailsOf(rest.filter((line) => !isRows(line) && !isTime(line))),
    children,
  };
}

/** Paragraphs, each on one line; the server's own files say nothing to whoever asked. */
function detailsOf(lines: readonly string[]): readonly string[] {
  const paragraphs: string[] = [];
  let begun = '';
  for (const line of [...lines, '']) {
    if (line !== '') {
      const isCut = begun.length > 0 && (begun.split('\n').at(-1)?.length ?? 0) >= cutFrom;
      begun += `${begun === '' || isCut ? '' : '\n'}${line}`;
    } else if (begun !== '') {
      paragraphs.push(begun.replaceAll('\n', ' '));
      begun = '';
    }
  }
  return paragraphs.filter((paragraph) => !/^(Filename\(s\)|Function):/.test(paragraph));
}

/** A line as long as that goes on in the next one. */
const cutFrom = 25;

/** Explaining is itself the outermost steps of a measured plan. */
function withoutShell(node: PlanNode): PlanNode {
  const [only] = node.children;
  const isShell = node.name === 'QUERY' || node.name === 'EXPLAIN_ANALYZE';
  return isShell && only !== undefined ? withoutShell(only) : node;
}
