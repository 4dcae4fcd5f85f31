import { type ReactNode, useId } from 'react';
import { Field } from '../../../parts/field.tsx';
import type { TableDraft } from '../draft/draft.ts';
import { type Drafted, type ScriptColumn, usualPath } from '../what/script.ts';

/** Name, start and place of the table; none of them counts once the SQL is edited by hand. */
export function TableFields({
  table,
  usual,
  drafted,
  columns,
  isFile,
  onChange,
}: {
  readonly table: TableDraft;
  readonly usual: string;
  readonly drafted: Drafted;
  readonly columns: readonly ScriptColumn[];
  readonly isFile: boolean;
  readonly onChange: (change: Partial<TableDraft>) => void;
}): ReactNode {
  const isByHand = table.sql !== undefined;
  const name = table.name?.trim() || usual;
  return (
    <>
      <div className="connect-form">
        <Field
          label="Name"
          note={
            isByHand
              ? 'Of the pipeline; the SQL, edited by hand, names the table.'
              : 'Of the pipeline and its table.'
          }
        >
          {(ids) => (
            <input
              {...ids}
              className="input code"
              value={table.name ?? ''}
              placeholder={usual}
              spellCheck={false}
              onChange={(event) => onChange({ name: event.target.value })}
            />
          )}
        </Field>
        <Folders table={table} columns={columns} isByHand={isByHand} onChange={onChange} />
        <Field label="Where the table is" note="A Delta table: a folder, or s3://…" isWide>
          {(ids) => (
            <input
              {...ids}
              className="input code"
              value={table.path ?? ''}
              placeholder={usualPath(drafted, name)}
              disabled={isByHand}
              spellCheck={false}
              onChange={(event) => onChange({ path: event.target.value })}
            />
          )}
        </Field>
      </div>
      {!isFile && <Offset table={table} isByHand={isByHand} onChange={onChange} />}
    </>
  );
}

type Part = {
  readonly table: TableDraft;
  readonly isByHand: boolean;
  readonly onChange: (change: Partial<TableDraft>) => void;
};

function Folders({
  table,
  columns,
  isByHand,
  onChange,
}: Part & { readonly columns: readonly ScriptColumn[] }): ReactNode {
  const known = columns.some(({ name }) => name === table.folders);
  return (
    <Field label="Folders by" note="Of few values, that questions often name.">
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={known ? table.folders : ''}
          disabled={isByHand}
          onChange={(event) => onChange({ folders: event.target.value })}
        >
          <option value="">None</option>
          {columns.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Offset({ table, isByHand, onChange }: Part): ReactNode {
  const name = useId();
  return (
    <fieldset className="connect-kept" disabled={isByHand}>
      <legend>Reading starts</legend>
      {offsets.map(({ offset, title, about }) => (
        <label key={offset}>
          <input
            type="radio"
            name={name}
            checked={table.offset === offset}
            onChange={() => onChange({ offset })}
          />
          <span>
            {title}
            <span className="quiet connect-about">{about}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

const offsets = [
  {
    offset: 'earliest',
    title: 'From the beginning',
    about: 'All events that the stream still has, then those that come.',
  },
  {
    offset: 'latest',
    title: 'From now',
    about: 'Only events that come after the start.',
  },
] as const;
