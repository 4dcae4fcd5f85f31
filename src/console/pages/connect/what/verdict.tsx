import type { ReactNode } from 'react';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import type { ScriptColumn } from './script.ts';
import type { Trial } from './use-trial.ts';

/** How many of the events would be rows, why others wouldn't, and what would take them. */
export function Verdict({
  trial: { answer, error, isTrying },
  columns,
  isByHand,
  isRejectedOnly,
  onRejectedOnly,
  onType,
}: {
  readonly trial: Trial;
  readonly columns: readonly ScriptColumn[];
  readonly isByHand: boolean;
  readonly isRejectedOnly: boolean;
  readonly onRejectedOnly: (isOnly: boolean) => void;
  readonly onType: (field: string, type: string) => void;
}): ReactNode {
  if (error !== undefined) return <Failure error={error} />;
  if (answer === undefined) return <p className="what-verdict quiet">Trying the table on them …</p>;
  if (!answer.valid) {
    return (
      <p className="what-verdict" aria-live="polite">
        The SQL can’t be tried yet: its errors are told below it.
      </p>
    );
  }
  const { accepted_count, rejected_count, rejected, blank_count } = answer.dry_run;
  const all = accepted_count + rejected_count + blank_count;
  const blamed = isByHand ? [] : blamedColumns(columns, rejected);
  return (
    <div className="what-verdict" aria-live="polite" aria-busy={isTrying}>
      <span>
        {accepted_count === all ? (
          <>{all === 1 ? 'It would be a row.' : `All ${count(all)} of these would be rows.`}</>
        ) : (
          <>
            {count(accepted_count)} of these {count(all)} would be rows
          </>
        )}
      </span>
      {rejected_count > 0 && (
        <>
          <span className="chip rejected">{count(rejected_count)} would be rejected</span>
          <button
            type="button"
            className="button"
            aria-pressed={isRejectedOnly}
            onClick={() => onRejectedOnly(!isRejectedOnly)}
          >
            {isRejectedOnly ? 'See all' : 'See them'}
          </button>
        </>
      )}
      {blamed.map(({ column, number }) => (
        <button
          key={column.field}
          type="button"
          className="button"
          title="A JSON column takes every value"
          onClick={() => onType(column.field, 'JSON')}
        >
          Make <span className="connect-name">{column.field}</span> JSON: takes {count(number)}
        </button>
      ))}
      {isTrying && <span className="quiet">trying again …</span>}
    </div>
  );
}

const blamedMax = 3;

/** Messages of decoders begin with the column's name. */
function blamedColumns(
  columns: readonly ScriptColumn[],
  rejected: readonly { readonly message: string }[],
): readonly { readonly column: ScriptColumn; readonly number: number }[] {
  return columns
    .map((column) => ({
      column,
      number: rejected.filter(({ message }) => message.startsWith(`Column "${column.field}"`))
        .length,
    }))
    .filter(({ column, number }) => number > 0 && column.type !== 'JSON')
    .toSorted((one, other) => other.number - one.number)
    .slice(0, blamedMax);
}
