import { type ReactNode, useState } from 'react';
import type { DashboardPanel, SavedQueryAnswer } from '../../../../server/library/library-api.ts';
import { usePolled } from '../../../api/polled.ts';
import { nowMs } from '../../../clock.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { savedQueryAddress } from '../../../api/library.ts';
import { duration } from '../../../text.ts';
import type { TimeRange } from '../board/board-place.ts';
import type { OnRange } from '../figure/chart-figure.tsx';
import { Figure } from '../figure/figure.tsx';
import { panelQuestion, sqlAddress } from './question.ts';
import { usePanelAnswer } from './use-panel-answer.ts';

/** What drives all panels alike. */
export type Asking = {
  readonly range: TimeRange;
  readonly typed: Readonly<Record<string, string>>;
  readonly tickMs: number;
  readonly isPaused: boolean;
  /** Looks at what was dragged over in a chart. */
  readonly onRange?: OnRange | undefined;
};

const savedQueryEveryMs = 10_000;

/** One panel: what its query answers now, or why it doesn't. */
export function PanelView({
  panel,
  asking,
}: {
  readonly panel: DashboardPanel;
  readonly asking: Asking;
}): ReactNode {
  const { source } = panel;
  if ('sql' in source) return <Asked panel={panel} sql={source.sql} asking={asking} />;
  return <Saved key={source.query} panel={panel} path={source.query} asking={asking} />;
}

function Saved({
  panel,
  path,
  asking,
}: {
  readonly panel: DashboardPanel;
  readonly path: string;
  readonly asking: Asking;
}): ReactNode {
  const { value, error } = usePolled<SavedQueryAnswer>(savedQueryAddress(path), savedQueryEveryMs);
  if (value === undefined) {
    return (
      <>
        <header className="panel-head">
          <h2>{panel.title}</h2>
        </header>
        {error !== undefined && <Failure error={error} />}
      </>
    );
  }
  const typed = { ...value.parameters, ...asking.typed };
  return <Asked panel={panel} sql={value.sql} asking={{ ...asking, typed }} />;
}

function Asked({
  panel: { title, kind, unit },
  sql,
  asking,
}: {
  readonly panel: DashboardPanel;
  readonly sql: string;
  readonly asking: Asking;
}): ReactNode {
  const [isTable, setTable] = useState(false);
  const question = panelQuestion(sql, asking);
  const { answer, error, ageMs } = usePanelAnswer(
    question.kind === 'ready' ? question.body : undefined,
    asking,
  );
  const isDrawn = kind === 'line' || kind === 'bar';
  const isWaiting = answer === undefined && error === undefined && question.kind === 'ready';
  return (
    <>
      <header className="panel-head">
        <h2 title={title}>{title}</h2>
        {ageMs !== undefined && <Freshness ageMs={ageMs} />}
        <span className="panel-tools">
          {isDrawn && (
            <button
              type="button"
              className="button plain"
              aria-pressed={isTable}
              onClick={() => setTable(!isTable)}
            >
              Table<span className="visually-hidden"> of {title}</span>
            </button>
          )}
          <Link className="button plain" href={sqlAddress(sql, asking, nowMs())}>
            <span className="visually-hidden">Open {title} in </span>SQL
          </Link>
        </span>
      </header>
      {question.kind === 'lacking' && (
        <p className="quiet">
          {question.names.map((name) => `$${name}`).join(', ')} has no value: give it one above, or
          add a variable of that name.
        </p>
      )}
      {error !== undefined && <Failure error={error} />}
      <div className="panel-body" aria-busy={isWaiting}>
        {isWaiting && <p className="quiet">Asking…</p>}
        {answer !== undefined && question.kind === 'ready' && (
          <Figure
            kind={isTable ? 'table' : kind}
            answer={answer}
            label={title}
            unit={unit}
            onRange={asking.onRange}
          />
        )}
        {answer?.truncated === true && (
          <p className="quiet">Only the first {answer.row_count} rows are here.</p>
        )}
      </div>
    </>
  );
}

/** How old the newest event was that the answer saw, when it came. */
function Freshness({ ageMs }: { readonly ageMs: number }): ReactNode {
  const isHot = ageMs < hotMs;
  return (
    <span
      className={isHot ? 'panel-fresh hot' : 'panel-fresh'}
      title={`The newest event in these tables was ${duration(ageMs)} old`}
    >
      <span aria-hidden="true">{isHot ? '●' : '○'}</span>{' '}
      <span className="visually-hidden">newest event </span>
      <span className="panel-age">{duration(ageMs)}</span>
      <span className="visually-hidden"> ago</span>
    </span>
  );
}

/** Younger than what a person waits for. */
const hotMs = 2000;
