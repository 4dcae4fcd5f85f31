import { delaySeconds, disorderMs, eventTime, type Input } from './input.ts';

/**
 * Nexmark's auction site, as its generator is described by the papers and by its configuration's
 * defaults: of 50 events one is a new person, three are new auctions and 46 are bids; every other
 * bid goes to the hot one of the newest hundred auctions, three of four come from the hot one of
 * the newest hundred people; sizes are 200, 500 and 100 bytes on average, as JSON more.
 * One topic has all three, as in Nexmark's own runs on Kafka.
 */
const of = { all: 50, people: 1, auctions: 3 };
const hot = { batch: 100, ids: 1000, lead: 10, auctionsInFlight: 100, activePeople: 1000 };
const extraBytes = { person: 120, auction: 300, bid: 40 };
const spanSeconds = 100;

const person = [
  ['id', 'BIGINT'],
  ['name', 'TEXT'],
  ['emailAddress', 'TEXT'],
  ['creditCard', 'TEXT'],
  ['city', 'TEXT'],
  ['state', 'TEXT'],
  ['date_time', 'TIMESTAMP'],
  ['extra', 'TEXT'],
] as const;
const auction = [
  ['id', 'BIGINT'],
  ['itemName', 'TEXT'],
  ['description', 'TEXT'],
  ['initialBid', 'BIGINT'],
  ['reserve', 'BIGINT'],
  ['date_time', 'TIMESTAMP'],
  ['expires', 'TIMESTAMP'],
  ['seller', 'BIGINT'],
  ['category', 'BIGINT'],
  ['extra', 'TEXT'],
] as const;
const bid = [
  ['auction', 'BIGINT'],
  ['bidder', 'BIGINT'],
  ['price', 'BIGINT'],
  ['channel', 'TEXT'],
  ['url', 'TEXT'],
  ['date_time', 'TIMESTAMP'],
  ['extra', 'TEXT'],
] as const;

type Fields = readonly (readonly [string, string])[];
const kinds: readonly (readonly [string, Fields])[] = [
  ['person', person],
  ['auction', auction],
  ['bid', bid],
];
const anyTime = `CASE WHEN event_type = 0 THEN person.date_time
  WHEN event_type = 1 THEN auction.date_time ELSE bid.date_time END`;

export const nexmarkInput: Input = {
  name: `nexmark-${spanSeconds}s-${disorderMs}ms`,
  spanSeconds,
  events: nexmarkEvents,
  readColumns: `event_type: 'INT', ${kinds
    .map(([name, fields]) => `${name}: 'STRUCT(${columnsOf(fields, ' ', plain)})'`)
    .join(', ')}`,
  endEvent: (at) =>
    JSON.stringify({
      event_type: 2,
      bid: { auction: -1, bidder: -1, price: 0, channel: '', url: '', date_time: at, extra: '' },
    }),
  helios: `CREATE TABLE nexmark (event_type INT, ${kinds
    .map(([name, fields]) => `${name} STRUCT<${columnsOf(fields, ' ', plain)}>`)
    .join(', ')}, event_time TIMESTAMP GENERATED ALWAYS AS (${anyTime}) STORED,
    WATERMARK FOR event_time AS event_time - interval '${delaySeconds} seconds') WITH ($options);
    ${kinds.map((kind, at) => `CREATE VIEW ${viewText(kind, at, 'nexmark')};`).join('\n')}`,
  flink: [
    `CREATE TABLE nexmark (event_type INT, ${kinds
      .map(([name, fields]) => `${name} ROW<${columnsOf(fields, ' ', flinkType)}>`)
      .join(', ')}, event_time AS ${anyTime},
    WATERMARK FOR event_time AS event_time - INTERVAL '${delaySeconds}' SECOND) WITH ($options)`,
    ...kinds.map((kind, at) => `CREATE VIEW ${viewText(kind, at, 'nexmark')}`),
  ],
  spark: {
    columns: `event_type INT, ${kinds
      .map(([name, fields]) => `${name} STRUCT<${columnsOf(fields, ': ', sparkType)}>`)
      .join(', ')}`,
    time: anyTime,
    views: Object.fromEntries(
      kinds.map((kind, at) => [viewName(kind), selectText(kind, at, 'input')]),
    ),
  },
  oracle: kinds.map(
    (kind, at) =>
      `CREATE VIEW ${viewText(kind, at, `(SELECT *, ${anyTime} AS event_time FROM input)`)}`,
  ),
};

function viewName([name]: (typeof kinds)[number]): string {
  return name === 'person' ? 'people' : `${name}s`;
}

function viewText(kind: (typeof kinds)[number], at: number, from: string): string {
  return `${viewName(kind)} AS ${selectText(kind, at, from)}`;
}

/** Its time is that of the event, whose watermark it keeps. */
function selectText([name, fields]: (typeof kinds)[number], at: number, from: string): string {
  const columns = fields
    .filter(([field]) => field !== 'date_time')
    .map(([field]) => `${name}.${field} AS ${field}`);
  return `SELECT ${columns.join(', ')}, event_time FROM ${from} WHERE event_type = ${at}`;
}

function columnsOf(fields: Fields, between: string, typeOf: (type: string) => string): string {
  return fields.map(([name, type]) => `${name}${between}${typeOf(type)}`).join(', ');
}

