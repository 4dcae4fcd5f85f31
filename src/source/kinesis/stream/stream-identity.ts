import { HeliosError } from '../../../base/errors.ts';
import type { StreamFacts } from './stream-client.ts';

/** A stream that was made anew under its name has another. */
export function identityOf({ arn, createdAtMs }: StreamFacts): string {
  const made = createdAtMs === undefined ? '' : ` ${new Date(createdAtMs).toISOString()}`;
  return `kinesis ${arn}${made}`;
}

/** `source_replaced` where the stream is not the one that was read so far. */
export function checkIdentity(name: string, before: StreamFacts, now: StreamFacts): void {
  const [was, is] = [identityOf(before), identityOf(now)];
  if (was === is) return;
  throw new HeliosError(
    'source_replaced',
    `The stream ${name} was deleted and made again: it was "${was}", now it is "${is}".`,
    {
      hint:
        'Positions in the old stream mean nothing in the new one. Stop the pipeline with ' +
        '--discard and start it again: it then reads the new stream from its start.',
    },
  );
}
