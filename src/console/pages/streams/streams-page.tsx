import type { ReactNode } from 'react';
import type { PageProps } from '../../frame/pages.tsx';
import { usePlace } from '../../place.ts';
import { ConnectionStream } from './explore/connection-stream.tsx';
import { OwnStream } from './explore/own-stream.tsx';
import { StreamsOverview } from './list/streams-overview.tsx';

/** All streams, or what comes in by one of them. */
export function StreamsPage({ rest: [name] }: PageProps): ReactNode {
  const connection = usePlace().search.get('connection');
  if (name === undefined) return <StreamsOverview />;
  if (connection === null) return <OwnStream key={name} name={name} />;
  return <ConnectionStream key={`${connection} ${name}`} connection={connection} name={name} />;
}
