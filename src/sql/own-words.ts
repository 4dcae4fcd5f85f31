/**
 * A message of DuckDB without what nobody here can follow: advice to change its settings, a parser
 * that calls its stack memory, and the names that functions of a script have inside of DuckDB.
 */
export function ownWords(message: string): string {
  return message
    .replace(/^memory exhausted at or near .*$/is, 'The SQL is nested too deep.')
    .replace(/\s+(?:You can )?use "SET \w.*$/is, '')
    .replaceAll(/__helios_call_\d+_(\w+)\(INTEGER(?:, )?/g, '$1(');
}
