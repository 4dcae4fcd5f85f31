"""Reads and writes Delta tables with engines that are not Helios: a line of JSON in, a line out."""

import importlib
import json
import os
import sys

import deltalake
import duckdb
import pyarrow as pa

from plain_values import Hex, plain


def rows_of(table):
    table = pa.table(table)
    maps = {field.name for field in table.schema if pa.types.is_map(field.type)}
    rows = []
    for row in table.to_pylist():
        for name in maps:
            row[name] = None if row[name] is None else dict(row[name])
        rows.append({name: plain(value) for name, value in row.items()})
    return rows


def query_delta_rs(path, sql):
    builder = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(path))
    return rows_of(builder.execute(sql).read_all())


def load_extension(connection, name):
    # A wheel carries the signed extension for one version of DuckDB.
    folder = importlib.import_module(f"duckdb_extension_{name}").__path__[0]
    found = [
        os.path.join(parent, file)
        for parent, _, files in os.walk(folder)
        for file in files
        if file.endswith(".duckdb_extension")
    ]
    connection.execute(f"LOAD '{found[0]}'")


def query_duckdb(path, sql):
    connection = duckdb.connect()
    load_extension(connection, "delta")
    if path.startswith("s3://"):
        load_extension(connection, "httpfs")
        endpoint = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
        connection.execute(
            f"""CREATE SECRET (TYPE s3, KEY_ID '{os.environ["AWS_ACCESS_KEY_ID"]}',
            SECRET '{os.environ["AWS_SECRET_ACCESS_KEY"]}', REGION '{os.environ["AWS_REGION"]}',
            ENDPOINT '{endpoint}', URL_STYLE 'path', USE_SSL false)"""
        )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE VIEW t AS SELECT * FROM delta_scan('{path}')")
    return rows_of(connection.execute(sql).to_arrow_table())


def clickhouse_function(path):
    if not path.startswith("s3://"):
        return f"deltaLakeLocal('{path}')"
    url = path.replace("s3://", f"{os.environ['AWS_ENDPOINT_URL']}/")
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    return f"deltaLake('{url}', '{key}', '{secret}')"


def query_clickhouse(path, sql):
    import chdb

    text = sql.replace("FROM t ", f"FROM {clickhouse_function(path)} ")
    settings = " SETTINGS output_format_arrow_string_as_string = 0, session_timezone = 'UTC'"
    table = chdb.query(f"SELECT * FROM ({text}){settings}", "ArrowTable")
    return [with_text(row) for row in rows_of(table)]


def with_text(value):
    """ClickHouse has one type for text and bytes, which arrive in hexadecimal digits."""
    if isinstance(value, Hex):
        raw = bytes.fromhex(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return str(value)
    if isinstance(value, dict):
        return {with_text(key): with_text(each) for key, each in value.items()}
    return [with_text(each) for each in value] if isinstance(value, list) else value


def facts(path, app_id):
    table = deltalake.DeltaTable(path)
    return {
        "version": table.version(),
        "transaction": table.transaction_version(app_id),
        "fileCount": len(table.file_uris()),
        "operations": [each.get("operation") for each in table.history()],
    }


def append(path, rows, schema):
    fields = [pa.field(name, getattr(pa, kind)()) for name, kind in schema.items()]
    table = pa.Table.from_pylist(rows, schema=pa.schema(fields))
    deltalake.write_deltalake(path, table, mode="append", schema_mode="merge")


def compact(path):
    return deltalake.DeltaTable(path).optimize.compact()


def delete(path, predicate):
    return deltalake.DeltaTable(path).delete(predicate)


def restore(path, version):
    return deltalake.DeltaTable(path).restore(version)


def overwrite(path, rows, schema):
    fields = [pa.field(name, getattr(pa, kind)()) for name, kind in schema.items()]
    table = pa.Table.from_pylist(rows, schema=pa.schema(fields))
    deltalake.write_deltalake(path, table, mode="overwrite", schema_mode="overwrite")


def checkpoint(path):
    deltalake.DeltaTable(path).create_checkpoint()


actions = {
    "delta-rs": query_delta_rs,
    "duckdb": query_duckdb,
    "clickhouse": query_clickhouse,
    "facts": facts,
    "append": append,
    "compact": compact,
    "delete": delete,
    "restore": restore,
    "overwrite": overwrite,
    "checkpoint": checkpoint,
}

# ClickHouse reads local tables only below its working folder.
os.chdir("/")

# Libraries print to standard output too; the answers get a pipe that only they have.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    question = json.loads(line)
    action = actions[question.pop("action")]
    try:
        answer = {"result": action(**question)}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()
