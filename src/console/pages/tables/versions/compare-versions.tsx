import { type ReactNode, useState } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { ask } from '../../../api/rows.ts';
import { useFound } from '../../../api/use-found.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { sqlHref } from '../table-name.ts';
import { onlyInSql, rowCountSql } from './version-sql.ts';

/** How many rows two versions have, and where to see which ones they don't share. */
export function CompareVersions({
  table,
  versions,
}: {
  readonly table: TableAnswer;
  /** The newest first; at least two. */
  readonly versions: readonly number[];
}): ReactNode {
  const [chosen, setChosen] = useState<{ from?: number; to?: number }>({});
  const from = chosen.from ?? versions[1] ?? 0;
  const to = chosen.to ?? versions[0] ?? 0;
  const [asked, setAsked] = useState('');
  const key = `${table.name} ${from} ${to}`;
  const { value, error } = useFound(asked === key ? key : '', async (signal) => {
    const [before, after] = await Promise.all(
      [from, to].map(async (version) => {
        const [row] = await ask({ sql: rowCountSql(table, version) }, signal);
        return Number(row?.['rows'] ?? 0);
      }),
    );
    return { before: before ?? 0, after: after ?? 0 };
  });
  return (
    <>
      <div className="tables-compare">
        <span>Rows of</span>
        <Version
          label="Version to compare from"
          {...{ versions, version: from }}
          onChange={(version) => setChosen({ ...chosen, from: version })}
        />
        <span>and</span>
        <Version
          label="Version to compare with"
          {...{ versions, version: to }}
          onChange={(version) => setChosen({ ...chosen, to: version })}
        />
        <button type="button" className="button" onClick={() => setAsked(key)}>
          Compare
        </button>
        <span className="number" role="status">
          {asked === key && value === undefined && error === undefined && 'Counting…'}
          {value !== undefined && differenceText(value)}
        </span>
        <Link href={sqlHref(onlyInSql(table, { version: to, other: from }))}>only in {to}</Link>
        <Link href={sqlHref(onlyInSql(table, { version: from, other: to }))}>only in {from}</Link>
      </div>
      {error !== undefined && <Failure error={{ ...error, position: undefined }} />}
    </>
  );
}

function Version({
  label,
  versions,
  version,
  onChange,
}: {
  readonly label: string;
  readonly versions: readonly number[];
  readonly version: number;
  readonly onChange: (version: number) => void;
}): ReactNode {
  return (
    <select
      className="input"
      aria-label={label}
      value={version}
      onChange={({ target }) => onChange(Number(target.value))}
    >
      {versions.map((one) => (
        <option key={one} value={one}>
          version {one}
        </option>
      ))}
    </select>
  );
}

/** `12,030 → 12,530 rows: 500 more` */
function differenceText({
  before,
  after,
}: {
  readonly before: number;
  readonly after: number;
}): string {
  const difference = Math.abs(after - before);
  const words =
    after === before ? 'as many' : `${count(difference)} ${after > before ? 'more' : 'less'}`;
  return `${count(before)} → ${count(after)} rows: ${words}`;
}
