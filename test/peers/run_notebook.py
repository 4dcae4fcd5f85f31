"""Checks a notebook and runs its cells with Jupyter: run_notebook.py FILE; outputs as JSON."""

import json
import sys

import nbformat
from nbclient import NotebookClient


def text_of(output):
    if output["output_type"] == "stream":
        return output["text"]
    data = output.get("data", {})
    return "<image>" if "image/png" in data else data.get("text/plain", "")


notebook = nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
outputs = {
    cell["id"]: "".join(text_of(output) for output in cell["outputs"])
    for cell in notebook["cells"]
    if cell["cell_type"] == "code"
}
print(json.dumps(outputs))
