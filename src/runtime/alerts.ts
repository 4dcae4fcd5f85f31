import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { AlertStore } from '../alert/alert-store.ts';
import { AlertWatch } from '../alert/alert-watch.ts';
import { systemClock } from '../base/clock.ts';
import type { Core } from './core.ts';

/** Watches the pipelines of this process. Undelivered messages are warnings in the log, too. */
export function createAlertWatch(
  { catalog, supervisor, known }: Pick<Core, 'catalog' | 'supervisor' | 'known'>,
  { logger, consoleUrl }: { readonly logger: Logger; readonly consoleUrl: () => string },
): AlertWatch {
  return new AlertWatch({
    store: new AlertStore({ catalog, clock: systemClock }),
    pipelines: () => supervisor.list(),
    secrets: known.context.secrets,
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
    consoleUrl,
    onProblem: (problem) => logger.warn({ err: problem }, problem.message),
  });
}
