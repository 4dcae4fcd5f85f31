import { type RequestOptions, send } from './request.ts';

/** The lines of an NDJSON answer as they come; throws `ApiError`. */
export async function* jsonLines<T>(path: string, options: RequestOptions): AsyncGenerator<T> {
  const response = await send(path, { ...options, accept: 'application/x-ndjson' });
  for await (const line of linesOf(bytesOf(response))) yield JSON.parse(line) as T;
}

/** The lines of a text that arrives in pieces, without empty ones; the last may lack its end. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** A body's bytes; not every browser lets a stream be iterated. Who stops early ends the answer. */
async function* bytesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
      yield next.value;
    }
  } finally {
    await reader?.cancel();
  }
}
