import type { Outlet } from './live-connection.ts';
import type { LiveDependencies } from './live.ts';

/** What a subscription works with. Aborting `signal` ends it; then it may reject with anything. */
export type SubscriptionContext = LiveDependencies & {
  readonly outlet: Outlet;
  readonly signal: AbortSignal;
};
