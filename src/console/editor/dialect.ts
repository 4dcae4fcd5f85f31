import { SQLDialect } from '@codemirror/lang-sql';

/** The words of DuckDB's SELECT and of scripts; those that are also names of columns stay plain. */
export const scriptDialect: SQLDialect = SQLDialect.define({
  keywords:
    'all analyze and anti any as asc asof at between by case cast create cross current ' +
    'desc distinct else end escape except exclude exists explain filter following from ' +
    'full glob group grouping having ilike in inner insert intersect interval into is join ' +
    'lateral left like limit natural not nulls offset on or order outer over partition ' +
    'pivot positional preceding qualify recursive replace right sample select semi sets ' +
    'similar some table tablesample then to unbounded union unnest unpivot using values ' +
    'when where window with within',
  types:
    'bigint blob boolean date decimal double float hugeint integer json map smallint struct ' +
    'text time timestamp timestamptz tinyint ubigint uhugeint uinteger uuid varchar',
  builtin: '',
  operatorChars: '+-*/<>=~!@#%^&|`?:',
  // With them, the name of $from would be a keyword; $$texts$$ are rare.
  doubleDollarQuotedStrings: false,
  caseInsensitiveIdentifiers: true,
  specialVar: '$',
});
