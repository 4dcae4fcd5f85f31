import { type ReactNode, useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import { ask, type AnswerRow } from '../../../api/rows.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { nowMs } from '../../../clock.ts';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { todayText } from '../../../time/time-text.ts';
import { useZone } from '../../../time/zone.ts';

/** The queries that the server remembers, whoever asked them; choosing one opens it. */
export function HistoryPane({
  ran,
  onOpen,
}: {
  /** Another one after each run: there is more to show then. */
  readonly ran: unknown;
  readonly onOpen: (sql: string) => void;
}): ReactNode {
  const zone = useZone();
  const [wanted, setWanted] = useState('');
  const { rows, error } = useHistory(wanted, ran);
  return (
    <div className="sql-history">
      <input
        className="input"
        type="search"
        aria-label="Find in the history"
        placeholder="Find in the history"
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      {error !== undefined && <Failure error={error} />}
      <ul>
        {rows?.map((row) => (
          <li key={String(row['id'])}>
            <button type="button" onClick={() => onOpen(String(row['sql']))}>
              <code>{shortened(String(row['sql']))}</code>
              <span className="quiet">{factsOf(row, zone)}</span>
            </button>
          </li>
        ))}
      </ul>
      {rows?.length === 0 && <p className="quiet">Nothing was asked yet that holds this.</p>}
    </div>
  );
}

/** This query's own text keeps it, and the live ones', from filling the list. */
const historySql = `-- history of the console
select max_by(id, started_at) as id, sql, max(started_at) as started_at, count(*) as runs,
  max_by(state, started_at) as state, max_by(duration_ms, started_at) as duration_ms,
  max_by(rows, started_at) as rows, max_by(error_code, started_at) as error_code
from helios.queries
where sql not like '-- % of the console%' and sql not like 'EXPLAIN %'
  and contains(lower(sql), lower($1))
group by sql order by started_at desc limit 50`;

function useHistory(
  wanted: string,
  ran: unknown,
): { readonly rows?: readonly AnswerRow[]; readonly error?: ErrorBody } {
  const [state, setState] = useState<{ rows?: readonly AnswerRow[]; error?: ErrorBody }>({});
  useEffect(() => {
    const stop = new AbortController();
    ask({ sql: historySql, params: [wanted] }, stop.signal).then(
      (rows) => setState({ rows }),
      (thrown: unknown) => {
        if (!stop.signal.aborted) setState({ error: errorBodyOf(thrown) });
      },
    );
    return () => stop.abort();
  }, [wanted, ran]);
  return state;
}

function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${count(rows)} rows`;
}

const sqlCharactersMax = 160;

function shortened(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim();
  return line.length <= sqlCharactersMax ? line : `${line.slice(0, sqlCharactersMax)}…`;
}

function factsOf(row: AnswerRow, zone: string): string {
  const { started_at: started, state, duration_ms: ms, rows, error_code: code, runs } = row;
  const facts = [
    todayText(String(started).replace(/\.\d+/, ''), nowMs(), zone),
    state === 'done' ? rowCount(Number(rows)) : `${String(state)} ${code ?? ''}`.trim(),
    ms === null ? '' : `${count(Math.round(Number(ms)))} ms`,
    Number(runs) > 1 ? `${count(Number(runs))} times` : '',
  ];
  return facts.filter((fact) => fact !== '').join(' · ');
}
