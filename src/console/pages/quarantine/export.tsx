import { type ReactNode, useRef, useState } from 'react';
import type { ErrorBody } from '../../../server/api.ts';
import { errorBodyOf } from '../../api/request.ts';
import { Failure } from '../../parts/failure.tsx';
import { bytes } from '../../text.ts';
import { type ExportFormat, exportFormats, fetchExport } from './fetch-export.ts';
import { exportQuestion, type Reason, type Since } from './reason-sql.ts';

type State =
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly byteCount: number }
  | { readonly kind: 'failed'; readonly error: ErrorBody };

/** Takes all records of a reason along, as a file. */
export function Export({
  reason,
  since,
}: {
  readonly reason: Reason;
  readonly since: Since;
}): ReactNode {
  const [state, setState] = useState<State>({ kind: 'ready' });
  const stop = useRef<AbortController>(undefined);
  const run = async (format: ExportFormat): Promise<void> => {
    const own = new AbortController();
    stop.current = own;
    setState({ kind: 'running', byteCount: 0 });
    try {
      const file = await fetchExport(exportQuestion(reason, since), format, {
        signal: own.signal,
        onBytes: (byteCount) => setState({ kind: 'running', byteCount }),
      });
      save(file, `quarantine-${reason.pipeline}-${reason.code}.${format}`);
      setState({ kind: 'ready' });
    } catch (thrown) {
      const isCancelled = own.signal.aborted;
      setState(isCancelled ? { kind: 'ready' } : { kind: 'failed', error: errorBodyOf(thrown) });
    }
  };
  return (
    <div className="quarantine-export" role="group" aria-label="Export all records">
      {state.kind === 'running' ? (
        <>
          <span className="number" role="status">
            {bytes(state.byteCount)}
          </span>
          <button type="button" className="button" onClick={() => stop.current?.abort()}>
            Cancel
          </button>
        </>
      ) : (
        <>
          <span className="quiet">Export</span>
          {exportFormats.map(({ format, word }) => (
            <button key={format} type="button" className="button" onClick={() => void run(format)}>
              {word}
            </button>
          ))}
        </>
      )}
      {state.kind === 'failed' && <Failure error={state.error} />}
    </div>
  );
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replaceAll(/[^\w.-]/g, '_');
  link.click();
  URL.revokeObjectURL(url);
}
