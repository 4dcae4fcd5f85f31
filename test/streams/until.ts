import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again; fails with the newest answer where it does not become right in time. */
export async function until<T>(
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`Still ${JSON.stringify(answer)}.`);
    await sleep(50);
  }
}
