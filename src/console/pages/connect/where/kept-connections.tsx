import type { ReactNode } from 'react';
import type { ConnectionAnswer } from '../../../../server/api.ts';

/** Connections to choose from, and a new one; nothing where there is none. */
export function KeptConnections({
  connections,
  chosen,
  onChoose,
}: {
  readonly connections: readonly ConnectionAnswer[];
  readonly chosen: string | undefined;
  readonly onChoose: (name: string | undefined) => void;
}): ReactNode {
  if (connections.length === 0) return null;
  return (
    <fieldset className="connect-kept">
      <legend>Connection</legend>
      {connections.map((one) => (
        <label key={one.name}>
          <input
            type="radio"
            name="connection"
            checked={one.name === chosen}
            onChange={() => onChoose(one.name)}
          />
          <span className="connect-name">{one.name}</span>
          <span className="quiet connect-name">{placeOf(one)}</span>
        </label>
      ))}
      <label>
        <input
          type="radio"
          name="connection"
          checked={chosen === undefined}
          onChange={() => onChoose(undefined)}
        />
        <span>A new one</span>
      </label>
    </fieldset>
  );
}

/** Where a connection leads, in short. */
function placeOf({ options, kind }: ConnectionAnswer): string {
  return options['bootstrap_servers'] ?? options['aws_endpoint'] ?? options['aws_region'] ?? kind;
}
