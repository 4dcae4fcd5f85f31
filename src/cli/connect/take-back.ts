import { HeliosError } from '../../base/errors.ts';
import type { Journey } from './journey.ts';

/** Deletes what was made on a journey that did not get to its end, unless it runs. */
export async function takeBack(journey: Journey): Promise<void> {
  const { connection, isNewConnection, pipeline, scope } = journey;
  const made = [
    ...(pipeline === undefined ? [] : [`the pipeline ${pipeline}`]),
    ...(connection !== undefined && isNewConnection ? [`the connection ${connection}`] : []),
  ].join(' and ');
  if (made === '') return;
  try {
    if (pipeline !== undefined && !(await forgetFailed(journey, pipeline))) {
      scope.output.talk(`${capital(made)} stay: helios pipeline show ${pipeline}`);
      return;
    }
    await journey.forgetConnection();
    scope.output.talk(`Deleted again: ${made}. Nothing was kept.`);
  } catch (thrown) {
    const why = thrown instanceof HeliosError ? thrown.message : String(thrown);
    scope.output.alarm(`${capital(made)} may stay: ${why}`);
  }
}

/** Whether there is no such pipeline any more: one that runs, or waits, was wanted. */
async function forgetFailed({ api }: Journey, name: string): Promise<boolean> {
  const state = (await api.pipeline(name))?.state;
  if (state === 'failed') await api.deletePipeline(name);
  return state === undefined || state === 'failed';
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
