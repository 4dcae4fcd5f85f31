import { quoteName, quoteText } from '../../engine/types.ts';
import type { S3Location } from '../../storage/s3/s3-location.ts';
import type { NotebookTable } from './notebook.ts';
import { pythonBlock, pythonText } from './python-text.ts';

/** What is said about the tables' own files, and Python that asks them, where they can be asked. */
export function filesCell(tables: readonly NotebookTable[]): {
  readonly about: string;
  readonly code: string | undefined;
} {
  const elsewhere = tables.filter(({ place }) => place === undefined).map(({ name }) => name);
  if (elsewhere.length > 0 || tables.length === 0) {
    const names = elsewhere.map((name) => `\`${name}\``).join(', ');
    const reason = names === '' ? 'The query reads no table.' : `No Delta table: ${names}.`;
    return { about: `## Without Helios\n\n${reason}`, code: undefined };
  }
  return { about, code: codeOf(tables) };
}

const about = `## Without Helios

The tables are Delta tables: the same SQL over their files, here by DuckDB. That is what is
committed; rows that are still hot are missing. From another machine, say where it finds the
files.`;

function codeOf(tables: readonly NotebookTable[]): string {
  const views: string[] = [];
  const stores = new Map<string, string>();
  for (const { name, place } of tables) {
    if (place === undefined) continue;
    if ('bucket' in place) stores.set(place.bucket, openStore(place));
    views.push(viewOf(name, place));
  }
  const lines = [...(stores.size === 0 ? [] : [storeFunction]), ...stores.values(), ...views];
  return `import duckdb

files = duckdb.connect()
files.execute("SET TimeZone = 'UTC'")
${lines.join('\n')}

committed = files.execute(sql, params).to_arrow_table()
with_floats(committed).to_pandas()`;
}

function viewOf(name: string, place: { readonly path: string } | S3Location): string {
  const from = 'bucket' in place ? `s3://${place.bucket}/${place.prefix}` : place.path;
  const view = `CREATE VIEW ${quoteName(name)} AS SELECT * FROM delta_scan(${quoteText(from)})`;
  return `files.execute(${pythonBlock(view)})`;
}

function openStore({ bucket, region, endpoint }: S3Location): string {
  const known = Object.entries({ region, endpoint }).flatMap(([name, value]) =>
    value === undefined ? [] : [`, ${name}=${pythonText(value)}`],
  );
  return `open_store(${pythonText(bucket)}${known.join('')})\n`;
}

/** Nothing secret is written down: who one is comes from where the notebook runs. */
const storeFunction = `

def open_store(bucket, region=None, endpoint=None):
    """Tells DuckDB where the store is and who asks: as the environment says, as for AWS's tools."""
    environment = os.environ.get
    region = region or environment("AWS_REGION") or environment("AWS_DEFAULT_REGION")
    endpoint = endpoint or environment("AWS_ENDPOINT_URL_S3") or environment("AWS_ENDPOINT_URL")
    options = {"TYPE": "s3", "SCOPE": f"s3://{bucket}", "REGION": region}
    if endpoint:
        scheme, _, host = endpoint.partition("://")
        options |= {"ENDPOINT": host, "URL_STYLE": "path", "USE_SSL": str(scheme == "https")}
    if environment("AWS_ACCESS_KEY_ID"):
        options["KEY_ID"] = environment("AWS_ACCESS_KEY_ID")
        options["SECRET"] = environment("AWS_SECRET_ACCESS_KEY")
        options["SESSION_TOKEN"] = environment("AWS_SESSION_TOKEN")
    else:
        files.execute("INSTALL aws; LOAD aws")
        options["PROVIDER"] = "credential_chain"
    texts = {name: value.replace("'", "''") for name, value in options.items() if value}
    words = ", ".join(f"{name} '{text}'" for name, text in texts.items())
    files.execute(f'CREATE SECRET "{bucket}" ({words})')

`;
