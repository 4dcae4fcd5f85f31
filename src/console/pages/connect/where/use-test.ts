import { useEffect, useRef, useState } from 'react';
import type { ConnectionStepLine, ConnectionTestBody, ErrorBody } from '../../../../server/api.ts';
import { jsonLines } from '../../../api/json-lines.ts';
import { errorBodyOf } from '../../../api/request.ts';

export type TestLine = Exclude<ConnectionStepLine, { readonly error: unknown }>;

/** A test of a connection, as far as it is. */
export type ConnectionTest = {
  readonly lines: readonly TestLine[];
  readonly error?: ErrorBody | undefined;
  readonly isRunning: boolean;
};

export type ShownTest = ConnectionTest & {
  /** What was tested; another one by now: it says nothing any more. */
  readonly of: string;
};

/** Tests connections, one at a time. */
export function useConnectionTest(): {
  readonly test: ShownTest | undefined;
  /** `of` tells tests apart; `path` is that of the test. */
  readonly start: (of: string, path: string, body: ConnectionTestBody) => void;
} {
  const [test, setTest] = useState<ShownTest>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const start = (of: string, path: string, body: ConnectionTestBody): void => {
    stop.current?.abort();
    const { signal } = (stop.current = new AbortController());
    setTest({ of, lines: [], isRunning: true });
    void read(path, body, signal, (change) => {
      if (!signal.aborted) setTest((before) => ({ ...(before ?? nothing), ...change, of }));
    });
  };
  return { test, start };
}

const nothing: ShownTest = { of: '', lines: [], isRunning: false };

async function read(
  path: string,
  body: ConnectionTestBody,
  signal: AbortSignal,
  tell: (change: Partial<ConnectionTest>) => void,
): Promise<void> {
  const lines: TestLine[] = [];
  try {
    for await (const line of jsonLines<ConnectionStepLine>(path, { body, signal })) {
      if ('error' in line) tell({ error: line.error });
      else {
        lines.push(line);
        tell({ lines: [...lines] });
      }
    }
    tell({ isRunning: false });
  } catch (thrown) {
    tell({ error: errorBodyOf(thrown), isRunning: false });
  }
}
