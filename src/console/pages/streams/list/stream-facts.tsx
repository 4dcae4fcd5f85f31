import type { ReactNode } from 'react';
import type { StreamAnswer } from '../../../../server/api.ts';
import { bytes, duration, rate } from '../../../text.ts';
import type { StreamRate } from './stream-rates.ts';

/** Who keeps a stream's records. */
export function Origin({ backing }: Pick<StreamAnswer, 'backing'>): ReactNode {
  if (backing === null) return <span>embedded log</span>;
  const { kind, topic, connection } = backing;
  return (
    <span>
      {kind === 'kafka' ? 'Kafka topic' : 'Kinesis stream'} {topic} through {connection}
    </span>
  );
}

/** What an acknowledged event survives. */
export function DurabilityChip({ durability }: Pick<StreamAnswer, 'durability'>): ReactNode {
  const { survives, by } = durability;
  const isSafe = survives === 'machine';
  return (
    <span className={isSafe ? 'chip cold' : 'chip'} title={durabilityWords[by]}>
      {isSafe ? 'survives the machine' : 'lives with its disk'}
    </span>
  );
}

const durabilityWords = {
  volume: 'An acknowledged event is there as long as this machine’s disk is.',
  s3: 'An acknowledged event is in S3, also when this machine and its disk are lost.',
  kafka: 'An acknowledged event is in Kafka, also when this machine and its disk are lost.',
  kinesis: 'An acknowledged event is in Kinesis, also when this machine and its disk are lost.',
} as const;

/** `kept 7 d`, `kept 7 d, at most 10 GB` */
export function retentionText({
  retention_ms: ageMs,
  retention_bytes: budget,
}: Pick<StreamAnswer, 'retention_ms' | 'retention_bytes'>): string {
  const age = ageMs === null ? 'kept as its broker says' : `kept ${duration(ageMs)}`;
  return budget === null ? age : `${age}, at most ${bytes(budget)}`;
}

/** What it takes of its budget, where there is one. */
export function Size({
  bytes: size,
  retention_bytes: budget,
}: Pick<StreamAnswer, 'bytes' | 'retention_bytes'>): ReactNode {
  if (size === null) return <span className="quiet">at its broker</span>;
  if (budget === null) return bytes(size);
  return (
    <span className="streams-size">
      {bytes(size)} of {bytes(budget)}
      <meter
        min={0}
        max={budget}
        high={budget * fullShare}
        value={Math.min(size, budget)}
        aria-label="Of its budget"
      />
    </span>
  );
}

/** Above this share of its budget a stream is nearly full. */
const fullShare = 0.9;

/** `3.4 kB/s`, or `1,204/s` where records are counted. */
export function rateText({ perSecond, unit }: StreamRate): string {
  return unit === 'bytes' ? `${bytes(perSecond)}/s` : rate(perSecond);
}
