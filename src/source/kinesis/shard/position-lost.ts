import { HeliosError } from '../../../base/errors.ts';
import { formatPosition, type ShardPosition } from './shard-position.ts';

type LostPlace = {
  readonly stream: string;
  readonly shard: string;
  readonly at: ShardPosition;
};

/** Records after a position are gone: whoever reads has to choose where to go on. */
export function positionLost({ stream, shard, at }: LostPlace, why: string): HeliosError {
  const position = formatPosition(at) ?? 'its beginning';
  return new HeliosError(
    'position_lost',
    `Records of shard ${shard} of ${stream} that follow ${position} were not read and are gone: ` +
      `${why}.`,
    {
      hint:
        'Choose where to go on: restart the pipeline at the oldest records that are left, at a ' +
        'time, or now. What is gone stays gone with each of them. A longer retention of the ' +
        'stream leaves more time.',
      details: { stream, shard, position, choices: ['earliest', 'timestamp', 'latest'] },
    },
  );
}
