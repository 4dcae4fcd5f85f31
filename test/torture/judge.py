"""What delta-rs sees in a table: judge.py TABLE COLUMN OUT

Writes the values of the column to OUT, one a line, and prints one JSON
object about the log.
"""

import json
import os
import re
import sys

from deltalake import DeltaTable, QueryBuilder


def main(table_path, column, out_path):
    table = DeltaTable(table_path)
    names = os.listdir(os.path.join(table_path, "_delta_log"))
    versions = sorted(int(n[:20]) for n in names if re.fullmatch(r"\d{20}\.json", n))
    files = [uri.removeprefix("file://") for uri in table.file_uris()]
    batches = QueryBuilder().register("t", table).execute(f"SELECT {column} FROM t").read_all()
    with open(out_path, "w", encoding="utf-8") as out:
        for value in batches.column(0).to_pylist():
            out.write(json.dumps(value) + "\n")
    print(
        json.dumps(
            {
                "version": table.version(),
                "versions": versions,
                "checkpoints": sum(n.endswith(".checkpoint.parquet") for n in names),
                "missingFiles": [f for f in files if not os.path.exists(f)],
                "files": len(files),
            }
        )
    )


main(*sys.argv[1:4])
