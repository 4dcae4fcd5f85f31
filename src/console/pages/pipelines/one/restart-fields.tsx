import type { ReactNode } from 'react';
import type { PipelineAnswer } from '../../../../server/api.ts';
import { TimeField } from '../../../time/time-field.tsx';
import type { RestartChoice } from './restart.ts';

type Kind = RestartChoice['kind'];

/** The places from which a pipeline can read on. */
export function RestartFields({
  pipeline,
  choice,
  onChange,
}: {
  readonly pipeline: PipelineAnswer;
  readonly choice: RestartChoice;
  readonly onChange: (choice: RestartChoice) => void;
}): ReactNode {
  const places = pipeline.sources.flatMap((source) =>
    (source.partitions ?? []).map(({ partition, position }) => ({
      source: source.name,
      partition,
      position: position ?? '',
    })),
  );
  const first = places[0];
  const kinds: readonly { readonly kind: Kind; readonly word: string }[] = [
    { kind: 'earliest', word: 'From the earliest record that is kept' },
    { kind: 'latest', word: 'From now on' },
    { kind: 'time', word: 'From a time' },
    ...(first === undefined ? [] : [{ kind: 'position', word: 'From a position' } as const]),
  ];
  const choose = (kind: Kind): void => {
    if (kind === 'time') onChange({ kind, text: '' });
    else if (kind === 'position') first && onChange({ kind, ...first });
    else onChange({ kind });
  };
  return (
    <fieldset>
      <legend className="visually-hidden">Where to read on</legend>
      {kinds.map(({ kind, word }) => (
        <label key={kind}>
          <input
            type="radio"
            name="restart-kind"
            checked={choice.kind === kind}
            onChange={() => choose(kind)}
          />
          {word}
        </label>
      ))}
      {choice.kind === 'time' && (
        <TimeField
          label="Time"
          step={1}
          value={choice.text}
          onChange={(text) => onChange({ kind: 'time', text })}
        />
      )}
      {choice.kind === 'position' && (
        <PositionFields choice={choice} places={places} onChange={onChange} />
      )}
    </fieldset>
  );
}

type Place = { readonly source: string; readonly partition: string; readonly position: string };

function PositionFields({
  choice,
  places,
  onChange,
}: {
  readonly choice: Extract<RestartChoice, { readonly kind: 'position' }>;
  readonly places: readonly Place[];
  readonly onChange: (choice: RestartChoice) => void;
}): ReactNode {
  const at = places.findIndex(
    ({ source, partition }) => source === choice.source && partition === choice.partition,
  );
  return (
    <label>
      <select
        className="input"
        aria-label="Partition"
        value={at}
        onChange={(event) => {
          const place = places[Number(event.target.value)];
          if (place !== undefined) onChange({ kind: 'position', ...place });
        }}
      >
        {places.map(({ source, partition }, index) => (
          <option key={`${source}\n${partition}`} value={index}>
            {source} {partition}
          </option>
        ))}
      </select>
      <input
        className="input code"
        aria-label="Position"
        value={choice.position}
        onChange={(event) => onChange({ ...choice, position: event.target.value })}
      />
    </label>
  );
}
