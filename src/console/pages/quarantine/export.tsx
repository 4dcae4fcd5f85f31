import { type ReactNode, useState } from 'react';
import { exportAll, type ExportFormat, exportFormats, type ExportState } from '../../api/export.ts';
import { Failure } from '../../parts/failure.tsx';
import { bytes } from '../../text.ts';
import { type Chosen, exportQuestion, type Reason } from './reason-sql.ts';

const formats: readonly ExportFormat[] = ['csv', 'ndjson', 'parquet'];

/** Takes all records of a reason along, as a file. */
export function Export({
  reason,
  chosen,
}: {
  readonly reason: Reason;
  readonly chosen: Chosen;
}): ReactNode {
  const [state, setState] = useState<ExportState>();
  const [stop, setStop] = useState<AbortController>();
  const start = (format: ExportFormat): void => {
    const own = new AbortController();
    setStop(own);
    setState(undefined);
    const name = `quarantine-${reason.pipeline}-${reason.code}`.replaceAll(/[^\w.-]/g, '_');
    void exportAll(exportQuestion(reason, chosen), { format, name }, own.signal, setState);
  };
  const cancel = (): void => {
    stop?.abort();
    setState(undefined);
  };
  if (state?.kind === 'running') {
    return (
      <button type="button" className="button" onClick={cancel}>
        Cancel the export <span className="number">{bytes(state.bytes)}</span>
      </button>
    );
  }
  return (
    <div className="quarantine-export" role="group" aria-label="Export all records">
      <span className="quiet" role="status">
        {state?.kind === 'done' ? `${bytes(state.bytes)} in ${state.file}` : 'Export'}
      </span>
      {formats.map((format) => (
        <button key={format} type="button" className="button" onClick={() => start(format)}>
          {exportFormats[format].name}
        </button>
      ))}
      {state?.kind === 'failed' && <Failure error={state.error} />}
    </div>
  );
}
