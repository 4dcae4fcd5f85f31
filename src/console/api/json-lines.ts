import { type RequestOptions, send } from './request.ts';

/** The lines of an NDJSON answer as they come; throws `ApiError`. */
export async function* jsonLines<T>(path: string, options: RequestOptions): AsyncGenerator<T> {
  const response = await send(path, { ...options, accept: 'application/x-ndjson' });
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value = '' } = await reader.read();
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
      if (done) break;
    }
    if (rest !== '') yield JSON.parse(rest) as T;
  } finally {
    await reader.cancel();
  }
}
