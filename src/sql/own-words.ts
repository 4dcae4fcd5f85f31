/**
 * A message of DuckDB without what nobody here can follow: advice to change its settings, and a
 * parser that calls its stack memory.
 */
export function ownWords(message: string): string {
  return message
    .replace(/^memory exhausted at or near .*$/is, 'The SQL is nested too deep.')
    .replace(/\s+(?:You can )?use "SET \w.*$/is, '');
}
