/** Milliseconds of what stands behind a number. */
const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Where to look, as the API takes it, of what a person types: `10m` and `2 h ago` count back from
 * now, `14:30` is today's in UTC; the rest is the API's to judge.
 */
export function jumpTarget(typed: string, nowMs: number): string {
  const text = typed.trim();
  const [, number, unit] = /^(\d+)\s*(s|min|m|h|d)(?:\s+ago)?$/.exec(text) ?? [];
  const unitMs = units[unit ?? ''];
  if (number !== undefined && unitMs !== undefined) {
    return new Date(nowMs - Number(number) * unitMs).toISOString();
  }
  if (/^\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?$/.test(text)) {
    return `${new Date(nowMs).toISOString().slice(0, 10)}T${text}Z`;
  }
  // Without a zone, UTC is meant, as everywhere on the page.
  if (/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)) {
    return `${text.replace(' ', 'T')}Z`;
  }
  return text;
}
