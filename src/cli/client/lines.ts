import { HeliosError } from '../../base/errors.ts';

/** Lines of a body as JSON values of the type that the API's description gives. */
export async function* jsonLines<Line>(body: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as Line;
  }
  if (rest.trim() === '') return;
  throw new HeliosError('unavailable', 'The answer ended in the middle of a line.', {
    hint: 'Helios was stopped, or something between dropped the connection. Try again.',
  });
}
