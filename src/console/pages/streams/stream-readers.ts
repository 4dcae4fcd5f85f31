import type { PipelineAnswer, StreamAnswer } from '../../../server/api.ts';

/** A pipeline's table of a stream. */
export type StreamReader = {
  readonly pipeline: PipelineAnswer;
  readonly source: PipelineAnswer['sources'][number];
};

/** What is told of a stream to find who reads it. */
export type ReadStream = Pick<StreamAnswer, 'name' | 'backing'>;

/** The pipelines that read a stream of Helios, by its name or at the broker that keeps it. */
export function readersOf(
  { name, backing }: ReadStream,
  pipelines: readonly PipelineAnswer[],
): readonly StreamReader[] {
  return matching(pipelines, ({ connector, reads }) => {
    if (connector === 'http') return reads?.names.includes(name) === true;
    return backing !== null && isRead(backing.topic, backing.connection, reads);
  });
}

/** The pipelines that read a topic or a stream of Kinesis through a connection. */
export function readersThrough(
  connection: string,
  name: string,
  pipelines: readonly PipelineAnswer[],
): readonly StreamReader[] {
  return matching(pipelines, ({ reads }) => isRead(name, connection, reads));
}

function isRead(name: string, connection: string, reads: StreamReader['source']['reads']): boolean {
  if (reads === undefined || reads.connection !== connection) return false;
  return reads.pattern === undefined
    ? reads.names.includes(name)
    : new RegExp(`^(?:${reads.pattern})$`, 'u').test(name);
}

function matching(
  pipelines: readonly PipelineAnswer[],
  isReader: (source: StreamReader['source']) => boolean,
): readonly StreamReader[] {
  return pipelines.flatMap((pipeline) =>
    pipeline.sources.filter(isReader).map((source) => ({ pipeline, source })),
  );
}
