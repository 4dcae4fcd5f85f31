/** How another engine reads a table, ready to run. */
export type Snippet = { readonly engine: string; readonly text: string };

export type SnippetTable = {
  readonly name: string;
  /** A folder, or `s3://…`. */
  readonly path: string;
  readonly isDelta: boolean;
};

/** For each engine that reads it; of folders that are no Delta tables, those that read Parquet. */
export function snippetsOf({ name, path, isDelta }: SnippetTable): readonly Snippet[] {
  const isS3 = path.startsWith('s3://');
  const text = `'${path.replaceAll("'", "''")}'`;
  const secret = isS3 ? 'CREATE SECRET (TYPE s3, PROVIDER credential_chain);\n' : '';
  if (!isDelta) {
    const files = `'${path.replaceAll("'", "''").replace(/\/?$/, '/')}**/*.parquet'`;
    return [
      { engine: 'DuckDB', text: `${secret}SELECT count(*) FROM read_parquet(${files});` },
      {
        engine: 'Python (pandas)',
        text: `import pandas\n\nframe = pandas.read_parquet(${python(path)})`,
      },
    ];
  }
  const spark = isS3 ? path.replace(/^s3:/, 's3a:') : path;
  const word = name.replaceAll('"', '""');
  const trino = {
    engine: 'Trino',
    text:
      `CALL delta.system.register_table(schema_name => 'default', ` +
      `table_name => '${name.toLowerCase().replaceAll("'", "''")}', table_location => ${text});\n` +
      `SELECT count(*) FROM delta.default."${word.toLowerCase()}";`,
  };
  return [
    {
      engine: 'DuckDB',
      text: `INSTALL delta;\nLOAD delta;\n${secret}SELECT count(*) FROM delta_scan(${text});`,
    },
    {
      engine: 'Python (deltalake)',
      text:
        'from deltalake import DeltaTable\n\n' +
        `table = DeltaTable(${python(path)})\nframe = table.to_pandas()`,
    },
    { engine: 'Spark', text: `SELECT count(*) FROM delta.\`${spark.replaceAll('`', '``')}\`;` },
    // Its folders on a disk are below one that its catalog names.
    ...(isS3 ? [trino] : []),
  ];
}

/** JSON's text is Python's, too, but for what lies beyond 16 bits, which both take as it is. */
function python(text: string): string {
  return JSON.stringify(text);
}
