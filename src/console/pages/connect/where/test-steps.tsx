import type { ReactNode } from 'react';
import { Failure } from '../../../parts/failure.tsx';
import { duration } from '../../../text.ts';
import type { ConnectionTest, TestLine } from './use-test.ts';
import './test-steps.css';

/** What a test looked at, step by step, with the reason where one fails. */
export function TestSteps({
  test,
  inWords = (words) => words,
}: {
  readonly test: ConnectionTest;
  /** What the server says, in the words of the form that is tested. */
  readonly inWords?: ((words: string) => string) | undefined;
}): ReactNode {
  return (
    <div aria-live="polite">
      <ol className="test-steps">
        {test.lines.map((line) => (
          <Step key={line.step} line={line} inWords={inWords} />
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
      {test.error !== undefined && <Failure error={test.error} inWords={inWords} />}
    </div>
  );
}

function Step({
  line,
  inWords,
}: {
  readonly line: TestLine;
  readonly inWords: (words: string) => string;
}): ReactNode {
  const { mark, word } = looks[line.outcome];
  return (
    <li className={`test-step ${line.outcome}`}>
      <span className="mark" aria-hidden="true">
        {mark}
      </span>
      <span className="visually-hidden">{word}</span>
      <span className="name">{names[line.step]}</span>
      <span className="words">
        {inWords(line.message)}
        {line.hint !== undefined && <span className="hint">{inWords(line.hint)}</span>}
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
