import type { ColumnAnswer, TableAnswer } from '../../../server/api.ts';
import { isMade, quotedName } from '../tables/table-name.ts';

/** A question that one's own tables can answer. */
export type ExampleQuestion = { readonly words: string; readonly sql: string };

const questionsMax = 6;
const times = /^(TIMESTAMP|DATE)/;
const numbers = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|FLOAT|DOUBLE|DECIMAL|U\w*INT)/;
/** Columns of so many different values that counting by them says nothing. */
const singular = /(^|_)(id|uuid|guid|ip|key|hash|token|email|url|message|text|raw|path)$/i;
/** Columns that people count by. */
const telling =
  /(type|kind|name|status|state|country|platform|category|product|method|level|code)/i;

/** At most six, of the largest tables first. */
export function exampleQuestions(tables: readonly TableAnswer[]): readonly ExampleQuestion[] {
  const own = tables
    .filter((table) => isMade(table) && table.rows > 0)
    .toSorted((one, other) => other.rows - one.rows);
  if (own.length === 0) return [];
  const rejected = tables.some(({ name, rows }) => name === 'quarantine' && rows > 0);
  const each = own.map(questionsOf);
  const first = each.flatMap((questions) => questions[0] ?? []);
  const rest = each.flatMap((questions) => questions.slice(1));
  const all = [...first.slice(0, 2), ...rest, ...first.slice(2)];
  const last = rejected ? [rejectedQuestion] : [];
  return [...all.slice(0, questionsMax - last.length), ...last];
}

const rejectedQuestion: ExampleQuestion = {
  words: 'What was rejected, and why?',
  sql: `SELECT pipeline, code, message, count(*) AS records, max(rejected_at) AS newest
FROM quarantine
GROUP BY ALL
ORDER BY records DESC
LIMIT 20`,
};

function questionsOf({ name, columns }: TableAnswer): readonly ExampleQuestion[] {
  const table = quotedName(name);
  const time = columns.find(({ type }) => times.test(type));
  const categories = categoriesOf(columns);
  const number = columns.find((one) => numbers.test(one.type) && !singular.test(one.name));
  return [
    newest(name, table, time),
    ...categories.slice(0, 2).map((column) => counted(name, table, column)),
    ...(time === undefined ? [] : [overTime(name, table, time)]),
    ...(number === undefined ? [] : [measured(name, table, number, categories[0])]),
    ...(time === undefined || categories[0] === undefined
      ? []
      : [recent({ name, table, time, category: categories[0] })]),
  ];
}

/** Those that people count by, before others. */
function categoriesOf(columns: readonly ColumnAnswer[]): readonly ColumnAnswer[] {
  const texts = columns.filter((one) => one.type === 'VARCHAR' && !singular.test(one.name));
  return texts
    .filter((one) => telling.test(one.name) || texts.length <= 2)
    .toSorted((one, other) => rank(one.name) - rank(other.name));
}

function rank(name: string): number {
  return /type|kind/i.test(name) ? 0 : 1;
}

function newest(name: string, table: string, time: ColumnAnswer | undefined): ExampleQuestion {
  const order = time === undefined ? '' : `\nORDER BY ${quotedName(time.name)} DESC`;
  return {
    words: time === undefined ? `What is in ${name}?` : `What came into ${name} last?`,
    sql: `SELECT *\nFROM ${table}${order}\nLIMIT 50`,
  };
}

function counted(name: string, table: string, column: ColumnAnswer): ExampleQuestion {
  const by = quotedName(column.name);
  return {
    words: `How often is each ${column.name} in ${name}?`,
    sql: `SELECT ${by}, count(*) AS rows
FROM ${table}
GROUP BY ALL
ORDER BY rows DESC
LIMIT 20`,
  };
}

function overTime(name: string, table: string, time: ColumnAnswer): ExampleQuestion {
  const at = quotedName(time.name);
  return {
    words: `How many rows of ${name} are there a minute?`,
    sql: `SELECT date_trunc('minute', ${at}) AS minute, count(*) AS rows
FROM ${table}
WHERE ${at} > now() - INTERVAL 1 HOUR
GROUP BY ALL
ORDER BY minute`,
  };
}

function measured(
  name: string,
  table: string,
  number: ColumnAnswer,
  category: ColumnAnswer | undefined,
): ExampleQuestion {
  const value = quotedName(number.name);
  const by = category === undefined ? '' : `${quotedName(category.name)}, `;
  const words = category === undefined ? '' : ` for each ${category.name}`;
  return {
    words: `How large is ${number.name} in ${name}${words}?`,
    sql: `SELECT ${by}count(*) AS rows, sum(${value}) AS total,
  avg(${value}) AS mean, max(${value}) AS most
FROM ${table}
GROUP BY ALL
ORDER BY total DESC
LIMIT 20`,
  };
}

function recent({
  name,
  table,
  time,
  category,
}: {
  readonly name: string;
  readonly table: string;
  readonly time: ColumnAnswer;
  readonly category: ColumnAnswer;
}): ExampleQuestion {
  const [at, by] = [quotedName(time.name), quotedName(category.name)];
  return {
    words: `Which ${category.name} is new in the last five minutes of ${name}?`,
    sql: `SELECT ${by}, count(*) AS rows, min(${at}) AS first
FROM ${table}
GROUP BY ALL
HAVING first > now() - INTERVAL 5 MINUTE
ORDER BY rows DESC
LIMIT 20`,
  };
}
