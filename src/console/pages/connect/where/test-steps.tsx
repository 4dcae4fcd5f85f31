import type { ReactNode } from 'react';
import { Failure } from '../../../parts/failure.tsx';
import { duration } from '../../../text.ts';
import type { ConnectionTest, TestLine } from './use-test.ts';
import './test-steps.css';

/** What a test looked at, step by step, with the reason where one fails. */
export function TestSteps({ test }: { readonly test: ConnectionTest }): ReactNode {
  return (
    <div aria-live="polite">
      <ol className="test-steps">
        {test.lines.map((line) => (
          <Step key={line.step} line={line} />
        ))}
        {test.isRunning && (
          <li className="test-step">
            <span className="mark" aria-hidden="true">
              …
            </span>
            <span className="quiet">looking</span>
          </li>
        )}
      </ol>
      {test.error !== undefined && <Failure error={test.error} />}
    </div>
  );
}

function Step({ line }: { readonly line: TestLine }): ReactNode {
  const { mark, word } = looks[line.outcome];
  return (
    <li className={`test-step ${line.outcome}`}>
      <span className="mark" aria-hidden="true">
        {mark}
      </span>
      <span className="visually-hidden">{word}</span>
      <span className="name">{names[line.step]}</span>
      <span className="words">
        {line.message}
        {line.hint !== undefined && <span className="hint">{line.hint}</span>}
      </span>
      <span className="number quiet">
        {line.outcome === 'skipped' ? '' : duration(line.duration_ms)}
      </span>
    </li>
  );
}

const looks = {
  ok: { mark: '✓', word: 'done' },
  failed: { mark: '✗', word: 'failed' },
  skipped: { mark: '–', word: 'left out' },
} as const;

const names: Readonly<Record<TestLine['step'], string>> = {
  options: 'Options',
  dns: 'Name resolves',
  tcp: 'Reachable',
  tls: 'TLS',
  authentication: 'Signed in',
  authorisation: 'Allowed',
  describe: 'Streams seen',
  read: 'A record read',
  'registry-dns': 'Registry: name resolves',
  'registry-tcp': 'Registry: reachable',
  'registry-tls': 'Registry: TLS',
  'registry-login': 'Registry: signed in',
  'registry-list': 'Registry: schemas seen',
};
