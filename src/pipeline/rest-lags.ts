import type { Clock } from '../base/clock.ts';
import { Deadline } from '../source/deadline.ts';
import type { PartitionLag, Source } from '../source/source.ts';
import { LagWatch } from './lag-watch.ts';
import type { ManagedPipeline } from './managed-pipeline.ts';
import type { Connectors, OpenPipeline } from './open-pipeline.ts';

/** Source name → its partitions. */
type Lags = ReadonlyMap<string, readonly PartitionLag[]>;

type RestLagsContext = { readonly connectors: Connectors; readonly clock: Clock };

/** Who looks waits no longer for somebody else's servers. */
const askTimeoutMs = 3_000;
/** Connectors whose lag can be told without reading. */
const tellingKinds: ReadonlySet<string> = new Set(['http', 'kafka']);
/** States in which nothing is read, and nothing tries to. */
const restingStates: ReadonlySet<string> = new Set(['paused', 'stopped', 'failed']);

/** How far pipelines that read nothing are behind: found out when somebody looks. */
export class RestLags {
  readonly #context: RestLagsContext;
  /** Under way, by the pipelines' ids: all who look meanwhile wait for one answer. */
  readonly #asking = new Map<string, Promise<Lags>>();

  constructor(context: RestLagsContext) {
    this.#context = context;
  }

  /** Undefined for a pipeline that reads; sources that don't tell in time are left out. */
  async of({ definition, open, state }: ManagedPipeline): Promise<Lags | undefined> {
    if (open === undefined || !restingStates.has(state)) return undefined;
    const { id, baseDirectory } = definition;
    let asking = this.#asking.get(id);
    if (asking === undefined) {
      asking = this.#ask(open, baseDirectory).finally(() => this.#asking.delete(id));
      this.#asking.set(id, asking);
    }
    return await asking;
  }

  async #ask(open: OpenPipeline, baseDirectory: string): Promise<Lags> {
    const { clock } = this.#context;
    using deadline = new Deadline(clock, askTimeoutMs, new AbortController().signal);
    const found = new Map<string, readonly PartitionLag[]>();
    const tables = open.plan.script.sources.filter(({ connector }) =>
      tellingKinds.has(connector.kind),
    );
    const asked = tables.map(async (table) => {
      const scope = { pipelineId: undefined, baseDirectory, signal: deadline.signal };
      const source = await this.#context.connectors.source(table, scope);
      try {
        const lags = await this.#lagsOf(open, table.name, source);
        if (lags !== undefined) found.set(table.name, lags);
      } finally {
        await source.close();
      }
    });
    // What keeps a source from telling is told where it is read.
    await deadline.race(Promise.allSettled(asked)).catch(() => undefined);
    return new Map(found);
  }

  async #lagsOf(
    open: OpenPipeline,
    name: string,
    source: Source,
  ): Promise<readonly PartitionLag[] | undefined> {
    const watch = new LagWatch({
      sources: new Map([[name, source]]),
      positions: () => open.runner.positions,
      until: open.runner.manifest.until,
      clock: this.#context.clock,
    });
    await watch.ask();
    return watch.lags.get(name);
  }
}
