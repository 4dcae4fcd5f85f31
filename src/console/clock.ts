/** Milliseconds since 1970, by this browser's clock: it may differ from the server's. */
export function nowMs(): number {
  return Date.now();
}

/** Calls `action` after so long, unless the returned function is called before. */
export function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
