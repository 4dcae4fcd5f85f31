import { useEffect, useRef, useState } from 'react';
import type { PreviewBody, PreviewLine } from '../../../../server/api.ts';
import { jsonLines } from '../../../api/json-lines.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { emptyPreview, type Preview, withLine } from './preview-lines.ts';

export const previewRowsMax = 100;
const timeoutMs = 15_000;

export type PreviewRun = {
  readonly preview: Preview | undefined;
  readonly isRunning: boolean;
  /** The text that it is of. */
  readonly sql: string | undefined;
  readonly start: (sql: string, input: NonNullable<PreviewBody['input']>) => void;
  readonly stop: () => void;
};

/** Runs a script over records without its sinks, one run at a time. */
export function usePreview(): PreviewRun {
  const [preview, setPreview] = useState<Preview>();
  const [isRunning, setRunning] = useState(false);
  const [sql, setSql] = useState<string>();
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);
  const run = async (body: PreviewBody, { signal }: AbortController): Promise<void> => {
    try {
      const path = '/api/v1/pipelines/preview';
      for await (const line of jsonLines<PreviewLine>(path, { body, signal })) {
        if (signal.aborted) return;
        setPreview((before) => withLine(before ?? emptyPreview, line));
      }
    } catch (thrown) {
      if (!signal.aborted) setPreview({ ...emptyPreview, error: errorBodyOf(thrown) });
    }
    if (!signal.aborted) setRunning(false);
  };
  const stop = (): void => {
    stopping.current?.abort();
    setRunning(false);
  };
  const start: PreviewRun['start'] = (text, input) => {
    stop();
    const own = new AbortController();
    stopping.current = own;
    setSql(text);
    setPreview(emptyPreview);
    setRunning(true);
    const limits = { max_rows: previewRowsMax, timeout_ms: timeoutMs };
    void run({ sql: text, input, ...limits }, own);
  };
  return { preview, isRunning, sql, start, stop };
}
