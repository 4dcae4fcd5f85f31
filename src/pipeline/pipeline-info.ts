import type { ManagedPipeline } from './managed-pipeline.ts';
import type { OpenPipeline } from './open-pipeline.ts';
import type { PipelineInfo } from './pipeline.ts';

/** What people see of a pipeline. */
export function pipelineInfo(managed: ManagedPipeline): PipelineInfo {
  const { definition, open, state, error } = managed;
  const manifest = open?.runner.manifest;
  return {
    id: definition.id,
    name: definition.name,
    sql: definition.sql,
    state,
    error,
    createdAtMs: definition.createdAtMs,
    epoch: manifest?.epoch ?? 0,
    bytesIn: manifest?.bytesIn ?? 0,
    recordsRejected: manifest?.recordsRejected ?? 0,
    recordsDropped: manifest?.recordsDropped ?? 0,
    sources: open === undefined ? [] : sourceInfos(open),
    sinks: open === undefined ? [] : sinkInfos(open),
  };
}

function sourceInfos(open: OpenPipeline): PipelineInfo['sources'] {
  return open.plan.script.sources.map(({ name, connector }) => ({
    name,
    connector: connector.kind,
    bytesBehind: open.runner.bytesBehind.get(name),
  }));
}

function sinkInfos(open: OpenPipeline): PipelineInfo['sinks'] {
  const connectors = new Map(
    open.plan.outputs.map(({ table }) => [table.name, table.connector.kind]),
  );
  return open.sinks.map((live) => ({
    table: live.table,
    connector: connectors.get(live.table) ?? 'delta',
    rowsOut: live.rowsOut,
    hotRows: live.hotRows,
    rolledEpoch: live.rolledEpoch ?? 0,
  }));
}
