/** Where a stream is looked at; one that is not Helios's own is looked at through a connection. */
export function streamHref(name: string, connection?: string): string {
  const path = `/streams/${encodeURIComponent(name)}`;
  return connection === undefined ? path : `${path}?connection=${encodeURIComponent(connection)}`;
}

/** The stream's path in the API. */
export function streamPath(name: string, connection?: string): string {
  const path = `/streams/${encodeURIComponent(name)}`;
  return connection === undefined
    ? `/api/v1${path}`
    : `/api/v1/connections/${encodeURIComponent(connection)}${path}`;
}
