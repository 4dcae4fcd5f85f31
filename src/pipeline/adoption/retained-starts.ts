import { HeliosError } from '../../base/errors.ts';
import { position } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import type { ManifestSource } from '../epoch/manifest.ts';

/** As many partitions as a person reads. */
const partitionsShown = 5;

export type RetentionRequest = {
  readonly pipeline: string;
  readonly sources: ReadonlyMap<string, Source>;
  /** What is gone is let go: reading starts at the oldest records that are left. */
  readonly isAllowingSkips: boolean;
};

/**
 * Where a lost pipeline can still go on. `position_lost` where a source's retention has passed its
 * positions, and records are gone that are in no table; names them.
 */
export async function retainedStarts(
  starts: readonly ManifestSource[],
  request: RetentionRequest,
): Promise<readonly ManifestSource[]> {
  const retained: ManifestSource[] = [];
  const lost: string[] = [];
  for (const start of starts) {
    const source = request.sources.get(start.name);
    const oldest = await source?.positionsAt?.('earliest');
    const positions = { ...start.positions };
    for (const [partition, text] of Object.entries(start.positions)) {
      const left = oldest?.get(partition);
      if (source === undefined || text === null || left === undefined) continue;
      if (source.compare(position(text), left) >= 0) continue;
      lost.push(`${start.name} ${partition} from ${text} to ${left}`);
      positions[partition] = left;
    }
    retained.push({ ...start, positions });
  }
  if (lost.length > 0 && !request.isAllowingSkips) throw retentionPassed(request.pipeline, lost);
  return retained;
}

function retentionPassed(pipeline: string, lost: readonly string[]): HeliosError {
  const rest = lost.length - partitionsShown;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return new HeliosError(
    'position_lost',
    `${pipeline} can't go on where it stood: records that are not in its tables are gone from ` +
      `${lost.slice(0, partitionsShown).join(', ')}${more}.`,
    {
      hint:
        'Adopt with --allow-skipping (allow_skipping) to go on at the oldest records that are ' +
        'left. Nothing was changed.',
      details: { needs: ['allow_skipping'], lost: lost.slice(0, partitionsShown * 10) },
    },
  );
}
