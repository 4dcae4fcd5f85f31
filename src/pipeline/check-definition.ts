import { HeliosError } from '../base/errors.ts';
import type { Catalog, PipelineDefinition, TableEntry } from '../catalog/catalog.ts';
import { storedSchema } from '../delta/schema-json.ts';
import { parseScript } from '../sql/parse-script.ts';
import type { SinkConnector } from '../sql/script.ts';
import { nowhereToPrint, tablesOf } from './definition-rules.ts';
import type { PipelineEnvironment } from './open-pipeline.ts';
import { checkedPartitionFields } from './plan/partition-fields.ts';
import { refuseExplain } from './plan/explained.ts';
import type { Plan } from './plan/plan.ts';
import { filesDefinition } from './sinks/open-files-sink.ts';
import { checkIsNotOwn } from './sinks/own-folder.ts';
import { resolvePath } from './sinks/resolve-path.ts';
import { type Planned, planScript, scriptFailure } from './plan/planner.ts';
import { checkViews } from './views/check-views.ts';
import { placeViews } from './views/view-places.ts';

export type CheckEnvironment = Pick<
  PipelineEnvironment,
  'engine' | 'connectors' | 'registry' | 'dataDirectory' | 'lookups' | 'state'
> & {
  readonly catalog: Catalog;
  /** Whether a bare SELECT has somewhere to print to. */
  readonly canPrint: boolean;
};

/** All that can be known of a script before it runs, without asking anybody over the network. */
export async function checkedScript(environment: CheckEnvironment, sql: string): Promise<Planned> {
  const { engine, connectors, lookups } = environment;
  await using connection = await engine.connect();
  const planned = await planScript(sql, connection, lookups);
  if (planned.kind === 'errors') return planned;
  const errors = connectors.problems(planned.plan.script);
  if (errors.length > 0) return { kind: 'errors', errors };
  return { kind: 'ok', plan: placeViews(planned.plan, environment) };
}

/** The plan of a script that may become a pipeline; fails with all that is wrong with it. */
export async function checkedPlan(environment: CheckEnvironment, sql: string): Promise<Plan> {
  const planned = await checkedScript(environment, sql);
  if (planned.kind === 'errors') throw scriptFailure(planned.errors);
  refuseExplain(planned.plan);
  const printed = planned.plan.outputs.find(({ table }) => table.connector.kind === 'stdout');
  if (printed !== undefined && !environment.canPrint) throw nowhereToPrint(printed);
  return planned.plan;
}

type Place = Pick<PipelineDefinition, 'baseDirectory'> & {
  /** Of the pipeline that is edited. */
  readonly id?: string | undefined;
};

/**
 * Refuses what several writers can't share. Several pipelines may feed one Delta table: each
 * commits with an id of its own, and a commit that another came before is tried again. For that
 * they have to agree on its name, its partitions and the types of the columns that they share. A
 * file is one writer's: each cuts it to its own length. `conflict`, `invalid_config`.
 */
export function checkPlaces(environment: CheckEnvironment, plan: Plan, place: Place): void {
  const { catalog, registry, dataDirectory } = environment;
  for (const { table } of plan.outputs) {
    const isView = table.isView === true;
    const path = isView ? undefined : pathOf(table.connector, place.baseDirectory);
    if (path !== undefined)
      checkIsNotOwn({ table: table.name, path, position: table.position }, dataDirectory);
  }
  checkViews(plan, { catalog, places: environment, pipelineId: place.id });
  for (const entry of tablesOf(plan, place.baseDirectory)) {
    catalog.checkTable(entry);
    const known = catalog.tables().find(({ path, name }) => isElsewhere(entry, { path, name }));
    if (known !== undefined) throw knownAs(known, entry);
  }
  for (const output of plan.outputs) {
    const { table, schema } = output;
    const { connector, name } = table;
    if (connector.kind === 'filesystem') {
      const path = resolvePath(connector.path, place.baseDirectory);
      registry.files.checkForSink(filesDefinition(output, connector, path));
    }
    if (connector.kind !== 'delta') continue;
    const stored = storedSchema(schema);
    registry.checkForSink({
      name,
      path: resolvePath(connector.path, place.baseDirectory),
      storageOptions: connector.storage,
      schema: stored,
      partitionColumns: checkedPartitionFields(name, connector.partitionFields, stored),
    });
  }
  checkFiles(catalog, plan, place);
}

function isElsewhere(entry: TableEntry, known: Pick<TableEntry, 'path' | 'name'>): boolean {
  return known.path === entry.path && known.name.toLowerCase() !== entry.name.toLowerCase();
}

function knownAs(known: TableEntry, entry: TableEntry): HeliosError {
  const message = `${entry.path} is the table ${known.name}; it can't be ${entry.name} as well.`;
  return new HeliosError('conflict', message, {
    hint: `Write INSERT INTO ${known.name}, or give ${entry.name} a path of its own.`,
  });
}

function checkFiles(catalog: Catalog, plan: Plan, { baseDirectory, id }: Place): void {
  const taken = new Map<string, string>();
  for (const pipeline of catalog.pipelines()) {
    const parsed = pipeline.id === id ? undefined : parseScript(pipeline.sql);
    if (parsed?.kind !== 'ok') continue;
    for (const { connector } of parsed.script.sinks) {
      const path = fileOf(connector, pipeline.baseDirectory);
      if (path !== undefined) taken.set(path, `the pipeline ${pipeline.name}`);
    }
  }
  for (const { table } of plan.outputs) {
    const path = fileOf(table.connector, baseDirectory);
    if (path === undefined) continue;
    const writer = taken.get(path);
    if (writer !== undefined) throw takenFile(path, writer);
    taken.set(path, `the table ${table.name}`);
  }
}

/** Where a sink writes on this machine, or the URL of a store. */
function pathOf(connector: SinkConnector, baseDirectory: string): string | undefined {
  return 'path' in connector ? resolvePath(connector.path, baseDirectory) : undefined;
}

function fileOf(connector: SinkConnector, baseDirectory: string): string | undefined {
  return connector.kind === 'single_file' ? resolvePath(connector.path, baseDirectory) : undefined;
}

function takenFile(path: string, writer: string): HeliosError {
  return new HeliosError('conflict', `The file ${path} is written by ${writer} already.`, {
    hint: 'A file has one writer: give each its own path, or write into a Delta table together.',
  });
}
