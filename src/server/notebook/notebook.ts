import type { S3Location } from '../../storage/s3/s3-location.ts';
import { chartCell, type Chart } from './chart-cell.ts';
import { filesCell } from './files-cell.ts';
import { pythonBlock, pythonText, pythonValue } from './python-text.ts';

/** Where a table that the query reads lies; undefined for one that has no Delta log. */
export type NotebookTable = {
  readonly name: string;
  readonly place: { readonly path: string } | S3Location | undefined;
};

export type NotebookRequest = {
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>> | readonly unknown[] | undefined;
  readonly title: string;
  /** Undefined: the first column against all that have numbers. */
  readonly chart: Chart | undefined;
  /** Of this Helios, as whoever asked reaches it. */
  readonly url: string;
  readonly tables: readonly NotebookTable[];
};

type Cell = {
  readonly id: string;
  readonly metadata: Readonly<Record<string, never>>;
  readonly source: string;
} & (
  | { readonly cell_type: 'markdown' }
  | {
      readonly cell_type: 'code';
      readonly execution_count: null;
      readonly outputs: readonly never[];
    }
);

/** A document of nbformat 4.5: https://nbformat.readthedocs.io/en/latest/format_description.html. */
export type Notebook = {
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cells: readonly Cell[];
};

/**
 * A notebook of Python that asks this Helios the query, makes a DataFrame of the answer, draws it,
 * and asks the same of the tables' own files where they can be read without Helios.
 */
export function makeNotebook(request: NotebookRequest): Notebook {
  const cells = [
    markdown('title', titleText(request)),
    code('connect', connectText(request.url)),
    code('query', queryText(request)),
    code('frame', frameText),
    code('chart', chartCell(request.chart, request.title)),
  ];
  const files = filesCell(request.tables);
  cells.push(markdown('about-files', files.about));
  if (files.code !== undefined) cells.push(code('files', files.code));
  return { nbformat: 4, nbformat_minor: 5, metadata: kernel, cells };
}

const kernel = {
  kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
  language_info: { name: 'python' },
};

function markdown(id: string, source: string): Cell {
  return { cell_type: 'markdown', id, metadata: {}, source };
}

function code(id: string, source: string): Cell {
  return { cell_type: 'code', id, metadata: {}, execution_count: null, outputs: [], source };
}

function titleText({ title }: NotebookRequest): string {
  return `# ${plainMarkdown(title)}

What it needs: \`pip install pyarrow pandas matplotlib duckdb\`.`;
}

/** One line of text in which nothing is Markdown or HTML. */
function plainMarkdown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.replaceAll(/[\\`*_{}[\]()#+\-.!|<>&$~]/g, (mark) =>
    mark === '<' ? '&lt;' : mark === '&' ? '&amp;' : `\\${mark}`,
  );
}

function connectText(url: string): string {
  return `import json
import os
import urllib.error
import urllib.request

import pyarrow as pa

HELIOS_URL = os.environ.get("HELIOS_URL", ${pythonText(url)})


def helios(sql, params=None):
    """One SELECT over all rows, also those of the last second, as an Arrow table."""
    request = urllib.request.Request(
        f"{HELIOS_URL}/api/v1/query",
        data=json.dumps({"sql": sql} | ({} if params is None else {"params": params})).encode(),
        headers={
            "content-type": "application/json",
            "accept": "application/vnd.apache.arrow.stream",
        },
    )
    try:
        with urllib.request.urlopen(request) as response:
            return pa.ipc.open_stream(response).read_all()
    except urllib.error.HTTPError as refused:
        error = json.load(refused)["error"]
        raise RuntimeError(f"{error['message']} {error.get('hint', '')}") from None`;
}

function queryText({ sql, params }: NotebookRequest): string {
  const values = params === undefined ? 'None' : pythonValue(params);
  return `sql = ${pythonBlock(sql)}
params = ${values}

rows = helios(sql, params)
rows.schema`;
}

const frameText = `# Decimals stay exact in \`rows\`; pandas and charts want floats.
def with_floats(table):
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            column = table.column(index).cast(pa.float64())
            table = table.set_column(index, field.name, column)
    return table


frame = with_floats(rows).to_pandas()
frame`;
