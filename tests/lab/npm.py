"""Packages of npm for one test program, each in the version that is named: "NAME@VERSION"."""

import functools

from lab import files
from lab.program import run


@functools.cache
def installed(*packages):
    """The folder whose node_modules has them; nothing that they bring along is run."""
    folder = files.new_folder("npm")
    (folder / "package.json").write_text("{}")
    done = run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages], cwd=folder
    )
    if done.status != 0:
        raise AssertionError(done.output)
    return folder
