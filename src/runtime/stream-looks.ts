import { join, relative } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { Discovery, type DiscoveryOptions } from '../discovery/discovery.ts';
import { HttpLook } from '../source/http/http-look.ts';
import type { Core } from './core.ts';

/** Drafted tables go into the data directory, by a path from where the command was typed. */
export function createDiscovery(core: Core, baseDirectory: string): Discovery {
  const { data, engine } = core;
  const below = relative(baseDirectory, data.inside('tables'));
  const root = below.startsWith('..') ? data.inside('tables') : below;
  return new Discovery({
    openLook: streamLooks(core),
    engine,
    temporaryDirectory: data.inside('tmp'),
    pathOf: (table) => join(root, table),
    clock: systemClock,
  });
}

/** How to look at streams that a connection leads to, or at those of the embedded log. */
function streamLooks({ log, known }: Core): DiscoveryOptions['openLook'] {
  const { connections, context } = known;
  const { clock } = context;
  return async (name) => {
    if (name === undefined) return new HttpLook(log);
    const { kind, options } = connections.get(name);
    // Clients of brokers take long to load, and are seldom asked for.
    if (kind === 'kafka') {
      const { resolveKafkaAccess } = await import('../connection/kafka/kafka-access.ts');
      const { KafkaLook } = await import('../source/kafka/kafka-look.ts');
      return new KafkaLook({ access: await resolveKafkaAccess(options, context), clock });
    }
    const { createKinesisClient } = await import('../connection/aws/kinesis-client.ts');
    const { KinesisLook } = await import('../source/kinesis/kinesis-look.ts');
    const open: ConstructorParameters<typeof KinesisLook>[0]['open'] = async (stream) =>
      await createKinesisClient(options, context, stream);
    return new KinesisLook({ open, clock });
  };
}
