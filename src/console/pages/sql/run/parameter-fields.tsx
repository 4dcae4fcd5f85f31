import type { ReactNode } from 'react';
import { parameterKind } from '../../../editor/parameters.ts';

const rule =
  'A number, true, false or null is what it looks like; anything else is text, ' +
  "and so is what stands in 'quotes'.";

/** A field for each `$name` of the query. */
export function ParameterFields({
  names,
  typed,
  onType,
  onRun,
}: {
  readonly names: readonly string[];
  readonly typed: Readonly<Record<string, string>>;
  readonly onType: (name: string, value: string) => void;
  readonly onRun: () => void;
}): ReactNode {
  if (names.length === 0) return null;
  return (
    <form
      className="sql-parameters"
      aria-label="Parameters"
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      {names.map((name) => {
        const value = typed[name] ?? '';
        return (
          <label key={name} className="sql-parameter">
            <code>${name}</code>
            <input
              className="input"
              id={`parameter-${name}`}
              value={value}
              title={rule}
              onChange={({ target }) => onType(name, target.value)}
            />
            <span className="quiet kind">{parameterKind(value)}</span>
          </label>
        );
      })}
      {/* Enter runs. */}
      <input type="submit" hidden />
    </form>
  );
}
