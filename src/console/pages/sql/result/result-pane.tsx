import type { ReactNode } from 'react';
import { ChartView } from '../../../chart/chart-view.tsx';
import type { Fix } from '../../../editor/fix.ts';
import { Failure } from '../../../parts/failure.tsx';
import { PlanView } from '../plan/plan-view.tsx';
import { orderOfMore } from '../run/order.ts';
import { type QueryOrder, queryRuns, type RunState } from '../run/query-run.ts';
import { count } from '../../../text.ts';
import { planOf, type ResultView, type SqlTab } from '../tabs/tabs.ts';
import { StatusLine } from './status-line.tsx';
import { TableView } from './table-view.tsx';
import './result-pane.css';

export type ResultPaneProps = {
  readonly tab: SqlTab;
  readonly state: RunState;
  /** What Run would run: its plan can be seen before. */
  readonly order: QueryOrder | undefined;
  /** What would mend the error, if anything is known to. */
  readonly fixes: readonly Fix[];
  readonly onFix: (fix: Fix) => void;
  readonly onChange: (change: Partial<SqlTab>) => void;
};

/** What came of the query: its state, its error, its rows. */
export function ResultPane(props: ResultPaneProps): ReactNode {
  const { state } = props;
  const { phase, live } = state;
  const isOld = phase.kind !== 'done' && live === 'off' && state.answer !== undefined;
  return (
    <section
      className={live === 'on' ? 'sql-result live' : 'sql-result'}
      aria-label="Result"
      aria-busy={phase.kind === 'running'}
    >
      <div className="sql-result-head">
        <StatusLine state={state} />
        <More {...props} />
        <Views {...props} />
      </div>
      {phase.kind === 'failed' && (
        <Failure error={phase.error}>
          <Fixes {...props} />
        </Failure>
      )}
      <div className={isOld ? 'sql-result-body old' : 'sql-result-body'}>
        <View {...props} />
      </div>
    </section>
  );
}

/** The table and the chart have what was asked for: more of it is one click away. */
function More({ tab, state: { answer, phase, live } }: ResultPaneProps): ReactNode {
  if (answer?.document.truncated !== true || phase.kind !== 'done' || live !== 'off') return null;
  const order = orderOfMore(answer.order);
  if (order === undefined) return <span className="quiet">an export has all</span>;
  return (
    <button type="button" className="button" onClick={() => queryRuns.of(tab.id).run(order)}>
      Ask for {count(order.rowsMax)} rows
    </button>
  );
}

const views: readonly { readonly view: ResultView; readonly name: string }[] = [
  { view: 'table', name: 'Table' },
  { view: 'chart', name: 'Chart' },
  { view: 'plan', name: 'Plan' },
];

function Views({ tab, onChange }: ResultPaneProps): ReactNode {
  return (
    <div className="sql-views" role="group" aria-label="How the result is shown">
      {views.map(({ view, name }) => (
        <button
          key={view}
          type="button"
          className="button"
          aria-pressed={tab.view === view}
          onClick={() => onChange({ view })}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function Fixes({ fixes, onFix }: ResultPaneProps): ReactNode {
  return (
    <div className="sql-fixes">
      {fixes.map((fix) => (
        <button key={fix.insert} type="button" className="button" onClick={() => onFix(fix)}>
          Change to {fix.insert}
        </button>
      ))}
    </div>
  );
}

function View({ tab, state, order, onChange }: ResultPaneProps): ReactNode {
  const { answer, phase } = state;
  const planned = state.order ?? order;
  if (tab.view === 'plan' && planned !== undefined) {
    return <PlanView key={tab.id} id={planOf(tab.id)} order={planned} />;
  }
  if (answer === undefined) {
    if (phase.kind !== 'idle') return null;
    return (
      <p className="sql-empty quiet">
        The answer comes here. Run takes the statement that the cursor is in, or what is selected.
      </p>
    );
  }
  if (tab.view === 'chart') {
    const { columns, rows, truncated } = answer.document;
    return (
      <ChartView
        answered={columns}
        rows={rows}
        isPart={truncated}
        choice={tab.chart}
        onChoose={(chart) => onChange({ chart })}
      />
    );
  }
  return <TableView answer={answer} />;
}
