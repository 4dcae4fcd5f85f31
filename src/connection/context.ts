import type { Clock } from '../base/clock.ts';
import type { Secrets } from './connection.ts';

/** What it takes from the outside to connect. */
export type ConnectionContext = {
  readonly secrets: Secrets;
  /** Variables such as AWS_REGION and AWS_ENDPOINT_URL. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
};

/** Options of a connection by their first spelling, as `readConnectionOptions` gives them. */
export type PlainOptions = Readonly<Record<string, string>>;
