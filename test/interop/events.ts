/** A record as it is sent. */
export type Event = { readonly id: string; readonly json: string };

const places = [
  'eu',
  'a b/c%d:é=1',
  null,
  '日本',
  `it's "x"\\`,
  '..',
  '%20+#?',
  ' EU',
  '__HIVE_X__',
];
const days = ['2024-02-29', '1969-12-31', null, '9999-12-31', '0001-01-01'];
const instants = [
  '2024-01-01T01:02:03.456789Z',
  '1969-12-31T23:59:59.999999Z',
  '1500-06-01T00:00:00Z',
  '2024-01-01T01:02:03.456Z',
  '9999-12-31T23:59:59Z',
];

/** Text, because JavaScript's numbers don't hold these. */
const fullFields = `"i8":-128,"i16":32767,"i32":-2147483648,"u8":255,"u16":65535,"u32":4294967295,
  "u64":18446744073709551615,"f32":0.5,"f64":1e300,
  "large":1234567890123456789012345678.0123456789,"middle":-99999999999999.9999,
  "small":"-1234567.89","txt":"${'x'.repeat(40)}\u{1f600}","js":{"a":[1,2.50]},"bin":"AP8=",
  "clock":"01:02:03.5","span":"P1DT2H","li":[1,null,-9223372036854775808],
  "st":{"a":7,"b":"ü"},"deep":[{"tags":["a",null],"seen":"2024-01-01T00:00:00Z"},null]`;

/** Rows of every type, one with nothing in it, and an id that JavaScript would round. */
export const events: readonly Event[] = [
  ...places.flatMap((place, index) => [
    full(1 + index, place, days[index % days.length] ?? null, instants[index % instants.length]),
    full(51 + index, place, days[(index + 1) % days.length] ?? null, instants[index % 2]),
  ]),
  { id: '100', json: '{"id":100}' },
  { id: '101', json: '{"id":101,"place":"eu","day":"2024-02-29","li":[],"deep":[],"txt":""}' },
  { id: '9007199254740993', json: '{"id":9007199254740993,"f64":-0.0,"yes":false}' },
];

function full(id: number, place: string | null, day: string | null, ts: string | undefined): Event {
  const keys = JSON.stringify({ id, place, day, ts, yes: id % 2 === 0 });
  return { id: String(id), json: `${keys.slice(0, -1)},${fullFields.replaceAll('\n', '')}}` };
}
