import { duckdb, formatDialect } from 'sql-formatter';

/** The same SQL, laid out; throws where it can't be read. */
export function formatSql(sql: string): string {
  return formatDialect(sql, {
    dialect: duckdb,
    keywordCase: 'lower',
    functionCase: 'preserve',
    expressionWidth: 80,
    linesBetweenQueries: 1,
    paramTypes: { named: ['$'], custom: [{ regex: '\\$[A-Za-z_]\\w*' }] },
  });
}
