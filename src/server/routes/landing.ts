/**
 * What a browser sees at `/`: what runs here, and how to talk to it. `address` comes from this
 * server's own settings, never from a request, so nothing here needs escaping.
 */
export function landingPage(version: string, address: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Helios</title>
<style>
body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; font: 15px/1.5 system-ui; }
body { color: #1c1b19; background: #faf9f7; }
pre { padding: .75rem; overflow: auto; background: #fff; border: 1px solid #ddd; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e9ee; background: #0f1318; }
  pre { background: #161b22; border-color: #333; }
  a { color: #6aa9ff; }
}
</style>
<main>
<h1>Helios ${version}</h1>
<p>SQL over event streams. Send an event, and ask:</p>
<pre>curl ${address}/ingest -d '{"msg": "test"}'
curl ${address}/api/v1/tables
curl ${address}/api/v1/query -H 'content-type: application/json' \\
  -d '{"sql": "SELECT count(*) FROM quarantine"}'</pre>
<p><a href="/api/v1/openapi.json">API description (OpenAPI)</a> ·
<a href="/healthz">Health</a> · <a href="/metrics">Metrics</a></p>
</main>
</html>
`;
}

/** No scripts, no loads; only the style above. */
export const landingPolicy: string =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; " +
  "form-action 'none'";
