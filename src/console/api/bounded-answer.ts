import type { QueryAnswerDocument, SawAnswer } from '../../server/api.ts';

/** What a page holds of one answer: more of it would make every browser slow. */
const answerBytesMax: number = 48 * 1024 * 1024;

/**
 * A query's answer, as far as it fits: of a longer one the first rows that do, as one that is
 * `truncated`. The rest isn't read, and the server stops.
 */
export async function boundedAnswer(
  response: Response,
  bytesMax: number = answerBytesMax,
): Promise<QueryAnswerDocument> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let bytes = 0;
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    bytes += next.value.byteLength;
    pieces.push(decoder.decode(next.value, { stream: true }));
    if (bytes <= bytesMax) continue;
    await reader?.cancel();
    return cutDocument(pieces.join(''), response.headers.get('x-helios-saw'));
  }
  return JSON.parse(pieces.join('') + decoder.decode()) as QueryAnswerDocument;
}

/** Each row ends with a line: what lies behind the last line's end is a row in part. */
function cutDocument(text: string, saw: string | null): QueryAnswerDocument {
  const end = text.lastIndexOf('\n');
  const whole = end < 0 ? text.slice(0, text.indexOf('"rows":[') + '"rows":['.length) : text;
  const document = JSON.parse(`${end < 0 ? whole : text.slice(0, end)}]}`) as Pick<
    QueryAnswerDocument,
    'columns' | 'rows'
  >;
  return {
    ...document,
    row_count: document.rows.length,
    truncated: true,
    saw: saw === null ? [] : (JSON.parse(saw) as SawAnswer[]),
    // How long the whole would have taken, nobody knows.
    ms: 0,
  };
}
