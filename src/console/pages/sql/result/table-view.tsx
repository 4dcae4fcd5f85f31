import { type ReactNode, useState } from 'react';
import {
  type ExportFormat,
  exportFormats,
  exportAll,
  type ExportState,
} from '../../../api/export.ts';
import { useArrangement, type Arrangement } from '../../../grid/arrangement.ts';
import { ResultGrid } from '../../../grid/result-grid.tsx';
import { type CopyFormat, copiedText } from '../../../grid/values/copy-formats.ts';
import { nullMark } from '../../../grid/values/order.ts';
import { MenuButton } from '../../../parts/floating.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { bytes, count } from '../../../text.ts';
import type { RunState } from '../run/query-run.ts';

/** The rows of an answer, with what is done to find, copy and take them along. */
export function TableView({
  answer,
}: {
  readonly answer: NonNullable<RunState['answer']>;
}): ReactNode {
  const { columns, rows, truncated } = answer.document;
  const arrangement = useArrangement(columns, rows);
  const [said, setSaid] = useState('');
  const shown = arrangement.order.length;
  return (
    <div className="sql-table">
      <div className="sql-table-tools">
        <input
          className="input"
          type="search"
          aria-label="Filter the rows"
          placeholder="Filter these rows"
          value={filterText(arrangement)}
          onChange={({ target }) =>
            arrangement.filter({ column: undefined, text: target.value, isExact: false })
          }
        />
        <FilterChips arrangement={arrangement} />
        {shown < rows.length && (
          <span className="quiet">
            {count(shown)} of {count(rows.length)}
          </span>
        )}
        <span className="quiet" role="status">
          {said}
        </span>
        <span className="end">
          <Copying arrangement={arrangement} onSaid={setSaid} />
          <Exporting answer={answer} isPart={truncated} />
        </span>
      </div>
      <ResultGrid arrangement={arrangement} label="Rows of the answer" onCopied={setSaid} />
    </div>
  );
}

function filterText({ filters }: Arrangement): string {
  return filters.find(({ column }) => column === undefined)?.text ?? '';
}

function FilterChips({ arrangement }: { readonly arrangement: Arrangement }): ReactNode {
  return arrangement.filters.map(({ column, text, isExact }) => {
    if (column === undefined) return null;
    const name = arrangement.columns[column]?.name ?? '';
    const what = text === nullMark ? 'NULL' : text || '(empty)';
    return (
      <button
        key={column}
        type="button"
        className="chip sql-filter"
        title="Takes this filter away"
        onClick={() => arrangement.filter({ column, text: '', isExact: false })}
      >
        <span className="text">
          {name} {isExact ? '=' : 'contains'} {what}
        </span>
        <Icon name="close" />
      </button>
    );
  });
}

const copyNames: Readonly<Record<CopyFormat, string>> = {
  tsv: 'TSV, for spreadsheets',
  csv: 'CSV',
  markdown: 'Markdown',
  json: 'JSON',
};

function Copying({
  arrangement,
  onSaid,
}: {
  readonly arrangement: Arrangement;
  readonly onSaid: (message: string) => void;
}): ReactNode {
  const { columns, rows, order } = arrangement;
  const copy = (format: CopyFormat) => (): void => {
    const taken = order.map((at) => columns.map(({ index }) => rows[at]?.[index]));
    navigator.clipboard.writeText(copiedText({ columns, rows: taken }, format)).then(
      () => onSaid(`Copied ${count(order.length)} rows`),
      () => onSaid('The browser does not allow copying here'),
    );
  };
  const formats = Object.keys(copyNames) as CopyFormat[];
  return (
    <MenuButton
      title="Copy the rows shown as"
      items={formats.map((format) => ({ name: copyNames[format], onChoose: copy(format) }))}
    >
      <Icon name="copy" />
      Copy
    </MenuButton>
  );
}

function Exporting({
  answer,
  isPart,
}: {
  readonly answer: NonNullable<RunState['answer']>;
  readonly isPart: boolean;
}): ReactNode {
  const [state, setState] = useState<ExportState>();
  const [stop, setStop] = useState<AbortController>();
  const { text, params } = answer.order;
  const start = (format: ExportFormat) => (): void => {
    const abort = new AbortController();
    setStop(abort);
    setState(undefined);
    void exportAll({ sql: text, params }, { format, name: 'result' }, abort.signal, setState);
  };
  const formats = Object.keys(exportFormats) as ExportFormat[];
  if (state?.kind === 'running') {
    return (
      <button
        type="button"
        className="button"
        onClick={() => {
          stop?.abort();
          setState(undefined);
        }}
      >
        Cancel the export <span className="number">{bytes(state.bytes)}</span>
      </button>
    );
  }
  return (
    <>
      {state?.kind === 'done' && (
        <span className="quiet" role="status">
          {bytes(state.bytes)} in {state.file}
        </span>
      )}
      <MenuButton
        title="Run again, and keep all rows as"
        items={formats.map((format) => ({
          name: exportFormats[format].name,
          onChoose: start(format),
        }))}
      >
        <Icon name="down" />
        {isPart ? 'Export all rows' : 'Export'}
      </MenuButton>
      {state?.kind === 'failed' && (
        <div className="sql-export-failure">
          <Failure error={state.error} />
        </div>
      )}
    </>
  );
}
