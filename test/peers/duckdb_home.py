"""Puts DuckDB's signed extensions, from their wheels, where DuckDB looks before it downloads them."""

import importlib
import os
import shutil

import duckdb

connection = duckdb.connect()
(platform,) = connection.execute("PRAGMA platform").fetchone()
(version,) = connection.execute("SELECT version()").fetchone()
target = os.path.expanduser(f"~/.duckdb/extensions/{version}/{platform}")
os.makedirs(target)
for name in ("delta", "httpfs"):
    folder = importlib.import_module(f"duckdb_extension_{name}").__path__[0]
    for parent, _, files in os.walk(folder):
        for file in files:
            if file.endswith(".duckdb_extension"):
                shutil.copy(os.path.join(parent, file), target)
