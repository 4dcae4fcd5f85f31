import { HeliosError } from '../../base/errors.ts';
import type { ResultFormat } from '../../query/query.ts';

/**
 * The result format that an Accept header asks for; JSON where it does not care. Or
 * `not_acceptable`.
 */
export function formatOf(accept: string | undefined): ResultFormat {
  if (accept === undefined || accept.trim() === '') return 'json';
  let best: ResultFormat | undefined;
  let bestQuality = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = formats.get(type);
    const quality = qualityOf(parameters);
    if (format !== undefined && quality > bestQuality) [best, bestQuality] = [format, quality];
  }
  if (best !== undefined) return best;
  throw new HeliosError('not_acceptable', `No result format is ${JSON.stringify(accept)}.`, {
    hint: `Accept one of ${[...formats.keys()].filter((type) => !type.includes('*')).join(', ')}.`,
  });
}

const formats: ReadonlyMap<string, ResultFormat> = new Map([
  ['application/json', 'json'],
  ['text/csv', 'csv'],
  ['application/x-ndjson', 'ndjson'],
  ['application/vnd.apache.parquet', 'parquet'],
  ['application/vnd.apache.arrow.stream', 'arrow'],
  ['*/*', 'json'],
  ['application/*', 'json'],
  ['text/*', 'csv'],
]);

function qualityOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (quality === undefined) return 1;
  const value = Number(quality);
  return Number.isFinite(value) ? value : 0;
}
