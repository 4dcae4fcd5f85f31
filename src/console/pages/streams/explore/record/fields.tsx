import { type ReactNode, useMemo } from 'react';
import type { FieldStatistics } from '../../../../json/field-statistics.ts';
import { useFieldStatistics } from '../../../../json/use-field-statistics.ts';
import type { TailRecord } from '../../../../tail/tail-record.ts';
import { count, share } from '../../../../text.ts';
import { columnsMax } from '../chosen-columns.ts';

/**
 * Which fields the records shown have, how often, of what types, with what in them; each can be
 * shown as a column of the list.
 */
export function Fields({
  records,
  columns,
  onToggle,
}: {
  readonly records: readonly TailRecord[];
  readonly columns: readonly string[];
  readonly onToggle: (path: string) => void;
}): ReactNode {
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
      <p className="explore-of quiet">
        Of {count(documentCount)} JSON objects shown
        {otherCount > 0 &&
          `; ${otherCount === 1 ? '1 record is' : `${count(otherCount)} records are`} none`}
        {isCut && '; the first 300 fields'}
      </p>
      <p className="explore-of quiet">A tick makes a column</p>
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
              <Field
                key={field.path}
                field={field}
                documentCount={documentCount}
                isColumn={columns.includes(field.path)}
                isFull={columns.length === columnsMax}
                onToggle={onToggle}
              />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Rows of one height: nothing moves while the values change. */
function Field({
  field,
  documentCount,
  isColumn,
  isFull,
  onToggle,
}: {
  readonly field: FieldStatistics;
  readonly documentCount: number;
  readonly isColumn: boolean;
  readonly isFull: boolean;
  readonly onToggle: (path: string) => void;
}): ReactNode {
  const { path, presentCount, kinds } = field;
  return (
    <tr>
      <td className="explore-field">
        <label title={isFull && !isColumn ? `${path}: at most ${columnsMax} columns` : path}>
          <input
            type="checkbox"
            checked={isColumn}
            disabled={isFull && !isColumn}
            onChange={() => onToggle(path)}
          />{' '}
          {path}
        </label>
      </td>
      <td className="number">{share(presentCount, documentCount)}</td>
      <td className="explore-holds" title={valuesText(field)}>
        {kinds.map(({ kind, count: times }) => (
          <span key={kind} className="chip">
            {kind}
            {kinds.length > 1 && ` ${share(times, presentCount)}`}
          </span>
        ))}{' '}
        <code>{valuesText(field)}</code>
      </td>
    </tr>
  );
}

/** `1.50 … 99`, or the most frequent values with their shares. */
function valuesText({ presentCount, top, range }: FieldStatistics): string {
  if (range !== undefined && range.least !== range.greatest) {
    return `${range.least} … ${range.greatest}`;
  }
  return top
    .map(({ text, count: times }) => {
      const shown = text === '' ? '(empty)' : text;
      return times === 1 ? shown : `${shown} ${share(times, presentCount)}`;
    })
    .join(' · ');
}
