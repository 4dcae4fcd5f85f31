/**
 * What stands at the marks of a time axis, in UTC: as much of the clock as the step needs, and the
 * date below the first mark and below each that begins another day.
 */
export function timeLabels(marks: readonly number[], stepSeconds: number): string[] {
  let day = '';
  return marks.map((seconds) => {
    const time = new Date(seconds * 1000).toISOString();
    const date = time.slice(0, 10);
    if (stepSeconds >= 86_400) return date;
    const clock = time.slice(11, stepSeconds >= 60 ? 16 : stepSeconds >= 1 ? 19 : 23);
    if (date === day) return clock;
    day = date;
    return `${clock}\n${date}`;
  });
}
