import type { ReactNode } from 'react';
import { go, usePlace, withSearch } from '../../place.ts';
import { type Filter, type Shown, shownWords, type Since, sinceWords } from './reason-sql.ts';

/** What can be chosen, besides what is. */
export type Choices = {
  readonly pipelines: readonly string[];
  readonly sources: readonly string[];
  readonly codes: readonly string[];
};

/** Which records, of which pipeline and source, for which reason, since when. */
export function FilterBar({
  filter,
  choices,
}: {
  readonly filter: Filter;
  /** Undefined in a reason's own page: its records have one of each. */
  readonly choices: Choices | undefined;
}): ReactNode {
  const place = usePlace();
  const choose = (name: string, value: string, standard: string): void => {
    go(withSearch(place, { [name]: value === standard ? undefined : value, page: undefined }));
  };
  return (
    <div className="quarantine-filter" role="group" aria-label="Filter">
      {choices !== undefined && (
        <>
          <Choice
            label="reason"
            value={filter.why}
            options={choices.codes}
            onChoose={(value) => choose('why', value, '')}
          />
          <Choice
            label="pipeline"
            value={filter.pipeline}
            options={choices.pipelines}
            onChoose={(value) => choose('pipeline', value, '')}
          />
          <Choice
            label="source"
            value={filter.from}
            options={choices.sources}
            onChoose={(value) => choose('from', value, '')}
          />
        </>
      )}
      <label>
        <span className="quiet">show </span>
        <select
          className="input"
          value={filter.shown}
          onChange={(event) => choose('show', event.target.value, 'left')}
        >
          {(Object.keys(shownWords) as Shown[]).map((shown) => (
            <option key={shown} value={shown}>
              {shownWords[shown]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="quiet">rejected in </span>
        <select
          className="input"
          value={filter.since}
          onChange={(event) => choose('since', event.target.value, 'all')}
        >
          {(Object.keys(sinceWords) as Since[]).map((since) => (
            <option key={since} value={since}>
              {sinceWords[since]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Choice({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly string[];
  readonly onChoose: (value: string) => void;
}): ReactNode {
  // What an address names can be chosen, whether there is any or not.
  const all = value === undefined || options.includes(value) ? options : [value, ...options];
  return (
    <label>
      <span className="quiet">{label} </span>
      <select
        className="input"
        value={value ?? ''}
        onChange={(event) => onChoose(event.target.value)}
      >
        <option value="">any</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
