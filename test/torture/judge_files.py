"""What is in a folder of raw files: judge_files.py FOLDER COLUMN OUT

Knows nothing of Helios but the listings that the docs describe. Writes the
values of the column in all listed files to OUT, one a line, and prints what
is wrong as a JSON list of texts: files that are torn, missing, listed twice,
or visible though no listing names them.
"""

import gzip
import json
import os
import re
import sys


def main(folder, column, out_path):
    faults = []
    listed = {}
    for place, _folders, names in os.walk(os.path.join(folder, "_helios")):
        read_listings(place, names, listed, faults)
    visible = set(visible_files(folder))
    faults += [f"{path} is visible, and no listing names it" for path in sorted(visible - set(listed))]
    with open(out_path, "w", encoding="utf-8") as out:
        for path, file in sorted(listed.items()):
            if path not in visible:
                faults.append(f"a listing names {path}, which is not there")
                continue
            try:
                values = read_column(os.path.join(folder, path), column)
            except Exception as thrown:
                faults.append(f"{path} is torn: {thrown}")
                continue
            size = os.path.getsize(os.path.join(folder, path))
            if (size, len(values)) != (file["bytes"], file["rows"]):
                faults.append(f"{path} has {size} bytes and {len(values)} rows, its listing says other")
            out.writelines(json.dumps(value) + "\n" for value in values)
    print(json.dumps(faults))


def read_listings(place, names, listed, faults):
    own = {}
    numbers = sorted(int(n[:20]) for n in names if re.fullmatch(r"\d{20}\.json", n))
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append(f"the listings in {place} have gaps: {numbers}")
    for number in numbers:
        for file in read_json(os.path.join(place, f"{number:020}.json"))["files"]:
            if file["path"] in own or file["path"] in listed:
                faults.append(f"{file['path']} is listed twice")
            own[file["path"]] = file
        summary = os.path.join(place, f"{number:020}.all.json")
        if os.path.exists(summary):
            paths = [file["path"] for file in read_json(summary)["files"]]
            if sorted(paths) != sorted(own):
                faults.append(f"{summary} holds other files than the listings before it")
    listed.update(own)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def visible_files(folder):
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in "._"]
        for name in names:
            if name[0] not in "._":
                yield os.path.relpath(os.path.join(place, name), folder)


def read_column(path, column):
    if path.endswith(".parquet"):
        # Where there is none, the half second that it takes to load is saved.
        import pyarrow.parquet

        return pyarrow.parquet.ParquetFile(path).read([column]).column(0).to_pylist()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)[column] for line in lines]


main(*sys.argv[1:4])
