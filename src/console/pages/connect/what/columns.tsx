import { type ReactNode, useId } from 'react';
import type {
  DraftAnswerDocument,
  InferredColumnAnswer,
} from '../../../../server/discovery/discovery-answers.ts';
import { count, share } from '../../../text.ts';
import type { ColumnEdit } from '../draft/draft.ts';
import { columnsOf, type ScriptColumn } from './script.ts';

/** The columns of the table to be: each can be renamed, be of another type, or be left out. */
export function Columns({
  drafted,
  edits,
  isByHand,
  onEdit,
}: {
  readonly drafted: DraftAnswerDocument;
  readonly edits: Readonly<Record<string, ColumnEdit>>;
  readonly isByHand: boolean;
  readonly onEdit: (field: string, next: ColumnEdit) => void;
}): ReactNode {
  const types = useId();
  const columns = columnsOf(drafted, edits);
  const onCount = columns.filter(({ isOn }) => isOn).length;
  if (drafted.columns.length === 0) return <KeptWhole shape={drafted.shape} />;
  return (
    <>
      <header>
        <h2>{columns.length === 1 ? '1 column' : `${count(columns.length)} columns`}</h2>
        {isByHand && <span className="quiet">The SQL was edited by hand: it decides.</span>}
      </header>
      <div
        className="table-scroll what-columns"
        role="region"
        aria-label="Names and types"
        tabIndex={0}
      >
        <table className="table">
          <Head />
          <tbody>
            {columns.map((column, index) => (
              <ColumnRow
                key={column.field}
                column={column}
                edit={edits[column.field] ?? {}}
                seen={drafted.columns[index]}
                readableCount={drafted.readable_count}
                isFixed={isByHand}
                isLast={column.isOn && onCount === 1}
                types={types}
                onEdit={(next) => onEdit(column.field, next)}
              />
            ))}
          </tbody>
        </table>
        <datalist id={types}>
          {typeNames.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
      {drafted.warnings
        .filter((warning) => !isSettled(warning, drafted, columns))
        .map((warning) => (
          <p key={warning} className="quiet">
            {warning}
          </p>
        ))}
    </>
  );
}

function Head(): ReactNode {
  return (
    <thead>
      <tr>
        <th>
          <span className="visually-hidden">kept</span>
        </th>
        <th>name</th>
        <th>type</th>
        <th className="number">in</th>
        <th>example</th>
      </tr>
    </thead>
  );
}

/** A warning begins with the column and type that it is of: another type has other faults. */
function isSettled(
  warning: string,
  drafted: DraftAnswerDocument,
  columns: readonly ScriptColumn[],
): boolean {
  return drafted.columns.some(({ name, type }, index) => {
    const now = columns[index];
    return warning.startsWith(`${name} is ${type}`) && !(now?.type === type && now.isOn);
  });
}

function KeptWhole({ shape }: Pick<DraftAnswerDocument, 'shape'>): ReactNode {
  return (
    <>
      <header>
        <h2>Kept whole</h2>
      </header>
      <p className="quiet">{wholeWords[shape]}</p>
    </>
  );
}

function ColumnRow({
  column: { field, name, type, isOn },
  edit,
  seen,
  readableCount,
  isFixed,
  isLast,
  types,
  onEdit,
}: {
  readonly column: ScriptColumn;
  readonly edit: ColumnEdit;
  readonly seen: InferredColumnAnswer | undefined;
  readonly readableCount: number;
  readonly isFixed: boolean;
  /** The only one that is kept. */
  readonly isLast: boolean;
  readonly types: string;
  readonly onEdit: (next: ColumnEdit) => void;
}): ReactNode {
  return (
    <tr className={isOn ? undefined : 'off'}>
      <td>
        <input
          type="checkbox"
          aria-label={`Keep ${field}`}
          checked={isOn}
          disabled={isFixed || isLast}
          onChange={() => onEdit({ isOff: isOn })}
        />
      </td>
      <td>
        <input
          className="input code"
          aria-label={`Name of the column for ${field}`}
          value={edit.name ?? name}
          disabled={isFixed || !isOn}
          spellCheck={false}
          onChange={(event) => onEdit({ name: event.target.value })}
        />
      </td>
      <td>
        <input
          className="input code"
          aria-label={`Type of ${field}`}
          title={type}
          list={types}
          value={edit.type ?? type}
          disabled={isFixed || !isOn}
          spellCheck={false}
          onChange={(event) => onEdit({ type: event.target.value })}
        />
      </td>
      <td className="number">{seen && share(seen.present_count, readableCount)}</td>
      <td className="wide quiet" title={seen?.note}>
        {seen?.examples[0]?.slice(0, exampleCharacters)}
      </td>
    </tr>
  );
}

const exampleCharacters = 80;

const typeNames = [
  'TEXT',
  'BIGINT',
  'INTEGER',
  'DOUBLE',
  'DECIMAL(18, 2)',
  'BOOLEAN',
  'TIMESTAMP',
  'DATE',
  'JSON',
];

const wholeWords: Readonly<Record<DraftAnswerDocument['shape'], string>> = {
  columns: '',
  json: 'No column could be told: each event is one JSON value.',
  text: 'The events are no JSON: each is one text.',
  bytes: 'The events are neither JSON nor text: each is kept as its bytes.',
};
