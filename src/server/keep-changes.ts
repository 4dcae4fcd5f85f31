import { asHeliosError, HeliosError } from '../base/errors.ts';
import type { SurvivingState } from './dependencies.ts';
import type { Routes } from './framework.ts';

/** A change is answered when it is kept: a machine that takes over after that knows of it. */
export function keepChanges(app: Routes, state: SurvivingState): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const url = request.routeOptions.url ?? '';
    if (reply.statusCode >= 400 || !isChange(request.method, url)) return payload;
    await keepChange(state);
    return payload;
  });
}

/** Resolves when what was changed is kept. Errors: `unavailable`, `fenced`. */
export async function keepChange(state: SurvivingState): Promise<void> {
  try {
    await state.keep();
  } catch (thrown) {
    throw notKept(state, asHeliosError(thrown));
  }
}

/** What is asked with POST and changes nothing. */
const questions = /\/(validate|preview|test|look|peek|infer|try)$/;

function isChange(method: string, url: string): boolean {
  if (method === 'GET' || method === 'HEAD' || questions.test(url)) return false;
  return /^\/api\/v1\/(pipelines|tables|streams|connections|library|alerts|tokens)\b/.test(url);
}

function notKept(state: SurvivingState, cause: HeliosError): HeliosError {
  if (cause.code === 'fenced') return cause;
  const { location } = state.status();
  return new HeliosError(
    'unavailable',
    `The change was made on this machine, and is not at ${location} yet: ${cause.message}`,
    { hint: 'It will be as soon as it can be reached; nothing has to be done again.', cause },
  );
}
