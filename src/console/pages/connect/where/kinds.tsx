import type { ReactNode } from 'react';
import type { Kind } from '../draft/draft.ts';

/** What there is to connect, one of which is chosen. */
export function Kinds({
  chosen,
  onChoose,
}: {
  readonly chosen: Kind;
  readonly onChoose: (kind: Kind) => void;
}): ReactNode {
  return (
    <fieldset className="connect-kinds">
      <legend className="visually-hidden">What to connect</legend>
      {kinds.map(({ kind, title, about }) => (
        <label key={kind} className="connect-kind">
          <input
            type="radio"
            name="kind"
            checked={kind === chosen}
            onChange={() => onChoose(kind)}
          />
          <span>
            <strong>{title}</strong>
            <span className="quiet">{about}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

const kinds: readonly { readonly kind: Kind; readonly title: string; readonly about: string }[] = [
  { kind: 'kinesis', title: 'Kinesis', about: 'Amazon Kinesis Data Streams' },
  { kind: 'kafka', title: 'Kafka', about: 'Apache Kafka, Amazon MSK, Redpanda' },
  { kind: 'confluent', title: 'Confluent Cloud', about: 'Kafka with an API key' },
  { kind: 'http', title: 'HTTP', about: 'Programs send events to Helios' },
  { kind: 'files', title: 'Files', about: 'JSON, CSV, Parquet, Delta' },
];

/** The kind of that name, undefined for any other text. */
export function kindNamed(name: string | null): Kind | undefined {
  return kinds.find(({ kind }) => kind === name)?.kind;
}
