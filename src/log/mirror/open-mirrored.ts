import { HeliosError } from '../../base/errors.ts';
import type { LogFolder } from '../log-folder.ts';
import type { Stream } from '../stream.ts';
import type { LogMirror } from './log-mirror.ts';

/**
 * Streams of the store come here, those of the disk go there, and both hold the same. Those that
 * are damaged here stay as they are, on both sides. `conflict` for a stream of the disk that is
 * another than the store's, and the errors of `reconcile`.
 */
export async function openMirrored(
  mirror: LogMirror,
  folder: LogFolder,
  streams: Map<string, Stream>,
): Promise<void> {
  const { streams: stored, deleted } = await mirror.streams.list();
  for (const gone of deleted) {
    const stream = streams.get(gone.name);
    if (stream?.id === gone.id) {
      stream.markDeleted();
      await folder.remove(stream, () => streams.delete(gone.name));
    }
    mirror.sweep(gone);
  }
  const made = new Set<string>();
  for (const definition of stored) {
    if (folder.damageOf(definition.name) !== undefined) continue;
    const local = streams.get(definition.name);
    if (local === undefined) {
      streams.set(definition.name, await folder.make(definition));
      made.add(definition.id);
    } else if (local.id !== definition.id) throw isOther(definition.name, mirror.location);
    else await local.alter(definition.partitions, definition.retention);
  }
  await Promise.all(
    streams.values().map(async (stream) => {
      if (!stored.some(({ id }) => id === stream.id)) await mirror.streams.save(stream.definition);
      const done = await mirror.attach(stream);
      const isBehind = made.has(stream.id) || done.some(({ takenBytes }) => takenBytes > 0);
      if (isBehind) await stream.takeHolds(await mirror.streams.holds(stream.name));
      else await mirror.streams.saveHolds(stream.name, stream.holds);
    }),
  );
}

function isOther(name: string, location: string): HeliosError {
  return new HeliosError(
    'conflict',
    `The stream "${name}" of this data directory is another than the one in ${location}.`,
    { hint: 'Start with an empty data directory, or with another --state.' },
  );
}
