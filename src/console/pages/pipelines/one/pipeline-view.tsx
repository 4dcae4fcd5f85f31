import { type ReactNode, useEffect, useState } from 'react';
import type { PipelineAnswer, ValidateAnswer } from '../../../../server/api.ts';
import { Allowed, NotAllowed } from '../../../access/allowed.tsx';
import { useMay } from '../../../access/use-door.ts';
import { usePolled } from '../../../api/polled.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { PipelineState } from '../../../parts/pipeline-state.tsx';
import { usePlace, withSearch } from '../../../place.ts';
import { count } from '../../../text.ts';
import { GraphView } from '../graph/graph-view.tsx';
import { graphOf, type PipelineNode } from '../graph/pipeline-graph.ts';
import { quarantineTable } from '../rates.ts';
import { useRates } from '../use-rates.ts';
import { Actions } from './actions.tsx';
import { Details } from './details.tsx';

const everyMs = 2000;

/** One pipeline: its graph, what it does and what can be done with it. */
export function PipelineView({ name }: { readonly name: string }): ReactNode {
  const path = `/api/v1/pipelines/${encodeURIComponent(name)}`;
  const { value, error, again } = usePolled<PipelineAnswer>(path, everyMs);
  const { pipelines, rates } = useRates();
  const live = pipelines?.find((one) => one.id === value?.id);
  const checked = useGraph(useMay('admin') ? value?.sql : undefined);
  const place = usePlace();
  if (value === undefined) {
    return (
      <section className="section pipelines">
        <Title name={name} />
        {error !== undefined && <Failure error={error} />}
      </section>
    );
  }
  // What is asked for has the partitions; what is told by itself is newer.
  const pipeline = live === undefined ? value : { ...live, sources: value.sources };
  const hrefOf = (node: PipelineNode): string => {
    if (node.kind === 'rejected') return `/quarantine?pipeline=${encodeURIComponent(value.name)}`;
    if (node.kind === 'source') return withSearch(place, { show: 'partitions' });
    const sink = pipeline.sinks.find(({ table }) => table === node.id);
    if (node.kind !== 'sink' || sink?.connector !== 'delta') {
      return withSearch(place, { show: undefined });
    }
    return `/tables/${encodeURIComponent(node.id)}`;
  };
  return (
    <section className="section pipelines">
      <header>
        <Title name={value.name} />
        <PipelineState state={pipeline.state} />
        <Allowed need="admin">
          <Actions pipeline={pipeline} onChanged={again} />
        </Allowed>
      </header>
      <NotAllowed need="admin" what="Changing a pipeline" />
      {error !== undefined && <Failure error={error} />}
      <Problems pipeline={pipeline} />
      <GraphView graph={graphOf(pipeline, checked, rates.get(value.id))} hrefOf={hrefOf} />
      <Details pipeline={pipeline} />
    </section>
  );
}

function Title({ name }: { readonly name: string }): ReactNode {
  return (
    <h1 className="pipelines-title">
      <Link href="/pipelines">Pipelines</Link>
      <span className="quiet" aria-hidden="true">
        /
      </span>
      <span className="name">{name}</span>
    </h1>
  );
}

/** Why it failed, and what its sources and sinks wait for. */
function Problems({ pipeline }: { readonly pipeline: PipelineAnswer }): ReactNode {
  const { error, sources, sinks, kept } = pipeline;
  const hot = sinks.reduce((sum, { table, hot_rows }) => {
    return sum + (table === quarantineTable ? 0 : hot_rows);
  }, 0);
  return (
    <>
      {error !== undefined && (
        <div className="notice bad" role="alert">
          <div>
            <p>{error.message}</p>
            {error.hint !== undefined && <p>{error.hint}</p>}
          </div>
        </div>
      )}
      {[...sources, ...sinks.map(({ table, waiting }) => ({ name: table, waiting }))].map(
        ({ name, waiting }) =>
          waiting !== undefined && (
            <div key={name} className="notice hot" role="status">
              <div>
                <p>
                  {name} waits: {waiting.message}
                </p>
                {waiting.hint !== undefined && <p>{waiting.hint}</p>}
              </div>
            </div>
          ),
      )}
      {kept?.failing_since !== undefined && (
        <div className="notice hot" role="status">
          <p>
            Its state can’t be kept outside this machine; {count(hot)} rows wait to be written to
            tables.
          </p>
        </div>
      )}
    </>
  );
}

type Checked = Extract<ValidateAnswer, { readonly valid: true }>['graph'];

/** The graph of a script; undefined until it is known, and where the script is not valid now. */
function useGraph(sql: string | undefined): Checked | undefined {
  const [known, setKnown] = useState<{ sql: string; graph: Checked | undefined }>();
  useEffect(() => {
    if (sql === undefined) return undefined;
    const stop = new AbortController();
    const path = '/api/v1/pipelines/validate';
    request<ValidateAnswer>(path, { body: { sql }, signal: stop.signal })
      .then((answer) => setKnown({ sql, graph: answer.valid ? answer.graph : undefined }))
      // The ends of the pipeline are drawn without; the page says by itself when nobody answers.
      .catch((thrown: unknown) => {
        if (errorBodyOf(thrown).code !== 'unavailable') setKnown({ sql, graph: undefined });
      });
    return () => stop.abort();
  }, [sql]);
  return known?.sql === sql ? known?.graph : undefined;
}
