import { type ReactNode, useEffect } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { useLivePipelines } from '../../../api/use-live.ts';
import { useFound } from '../../../api/use-found.ts';
import { Failure } from '../../../parts/failure.tsx';
import { go, usePlace, withSearch } from '../../../place.ts';
import { recordAtPlace } from './find-records.ts';
import { originsOf } from './origin.ts';
import { conditionOf, type Value, valuesOfRecord } from './row-condition.ts';

/** From a record to the condition that finds its row, which then stands in the address. */
export function FromRecord({
  table,
  stream,
  connection,
  at,
}: {
  readonly table: TableAnswer;
  readonly stream: string;
  readonly connection: string | undefined;
  /** Partition and position, with a colon between them. */
  readonly at: string;
}): ReactNode {
  const address = usePlace();
  const pipelines = useLivePipelines();
  const origin = originsOf(table, pipelines ?? []).find(
    (one) => one.stream === stream && one.connection === connection,
  );
  const { value, error } = useFound(
    origin === undefined ? '' : JSON.stringify([origin, at]),
    async (signal) => {
      if (origin === undefined) return [];
      if (origin.place !== undefined) return placeValues(origin.place, at);
      const [record] = (await recordAtPlace(origin, at, signal)).records;
      return record === undefined ? [] : valuesOfRecord(record.text, table.columns);
    },
  );
  const where = conditionOf(value ?? []);
  useEffect(() => {
    if (where !== '') go(withSearch(address, { where }), 'replace');
  }, [where]);
  if (error !== undefined) return <Failure error={error} />;
  if (value !== undefined && where === '') {
    return (
      <p className="quiet">
        The record at {at} of {stream} has no field that is a column of the table: write a condition
        that finds its row.
      </p>
    );
  }
  if (pipelines !== undefined && origin === undefined) {
    return <p className="quiet">No pipeline here takes {stream} into this table.</p>;
  }
  return <p aria-busy="true">Looking at the record…</p>;
}

function placeValues(
  { partition, position }: { readonly partition: string; readonly position: string },
  at: string,
): readonly Value[] {
  const colon = at.lastIndexOf(':');
  return [
    { column: partition, text: at.slice(0, colon) },
    { column: position, text: at.slice(colon + 1) },
  ];
}
