import { type EpochMs, type Position, position } from '../../event/record.ts';
import { type RejectedRecords, Rejections } from '../../format/rejected-records.ts';
import type { Sink } from '../../sink/sink.ts';
import type { Plan } from '../plan/plan.ts';

type Sinks = {
  readonly plan: Pick<Plan, 'outputs'>;
  /** One per output, in their order, and others. */
  readonly sinks: readonly Sink[];
};

/** What receivers refused of an epoch's rows, as rows of quarantine: by the sink's table. */
export function refusedRows({ plan, sinks }: Sinks, nowMs: EpochMs): readonly RejectedRecords[] {
  return plan.outputs.flatMap(({ table }, index) => {
    const sink = sinks[index];
    const requests = sink?.kind === 'append' ? (sink.takeRefused?.() ?? []) : [];
    if (requests.length === 0) return [];
    const rejections = new Rejections();
    for (const [row, { error }] of requests.entries()) {
      const reason = { code: 'webhook_refused', message: error.message } as const;
      rejections.add(row, rejections.reason(reason));
    }
    const record = (row: number): { partition: string; position: Position; raw: Uint8Array } => ({
      partition: '0',
      position: position(requests[row]?.place ?? ''),
      raw: requests[row]?.body ?? new Uint8Array(),
    });
    return [rejections.of({ source: table.name, partition: '0', rejectedAtMs: nowMs, record })];
  });
}
