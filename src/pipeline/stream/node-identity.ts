import { createHash } from 'node:crypto';
import type { Script, SourceColumn } from '../../sql/script.ts';
import type {
  Dataflow,
  DataflowNode,
  RelationSql,
  StateColumn,
  UpdatingNode,
  WindowNode,
} from '../dataflow/dataflow.ts';

/**
 * Name of each node that keeps state → a text that differs for nodes whose kept rows, or what they
 * gave, differ: state of one is none of the other. It goes by all that a node's rows are made of,
 * up to the sources' columns and the script's functions, and not by the nodes' names, which are
 * numbers. What a window makes of its kept rows at its end may change, and for whom it waits.
 */
export function nodeIdentities(
  { script }: { readonly script: Script },
  dataflow: Dataflow,
): ReadonlyMap<string, string> {
  const relations = new Relations(script, dataflow);
  const identities = new Map<string, string>();
  for (const node of dataflow.nodes) {
    const kept = relations.add(node);
    if (kept !== undefined) identities.set(node.name, kept);
  }
  return identities;
}

/** What relations give, as texts that differ for those that differ. */
class Relations {
  readonly #given = new Map<string, string>();
  readonly #callables: readonly (readonly [name: RegExp, definition: string])[];

  constructor(script: Script, { sources }: Dataflow) {
    this.#callables = callablesOf(script);
    for (const { name, format, columns } of script.sources) {
      const time = sources.find((one) => one.name === name);
      const said = time?.kind === 'column' ? time.time : (time?.kind ?? null);
      this.#given.set(name, this.#digest([format.kind, columns.map(columnText), said]));
    }
  }

  /** The identity of what it keeps; undefined where that is nothing. */
  add(node: DataflowNode): string | undefined {
    if (node.kind === 'select') {
      this.#given.set(node.name, this.#digest([this.#sql(node.sql)]));
      return undefined;
    }
    const kept = this.#digest(node.kind === 'window' ? this.#window(node) : this.#updating(node));
    // A window may make something else of the same rows.
    const result = node.kind === 'window' ? this.#sql(node.result) : null;
    this.#given.set(node.name, this.#digest([kept, result]));
    return kept;
  }

  #window({ shape, intake, keys, values }: WindowNode): readonly unknown[] {
    const sizes = Object.entries(shape).map(([key, value]) => [key, String(value)]);
    return [sizes, this.#sql(intake), [...keys, ...values].map(keptColumn)];
  }

  #updating({ inputs, result, columns, resultKeys, ...node }: UpdatingNode): readonly unknown[] {
    const kept = inputs.map(({ intake, keys, values, isRetracting }) => [
      this.#sql(intake),
      [...keys, ...values].map(keptColumn),
      isRetracting,
    ]);
    const given = columns.map(keptColumn);
    const { isAppending = false, keepsLast = false } = node;
    return [kept, this.#sql(result), given, resultKeys, isAppending, keepsLast];
  }

  #sql({ text, reads }: RelationSql): unknown {
    const own = text.replaceAll(/__node_\d+/g, (name) => this.#given.get(name) ?? name);
    return [own, reads.map((name) => this.#given.get(name) ?? name)];
  }

  #digest(content: readonly unknown[]): string {
    const text = JSON.stringify(content);
    const called = this.#callables.filter(([name]) => name.test(text));
    return digest([text, called.map(([, definition]) => definition)]);
  }
}

/** Macros and functions: each definition with those of what it calls. */
function callablesOf({ macros, functions }: Script): readonly (readonly [RegExp, string])[] {
  const known: (readonly [RegExp, string])[] = functions.map(
    ({ name, parameters, result, code, exportName, takesNull }) => [
      wordOf(name),
      digest([name, parameters, result, code, exportName, takesNull]),
    ],
  );
  for (const { name, parameters, expression } of macros) {
    const fallbacks = parameters.map((one) => [one.name, one.type, one.fallback?.text]);
    const called = known.filter(([word]) => word.test(expression.text));
    const definitions = called.map(([, definition]) => definition);
    known.push([wordOf(name), digest([name, fallbacks, expression.text, definitions])]);
  }
  return known;
}

function wordOf(name: string): RegExp {
  return new RegExp(`\\b${RegExp.escape(name)}\\b`, 'i');
}

function columnText({ name, type, origin }: SourceColumn): unknown {
  if (origin.kind === 'generated') return [name, type, origin.expression.text];
  return [name, type, origin];
}

function keptColumn(column: StateColumn): unknown {
  const { name, typeText } = column;
  return [name, typeText, 'merge' in column ? column.merge : 'key'];
}

function digest(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}
