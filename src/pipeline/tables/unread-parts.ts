import type { PipelineDefinition } from '../../catalog/catalog.ts';
import { parseScript } from '../../sql/parse-script.ts';
import { quarantineTable } from '../epoch/quarantine.ts';
import type { PipelineEnvironment } from '../open-pipeline.ts';
import { replayTable } from '../replay/replay.ts';

/**
 * Pipelines that were begun and can't be opened: rows of theirs that are in no file of their tables
 * yet are missing from answers, and whoever asks is told so.
 */
export class UnreadParts {
  readonly #pipelines = new Map<string, { readonly name: string; readonly tables: Set<string> }>();

  note({ id, name }: PipelineDefinition, tables: readonly string[]): void {
    const lower = tables.map((table) => table.toLowerCase());
    this.#pipelines.set(id, { name, tables: new Set(lower) });
  }

  clear({ id }: PipelineDefinition): void {
    this.#pipelines.delete(id);
  }

  /** The names of those whose rows are missing from a table; undefined where there are none. */
  of(table: string): readonly string[] | undefined {
    const names = [...this.#pipelines.values()]
      .filter(({ tables }) => tables.has(table.toLowerCase()))
      .map(({ name }) => name);
    return names.length === 0 ? undefined : names.toSorted();
  }
}

/** Notes that a pipeline's hot rows can't be read, by the tables that its script writes to. */
export function noteUnread(
  { registry }: Pick<PipelineEnvironment, 'registry'>,
  definition: PipelineDefinition,
): void {
  const parsed = parseScript(definition.sql);
  const sinks = parsed.kind === 'ok' ? parsed.script.sinks : [];
  const written = sinks.filter(({ connector }) => ['delta', 'filesystem'].includes(connector.kind));
  const names = [...written.map(({ name }) => name), quarantineTable, replayTable];
  registry.unread.note(definition, names);
}
