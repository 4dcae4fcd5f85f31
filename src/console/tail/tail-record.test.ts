import { expect, test } from 'vitest';
import { arrivalOfLines, arrivalOfRows } from './tail-record.ts';

const time = '2026-01-31T08:00:00.000Z';
const place = { id: '1', kind: 'lines', partition: 3, offset: 100, dropped_bytes: 0 } as const;

test('the places of lines follow from their bytes', () => {
  const lines = ['{"a":"é"}', '', 'x'];
  const { records } = arrivalOfLines({ ...place, lines }, { unit: 'bytes', time });
  expect(records.map(({ position }) => position)).toEqual(['100', '111', '112']);
  expect(records[0]).toEqual({ time, partition: '3', position: '100', text: '{"a":"é"}' });
});

test('behind bytes that are no text, no place is claimed', () => {
  const lines = ['a\uFFFD', 'b', 'c'];
  const { records } = arrivalOfLines({ ...place, lines }, { unit: 'bytes', time });
  expect(records.map(({ position }) => position)).toEqual(['100', undefined, undefined]);
});

test('the places of a topic count records', () => {
  const event = { ...place, lines: ['aaa', 'b'], dropped_records: 40 };
  const arrival = arrivalOfLines(event, { unit: 'records', time });
  expect(arrival.records.map(({ position }) => position)).toEqual(['100', '101']);
  expect(arrival.droppedRecords).toBe(40);
});

test('rows become objects with exact numbers', () => {
  const columns = [
    { name: 'id', type: 'BIGINT' },
    { name: 'price', type: 'DECIMAL(18,2)' },
    { name: 'a "b"', type: 'VARCHAR' },
    { name: 'doc', type: 'JSON' },
    { name: 'none', type: 'BIGINT' },
    { name: 'many', type: 'BIGINT[]' },
  ];
  const rows = [['9007199254740993', '1.50', '<b>', '{"n":1.0}', null, ['1']]];
  const event = { id: '1', kind: 'rows', rows, dropped: 2 } as const;
  expect(arrivalOfRows(event, { columns, time })).toEqual({
    records: [
      {
        time,
        text: '{"id":9007199254740993,"price":1.50,"a \\"b\\"":"<b>","doc":{"n":1.0},"none":null,"many":["1"]}',
      },
    ],
    droppedRecords: 2,
    droppedBytes: 0,
  });
});
