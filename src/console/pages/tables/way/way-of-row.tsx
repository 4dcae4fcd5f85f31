import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import type { AnswerRow } from '../../../api/rows.ts';
import { useLivePipelines } from '../../../api/use-live.ts';
import { useFound } from '../../../api/use-found.ts';
import { Link } from '../../../link.tsx';
import { Ago } from '../../../parts/ago.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { sqlHref } from '../table-name.ts';
import { versionSql } from '../versions/version-sql.ts';
import { originsOf } from './origin.ts';
import { RecordOfRow } from './record-of-row.tsx';
import { conditionOf, valuesOfRow } from './row-condition.ts';
import { type Settled, settledSince } from './settled.ts';

/** Where one row is, and the records that it may have been. */
export function WayOfRow({
  table,
  row,
  where,
}: {
  readonly table: TableAnswer;
  readonly row: AnswerRow;
  readonly where: string;
}): ReactNode {
  const pipelines = useLivePipelines();
  const hasVersions = table.version !== undefined;
  const exact = conditionOf(valuesOfRow(row, table.columns)) || where;
  const settled = useFound(
    hasVersions ? `${table.name} ${exact}` : '',
    async (signal) => await settledSince(table, exact, signal),
  );
  const origins = originsOf(table, pipelines ?? []);
  const isLooking = hasVersions && settled.value === undefined && settled.error === undefined;
  return (
    <>
      <section aria-busy={isLooking}>
        <h3>In the table</h3>
        {isLooking && <p className="quiet">Looking through the versions…</p>}
        {settled.error !== undefined && <Failure error={settled.error} />}
        {settled.value !== undefined && <Place table={table} settled={settled.value} />}
        {!hasVersions && <p className="quiet">The table keeps no versions.</p>}
      </section>
      {pipelines !== undefined && origins.length === 0 && (
        <p className="quiet">
          No pipeline here writes to it from a stream: its rows have no records.
        </p>
      )}
      {!isLooking &&
        origins.map((origin) => (
          <RecordOfRow
            key={`${origin.pipeline} ${origin.connection} ${origin.stream}`}
            {...{ table, row, origin }}
            settled={settled.value}
          />
        ))}
    </>
  );
}

function Place({
  table,
  settled,
}: {
  readonly table: TableAnswer;
  readonly settled: Settled;
}): ReactNode {
  if (settled.kind === 'hot') {
    return (
      <p>
        <span className="chip hot">hot</span> In a part, not in a file of the table yet: it will be
        with the next version.
      </p>
    );
  }
  const { version, before, pathsLeft } = settled;
  const { files_added: fileCount, paths_added: paths } = version;
  return (
    <dl className="tables-facts">
      <dt>version</dt>
      <dd>
        <span className="chip cold">settled</span>{' '}
        {before === undefined ? 'at the latest with' : 'with'}{' '}
        <Link href={sqlHref(versionSql(table, version.version))}>version {version.version}</Link>
        {`, ${version.operation ?? 'an operation that is not said'}, `}
        <Ago at={version.timestamp} />
        {before === undefined && version.version > 0 && ': older ones are gone from the log'}
      </dd>
      <dt>{fileCount === 1 ? 'file' : `one of ${count(fileCount)} files`}</dt>
      <dd>
        {paths.map((path) => (
          <div key={path}>
            <code>{path}</code>
            {!pathsLeft.includes(path) && (
              <span className="quiet"> – since merged into another, or removed</span>
            )}
          </div>
        ))}
        {fileCount > paths.length && (
          <span className="quiet">and {count(fileCount - paths.length)} more</span>
        )}
      </dd>
    </dl>
  );
}
