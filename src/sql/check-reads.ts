import type { TextPosition } from '../base/errors.ts';
import type { Script, ScriptError, SelectText } from './script.ts';

/** Names that each SELECT reads, in the script's spelling. */
export type Reads = Map<SelectText, readonly string[]>;

/**
 * Checks who reads whom: sinks are only written, memory tables are written too, and nothing goes in
 * circles.
 */
export function checkReads(script: Script, reads: Reads): readonly ScriptError[] {
  return [...sinkReads(script, reads), ...emptyMemory(script), ...circles(script, reads)];
}

function sinkReads(script: Script, reads: Reads): readonly ScriptError[] {
  return [...script.views, ...script.inserts].flatMap(({ select }) =>
    (reads.get(select) ?? []).flatMap((name) => {
      const sink = script.sinks.find((one) => one.name === name && one.isView !== true);
      if (sink === undefined) return [];
      const message = `The sink "${name}" is also read: a table is a source or a sink.`;
      const hint =
        'Read what it is made from, perhaps by way of a view; or query its table when it runs.';
      return [{ message, hint, position: placeOfName(select, name) }];
    }),
  );
}

/** Where a name stands in a SELECT; its beginning if it is written otherwise. */
function placeOfName(select: SelectText, name: string): TextPosition {
  const pattern = new RegExp(`(?<![\\w.])${name}(?!\\w)`, 'i');
  return select.positionAt(Math.max(0, select.text.search(pattern)));
}

function emptyMemory(script: Script): readonly ScriptError[] {
  return script.memoryTables.flatMap(({ name, position }) => {
    if (script.inserts.some((insert) => insert.target === name)) return [];
    const hint = "INSERT INTO it, or say where its rows come from: WITH (connector = 'http').";
    return [{ message: `Nothing writes to the memory table "${name}".`, hint, position }];
  });
}

type Relation = {
  readonly name: string;
  readonly position: TextPosition;
  readonly reads: readonly string[];
};

function circles(script: Script, reads: Reads): readonly ScriptError[] {
  const relations: readonly Relation[] = [
    ...script.views.map(({ name, position, select }) => ({
      name,
      position,
      reads: reads.get(select) ?? [],
    })),
    ...script.memoryTables.map(({ name, position }) => ({
      name,
      position,
      reads: script.inserts
        .filter((insert) => insert.target === name)
        .flatMap((insert) => reads.get(insert.select) ?? []),
    })),
  ];
  const byName = new Map(relations.map((relation) => [relation.name, relation]));
  const inCircle = relations.find((relation) => reaches(relation, relation.name, byName));
  if (inCircle === undefined) return [];
  const message = `"${inCircle.name}" reads itself, perhaps by way of others.`;
  const hint = 'Views and memory tables must lead from sources to sinks.';
  return [{ message, hint, position: inCircle.position }];
}

function reaches(from: Relation, name: string, byName: ReadonlyMap<string, Relation>): boolean {
  const seen = new Set<string>();
  const waiting = [...from.reads];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === name) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...(byName.get(next)?.reads ?? []));
  }
  return false;
}
