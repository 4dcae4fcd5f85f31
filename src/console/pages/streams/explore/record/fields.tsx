import { type ReactNode, useMemo } from 'react';
import type { FieldStatistics } from '../../../../json/field-statistics.ts';
import { useFieldStatistics } from '../../../../json/use-field-statistics.ts';
import type { TailRecord } from '../../../../tail/tail-record.ts';
import { count, share } from '../../../../text.ts';

/** Which fields the records shown have, how often, of what types, with what in them. */
export function Fields({ records }: { readonly records: readonly TailRecord[] }): ReactNode {
  const texts = useMemo(() => records.map(({ text }) => text), [records]);
  const seen = useFieldStatistics(texts);
  if (seen === undefined || records.length === 0) {
    return (
      <p className="explore-hint quiet">
        The fields of JSON records, how often each is there and what it holds, appear here.
      </p>
    );
  }
  const { fields, documentCount, otherCount, isCut } = seen;
  return (
    <div className="explore-fields" role="region" aria-label="Fields" tabIndex={0}>
      <p className="quiet">
        Of {count(documentCount)} JSON objects shown
        {otherCount > 0 && `; ${count(otherCount)} records are none`}
        {isCut && '; the first 300 fields'}
      </p>
      {fields.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th>field</th>
              <th className="number">present</th>
              <th>holds</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <Field key={field.path} field={field} documentCount={documentCount} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Field({
  field,
  documentCount,
}: {
  readonly field: FieldStatistics;
  readonly documentCount: number;
}): ReactNode {
  const { path, presentCount, kinds, examples } = field;
  return (
    <tr>
      <td className="explore-field">{path}</td>
      <td className="number">{share(presentCount, documentCount)}</td>
      <td className="explore-holds">
        {kinds.map(({ kind, count: times }) => (
          <span key={kind} className="chip">
            {kind}
            {kinds.length > 1 && ` ${share(times, presentCount)}`}
          </span>
        ))}{' '}
        <code>{examples.join(' · ')}</code>
      </td>
    </tr>
  );
}