function plain(type: string): string {
  return type;
}

function flinkType(type: string): string {
  if (type === 'TEXT') return 'STRING';
  // Its plain TIMESTAMP takes no text with a zone.
  return type === 'TIMESTAMP' ? 'TIMESTAMP_LTZ(3)' : type;
}

function sparkType(type: string): string {
  return type === 'TEXT' ? 'STRING' : type;
}

function nexmarkEvents(count: number): string {
  const time = eventTime(spanSeconds, count);
  return `SELECT CAST(CASE WHEN slot < ${of.people} THEN 0
        WHEN slot < ${of.people + of.auctions} THEN 1 ELSE 2 END AS INT) AS event_type,
      CASE WHEN event_type = 0 THEN ${personText} END AS person,
      CASE WHEN event_type = 1 THEN ${auctionText} END AS auction,
      CASE WHEN event_type = 2 THEN ${bidText} END AS bid
    FROM (SELECT i, i % ${of.all} AS slot, ${time} AS moment,
        i // ${of.all} * ${of.people} AS newest_person,
        greatest(0, i // ${of.all} * ${of.auctions} + least(${of.auctions - 1},
          CASE WHEN i % ${of.all} < ${of.people} THEN -1
            ELSE i % ${of.all} - ${of.people} END)) AS newest_auction
      FROM range(${count}) AS r(i))`;
}

/** A whole number below `limit` (an expression) that looks random; another one for each salt. */
function random(salt: number, limit: string | number): string {
  return `(hash(i * 1000003 + ${salt}) // 1024 % (${limit}))::BIGINT`;
}

function word(salt: number, length: number): string {
  const parts = Array.from(
    { length: Math.ceil(length / 32) },
    (_, part) => `md5((i * 100 + ${salt + part})::VARCHAR)`,
  );
  return `left(${parts.join(' || ')}, ${length})`;
}

function fourDigits(salt: number): string {
  return `printf('%04d', ${random(salt, 10_000)})`;
}

function oneOf(salt: number, words: readonly string[]): string {
  return `[${words.map((text) => `'${text}'`).join(', ')}][1 + ${random(salt, words.length)}]`;
}

function price(salt: number): string {
  return `round(pow(10, ${random(salt, 1_000_000)} / 1e6 * 6) * 100)::BIGINT`;
}

/** One of those who are active, or of the next ten that there will be. */
function anyPerson(salt: number): string {
  const active = `least(newest_person + 1, ${hot.activePeople})`;
  return `newest_person + 1 - ${active} + ${random(salt, `${active} + ${hot.lead}`)}`;
}

function anyAuction(salt: number): string {
  const first = `greatest(newest_auction - ${hot.auctionsInFlight}, 0)`;
  return `${first} + ${random(salt, `newest_auction - ${first} + 1 + ${hot.lead}`)}`;
}

const personText = `{id: newest_person + ${hot.ids},
  name: ${oneOf(1, ['Ada', 'Bela', 'Cleo', 'Dana', 'Egon', 'Fria', 'Gil', 'Hana', 'Ivo', 'Jo'])}
    || ' ' || ${oneOf(2, ['Adler', 'Berg', 'Clay', 'Dorn', 'Elm', 'Falk', 'Gray', 'Hill'])},
  emailAddress: ${word(3, 7)} || '@' || ${word(4, 5)} || '.com',
  creditCard: ${fourDigits(5)} || ' ' || ${fourDigits(6)} || ' ' || ${fourDigits(7)},
  city: ${oneOf(9, ['Phoenix', 'Los Angeles', 'Boise', 'Portland', 'Bend', 'Kent', 'Cheyenne'])},
  state: ${oneOf(10, ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'])},
  date_time: moment, extra: ${word(11, extraBytes.person)}}`;

const auctionText = `{id: newest_auction + ${hot.ids}, "itemName": ${word(20, 20)},
  description: ${word(21, 100)}, "initialBid": ${price(25)},
  reserve: ${price(25)} + ${price(26)}, date_time: moment,
  expires: strftime(moment::TIMESTAMP + to_milliseconds(1 + ${random(27, 20_000)}),
    '%Y-%m-%dT%H:%M:%S.%gZ'),
  seller: ${hot.ids} + CASE WHEN ${random(28, 4)} > 0
    THEN newest_person // ${hot.batch} * ${hot.batch} ELSE ${anyPerson(29)} END,
  category: 10 + ${random(30, 5)}, extra: ${word(31, extraBytes.auction)}}`;

const bidText = `{auction: ${hot.ids} + CASE WHEN ${random(40, 2)} > 0
    THEN newest_auction // ${hot.batch} * ${hot.batch} ELSE ${anyAuction(41)} END,
  bidder: ${hot.ids} + CASE WHEN ${random(42, 4)} > 0
    THEN newest_person // ${hot.batch} * ${hot.batch} + 1 ELSE ${anyPerson(43)} END,
  price: ${price(44)},
  channel: CASE WHEN ${random(45, 2)} > 0 THEN ${oneOf(46, ['Apple', 'Google', 'Baidu'])}
    ELSE 'channel-' || ${random(47, 10_000)} END,
  url: 'https://www.nexmark.com/' || ${word(48, 15)} || '/item.htm?query=1',
  date_time: moment, extra: ${word(49, extraBytes.bid)}}`;
