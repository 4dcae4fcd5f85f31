import type { PipelineInfo } from '../../pipeline/pipeline.ts';
import type { ServerDependencies } from '../dependencies.ts';
import type { Sample } from './metrics.ts';

/** What can be measured only when asked: pipelines, streams, the process. */
export function measuredSamples(
  dependencies: Pick<ServerDependencies, 'log' | 'pipelines' | 'clock'>,
): readonly Sample[] {
  return [
    ...dependencies.pipelines.list().flatMap(pipelineSamples),
    ...dependencies.log.listStreams().map((stream): Sample => ({
      name: 'helios_stream_bytes',
      labels: { stream: stream.name },
      value: stream.bytes,
    })),
    ...processSamples(dependencies.clock.nowMs()),
  ];
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
    ...info.sinks.flatMap(({ table, rowsOut, hotRows }): readonly Sample[] => [
      { name: 'helios_pipeline_rows_out_total', labels: { ...labels, table }, value: rowsOut },
      { name: 'helios_pipeline_hot_rows', labels: { ...labels, table }, value: hotRows },
    ]),
  ];
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
