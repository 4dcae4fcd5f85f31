import { compareLags } from '../../pipeline/partition-lags.ts';
import type { PartitionInfo, PipelineInfo, SourceInfo } from '../../pipeline/pipeline.ts';
import { type StoreFacts, storeSamples } from '../../storage/store-facts.ts';
import type { ServerDependencies } from '../dependencies.ts';
import type { Labels, Sample } from './metrics.ts';

/** What can be measured only when asked: pipelines, streams, the process. */
export function measuredSamples(
  dependencies: Pick<ServerDependencies, 'log' | 'pipelines' | 'clock' | 'stores'>,
): readonly Sample[] {
  return [
    ...dependencies.pipelines.list().flatMap(pipelineSamples),
    ...dependencies.log.listStreams().map((stream): Sample => ({
      name: 'helios_stream_bytes',
      labels: { stream: stream.name },
      value: stream.bytes,
    })),
    ...ofStores(dependencies.stores?.()),
    ...processSamples(dependencies.clock.nowMs()),
  ];
}

function ofStores(facts: StoreFacts | undefined): readonly Sample[] {
  if (facts === undefined) return [];
  return storeSamples(facts).map((sample) => ({ ...sample, name: `helios_${sample.name}` }));
}

function pipelineSamples(info: PipelineInfo): readonly Sample[] {
  const labels = { pipeline: info.name };
  return [
    { name: 'helios_pipeline_running', labels, value: info.state === 'running' ? 1 : 0 },
    { name: 'helios_pipeline_epoch', labels, value: info.epoch },
    { name: 'helios_pipeline_in_bytes_total', labels, value: info.bytesIn },
    { name: 'helios_pipeline_records_rejected_total', labels, value: info.recordsRejected },
    { name: 'helios_pipeline_records_dropped_total', labels, value: info.recordsDropped },
    ...info.sources.flatMap(({ name, bytesBehind }): readonly Sample[] =>
      bytesBehind === undefined
        ? []
        : [
            {
              name: 'helios_pipeline_lag_bytes',
              labels: { ...labels, source: name },
              value: bytesBehind,
            },
          ],
    ),
    ...info.sources.flatMap((source) => lagSamples(source, { ...labels, source: source.name })),
    ...info.sinks.flatMap(({ table, rowsOut, hotRows }): readonly Sample[] => [
      { name: 'helios_pipeline_rows_out_total', labels: { ...labels, table }, value: rowsOut },
      { name: 'helios_pipeline_hot_rows', labels: { ...labels, table }, value: hotRows },
    ]),
  ];
}

/** Of a source, the partitions that are furthest behind have series of their own: so many. */
const partitionsMax = 100;

function lagSamples(source: SourceInfo, labels: Labels): readonly Sample[] {
  const { bytesBehind: lagBytes, lagRecords, lagMs, partitions } = source;
  const slowest = partitions
    .toSorted((left, right) => compareLags(right, left))
    .slice(0, partitionsMax);
  return [
    ...lagSeries('helios_source_lag', labels, { lagRecords, lagBytes, lagMs }),
    ...slowest.flatMap((lag) =>
      lagSeries('helios_partition_lag', { ...labels, partition: lag.partition }, lag),
    ),
  ];
}

function lagSeries(
  name: 'helios_source_lag' | 'helios_partition_lag',
  labels: Labels,
  { lagRecords, lagBytes, lagMs }: Pick<PartitionInfo, 'lagRecords' | 'lagBytes' | 'lagMs'>,
): readonly Sample[] {
  const seconds = lagMs === undefined ? undefined : lagMs / 1000;
  return [
    { name: `${name}_records` as const, labels, value: lagRecords },
    { name: `${name}_bytes` as const, labels, value: lagBytes },
    { name: `${name}_seconds` as const, labels, value: seconds },
  ].flatMap(({ value, ...sample }) => (value === undefined ? [] : [{ ...sample, value }]));
}

function processSamples(nowMs: number): readonly Sample[] {
  const cpu = process.cpuUsage();
  return [
    { name: 'process_resident_memory_bytes', labels: {}, value: process.memoryUsage.rss() },
    { name: 'process_cpu_seconds_total', labels: {}, value: (cpu.user + cpu.system) / 1e6 },
    {
      name: 'process_start_time_seconds',
      labels: {},
      value: Math.round(nowMs / 1000 - process.uptime()),
    },
  ];
}
