import type { ReactNode } from 'react';
import type { Consent, Move } from './restart.ts';

/** What a restart would do to records, and the consent that it needs. */
export function RestartRefusal({
  needs,
  moves,
  given,
  onChange,
}: {
  readonly needs: readonly Consent[];
  readonly moves: readonly Move[];
  readonly given: ReadonlySet<Consent>;
  readonly onChange: (given: ReadonlySet<Consent>) => void;
}): ReactNode {
  const toggle = (need: Consent): void => {
    const next = new Set(given);
    if (!next.delete(need)) next.add(need);
    onChange(next);
  };
  return (
    <>
      <div className="pipelines-moves">
        <table className="table">
          <thead>
            <tr>
              <th>partition</th>
              <th>read up to</th>
              <th>would go on at</th>
              <th>which</th>
            </tr>
          </thead>
          <tbody>
            {moves.map(({ source, partition, from, to, effect }) => (
              <tr key={`${source}\n${partition}`}>
                <td>
                  {source} {partition}
                </td>
                <td>{from ?? 'nothing'}</td>
                <td>{to ?? 'its beginning'}</td>
                <td>{effects[effect] ?? effect}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <fieldset>
        <legend className="visually-hidden">Consent</legend>
        {needs.map((need) => (
          <label key={need}>
            <input type="checkbox" checked={given.has(need)} onChange={() => toggle(need)} />
            {words[need]}
          </label>
        ))}
      </fieldset>
    </>
  );
}

const words: Readonly<Record<Consent, string>> = {
  allow_duplicates: 'Rows may be in the tables twice then',
  allow_skipping: 'Records between will be in no table then',
};

const effects: Readonly<Record<string, string>> = {
  again: 'reads records again',
  skips: 'skips records',
  unknown: 'may read again or skip records',
};
