import { type ReactNode, useEffect } from 'react';
import { Failure } from '../../../parts/failure.tsx';
import type { QueryOrder, RunState } from '../run/query-run.ts';
import { useRun } from '../run/use-run.ts';
import { type Plan, type PlanNode, planTree } from './plan-tree.ts';
import './plan-view.css';

/** How the database goes about a query: its steps, each above what gives it its rows. */
export function PlanView({
  id,
  order,
}: {
  /** Under which the plan is asked for. */
  readonly id: string;
  readonly order: QueryOrder;
}): ReactNode {
  const { run, state } = useRun(id);
  const key = JSON.stringify([order.text, order.params]);
  const explain = (keyword: string): void =>
    run.run({ ...order, text: `${keyword} ${order.text}` });
  useEffect(() => {
    const asked = state.order?.text.replace(/^EXPLAIN (ANALYZE )?/, '');
    if (asked !== order.text) explain('EXPLAIN');
    // Asked once for each query; measuring it is for the person to ask.
  }, [key]);
  const isRunning = state.phase.kind === 'running';
  return (
    <div className="plan">
      <div className="plan-tools">
        <button
          type="button"
          className="button"
          disabled={isRunning}
          onClick={() => explain('EXPLAIN ANALYZE')}
        >
          Run and measure
        </button>
        <span className="quiet" role="status">
          {isRunning ? 'Asking for the plan …' : ''}
        </span>
      </div>
      {state.phase.kind === 'failed' && <Failure error={placeless(state.phase.error)} />}
      <Drawn state={state} />
    </div>
  );
}

/** The place is in the text with EXPLAIN before it. */
function placeless<T extends { readonly position?: unknown }>(error: T): Omit<T, 'position'> {
  const { position: _, ...rest } = error;
  return rest;
}

function Drawn({ state: { answer } }: { readonly state: RunState }): ReactNode {
  if (answer === undefined) return null;
  const text = answer.document.rows.map((row) => String(row[1])).join('\n');
  const plan = planTree(text);
  if (plan === undefined) return <pre className="plan-text">{text}</pre>;
  return (
    <div className="plan-scroll" tabIndex={0} role="region" aria-label="Plan">
      {plan.totalSeconds !== undefined && (
        <p className="quiet">Measured: {plan.totalSeconds} s in all</p>
      )}
      <ul className="plan-tree">
        <Step node={plan.root} plan={plan} />
      </ul>
    </div>
  );
}

function Step({ node, plan }: { readonly node: PlanNode; readonly plan: Plan }): ReactNode {
  const { name, rows, seconds, details, children } = node;
  return (
    <li>
      <div className="plan-step">
        <span className="name">{words(name)}</span>
        {rows !== undefined && (
          <span className="number" title={rows.startsWith('~') ? 'Estimated' : 'Counted'}>
            {rows} rows
          </span>
        )}
        {seconds !== undefined && plan.totalSeconds !== undefined && (
          <span className="number quiet">{seconds.toFixed(2)} s</span>
        )}
        {details.length > 0 && <span className="details quiet">{details.join(' · ')}</span>}
      </div>
      {children.length > 0 && (
        <ul>
          {children.map((child, index) => (
            <Step key={`${index} ${child.name}`} node={child} plan={plan} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** `HASH_GROUP_BY` as `Hash group by`. */
function words(name: string): string {
  const lower = name.toLowerCase().replaceAll('_', ' ');
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}
