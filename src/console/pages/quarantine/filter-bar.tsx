import type { ReactNode } from 'react';
import { Link } from '../../link.tsx';
import { Icon } from '../../parts/icon.tsx';
import { go, usePlace, withSearch } from '../../place.ts';
import { type Filter, type Since, sinceWords } from './reason-sql.ts';

/** Since when, and of which pipeline. */
export function FilterBar({ filter }: { readonly filter: Filter }): ReactNode {
  const place = usePlace();
  const choose = (since: string): void => {
    go(withSearch(place, { since: since === 'all' ? undefined : since, page: undefined }));
  };
  return (
    <div className="quarantine-filter">
      {filter.pipeline !== undefined && (
        <Link
          className="button"
          href={withSearch(place, { pipeline: undefined })}
          aria-label={`Only of ${filter.pipeline}. Show all pipelines`}
        >
          {filter.pipeline}
          <Icon name="close" />
        </Link>
      )}
      <label>
        <span className="quiet">rejected in </span>
        <select
          className="input"
          value={filter.since}
          onChange={(event) => choose(event.target.value)}
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
