import { pipelineAnswer } from '../wire.ts';
import type { SubscriptionContext } from './subscription.ts';

/** Sends all pipelines at once, and again whenever something about them has changed. */
export async function runPipelines(id: string, context: SubscriptionContext): Promise<void> {
  const { clock, limits, outlet, pipelines, signal } = context;
  let sent = '';
  while (!signal.aborted) {
    const event = { id, kind: 'pipelines', pipelines: pipelines.list().map(pipelineAnswer) };
    const text = JSON.stringify(event);
    // A client that is behind gets the newest state later, not every state in between.
    if (text !== sent && outlet.hasRoom()) {
      outlet.sendText(text);
      sent = text;
    }
    await clock.sleep(limits.pipelinesIntervalMs, signal);
  }
}
