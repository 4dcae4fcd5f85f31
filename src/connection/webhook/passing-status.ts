/** Besides those of the server itself: it took too long, or has too much to do. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether a status may pass by itself, so that the same request is worth another try. */
export function mayPass(status: number): boolean {
  return status >= 500 || passing.has(status);
}
