import type { ShopEvent } from './journey.ts';
import type { SeededRandom } from './random.ts';

/**
 * The event as a line that is wrong: not JSON, or JSON that does not fit the table. Never has a
 * newline.
 */
export function malform(event: ShopEvent, random: SeededRandom): string {
  const text = JSON.stringify(event);
  return random.pick<() => string>([
    () => text.slice(0, 1 + random.below(text.length - 2)),
    () => JSON.stringify({ ...event, timestamp: 'yesterday, about noon' }),
    () => JSON.stringify({ ...event, type: undefined }),
    () => JSON.stringify({ ...event, timestamp: null }),
    () => `WARN upstream timed out ${event.id}`,
    () => text.replace('"type":', 'type:'),
  ])();
}
