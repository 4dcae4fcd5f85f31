// The notebook's twin for Node: asks Helios over HTTP and the Delta tables' files by DuckDB, and
// draws accounts.svg. With `npm start` in another terminal: node examples/notebook/shop.mjs
import { writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';

const heliosUrl = process.env.HELIOS_URL ?? 'http://127.0.0.1:7311';
const tables = process.env.HELIOS_TABLES ?? 'helios-data/tables';
const image = process.env.IMAGE ?? 'accounts.svg';

const products = await helios(
  `SELECT properties->>'product_id' AS product, count(*) AS views
  FROM shop_events WHERE type = $type
  GROUP BY product ORDER BY views DESC, product LIMIT 5`,
  { type: 'product_view' },
);
console.table(products);

const files = await (await DuckDBInstance.create()).connect();
await files.run("SET TimeZone = 'UTC'");
const from = `delta_scan('${tables.replaceAll("'", "''")}/account_created')`;
const counted = await files.runAndReadAll(`SELECT count(*) AS accounts FROM ${from}`);
console.table(counted.getRowObjectsJson());
const accounts = await files.runAndReadAll(`
  SELECT strftime(date_trunc('minute', timestamp), '%H:%M') AS minute, count(*) AS accounts
  FROM ${from} GROUP BY minute ORDER BY minute`);
await writeFile(image, barChart(accounts.getRowObjectsJson()));
console.log(`Drew ${image}.`);

/** Rows of one SELECT over all rows, also those of the last second. Wide integers are text. */
async function helios(sql, params) {
  const response = await fetch(`${heliosUrl}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql, params }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error.message} ${answer.error.hint ?? ''}`);
  const names = answer.columns.map(({ name }) => name);
  return answer.rows.map((row) => Object.fromEntries(row.map((each, at) => [names[at], each])));
}

function barChart(rows) {
  const most = Math.max(1, ...rows.map((row) => Number(row.accounts)));
  const bars = rows.map((row, at) => {
    const height = (160 * Number(row.accounts)) / most;
    const bar = `<rect x="${at * 24 + 4}" y="${180 - height}" width="16" height="${height}"/>`;
    const label = `<text x="${at * 24}" y="195" font-size="8">${row.minute}</text>`;
    return `${bar}<title>${row.accounts}</title>${label}`;
  });
  const size = `width="${rows.length * 24 + 8}" height="200"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} fill="#2563eb">${bars.join('')}</svg>\n`;
}
