import { flushCompileCache } from 'node:module';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { complete } from './complete.ts';
import { openLockedEngine } from './locked-engine.ts';
import type { FailureReport, FromChild, ToChild } from './messages.ts';
import { QueryRunner } from './query-runner.ts';

/**
 * The query process: gets orders from its parent, one at a time, and has nothing of its own. When
 * the parent goes away, so does it. Nothing here may be loaded later than at start: by then it may
 * be a user who can't read the program's files.
 */
let runner: QueryRunner | undefined;

process.on('message', (message) => {
  // The parent is the only one who can write to this channel.
  handle(message as ToChild).catch((thrown: unknown) => {
    send({ kind: 'failed', ...reportOf(thrown) });
  });
});
// The parent is gone. A clean exit would wait for DuckDB's running statement, perhaps for ever.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function handle(message: ToChild): Promise<void> {
  if (message.kind === 'open') {
    runner = new QueryRunner(await openLockedEngine(message), send);
    send({ kind: 'ready' });
    // While it is the user who may write there; it never ends of itself, which would do it too.
    flushCompileCache();
    return;
  }
  if (runner === undefined) throw new HeliosError('internal', 'The query process is not open.');
  switch (message.kind) {
    case 'become':
      process.setgroups?.([]);
      process.setgid?.(message.user.gid);
      process.setuid?.(message.user.uid);
      send({ kind: 'ready' });
      return;
    case 'cancel':
      runner.cancel();
      return;
    case 'run':
      send({ kind: 'done', rowCount: await runner.run(message) });
      return;
    case 'complete':
      send({ kind: 'completions', items: await complete(runner, message) });
  }
}

function send(message: FromChild): void {
  // False only says that the channel is filling; what is sent is few and small.
  process.send?.(message);
}

function reportOf(thrown: unknown): FailureReport {
  const { code, message, hint, position, details } = asHeliosError(thrown);
  return { code, message, hint, position, details };
}
