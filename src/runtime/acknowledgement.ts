import { HeliosError } from '../base/errors.ts';
import type { StartOptions } from '../cli/context.ts';
import type { BackedStreamInfo } from '../log/backed-streams.ts';
import type { EventLog } from '../log/event-log.ts';
import type { MirrorOptions } from '../log/mirror/log-mirror.ts';
import { storedStreamNames } from '../log/mirror/stored-streams.ts';
import { type OpenedStore, openStateStorage, type StateRequest } from './kept-state.ts';

/** When events of the embedded log are acknowledged, as it was asked for. */
export type Acknowledgement = Pick<StartOptions, 'acknowledgement' | 'ackIntervalMs'>;

/**
 * The object store that has what is acknowledged; `mirror` is undefined where the disk alone has
 * it. `conflict` where a store has it from before, and would not be kept up to date.
 */
export async function mirrorOf(
  request: Pick<StateRequest, 'data' | 'url' | 'environment' | 'onProblem'>,
  { acknowledgement, ackIntervalMs: intervalMs }: Acknowledgement,
): Promise<Pick<OpenedStore, 'facts'> & { readonly mirror: MirrorOptions | undefined }> {
  const { storage, facts } = await openStateStorage(request, `${request.url}/log`, 'log');
  if (acknowledgement === 's3') {
    return { mirror: { storage, intervalMs, random: Math.random }, facts };
  }
  const [name] = await storedStreamNames(storage);
  if (name === undefined) return { mirror: undefined, facts };
  throw new HeliosError(
    'conflict',
    `${storage.location} has events of "${name}" and other streams, acknowledged with --ack s3.`,
    {
      hint:
        'Start with --ack s3. To go on without it, start with it once on the machine that goes ' +
        'on, stop it, and delete what is there.',
    },
  );
}

/** What an `ok` to a request means, for each kind of stream that there is. */
export function acknowledgementNotes(
  log: Pick<EventLog, 'durability'>,
  backed: readonly Pick<BackedStreamInfo, 'name' | 'backing'>[],
): readonly string[] {
  const notes = [
    log.durability.survives === 'machine'
      ? 'ok means: the event survives the loss of this machine and its disk; it is in the object ' +
        'store.'
      : 'ok means: the event survives this process and a power cut, not the loss of this disk; ' +
        '--ack s3 or a broker behind its stream would.',
  ];
  for (const kind of ['kafka', 'kinesis'] as const) {
    const names = backed.filter(({ backing }) => backing.kind === kind).map(({ name }) => name);
    if (names.length === 0) continue;
    const keeper = kind === 'kafka' ? 'Kafka, on all replicas in sync' : 'Kinesis';
    notes.push(`ok for ${names.join(', ')} means: the event is in ${keeper}.`);
  }
  return notes;
}
