"""Folders of a run of tests. FOLDER is the one of this file of tests, removed at its end."""

import itertools
import shutil

FOLDER = None
_numbers = itertools.count(1)


def new_folder(name="f"):
    """A new folder with a short path: those of sockets have little room."""
    folder = FOLDER / f"{name}{next(_numbers)}"
    folder.mkdir(mode=0o711)
    return folder


def remove(path):
    """A file, or a folder with all that is in it; that it is not there is well."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
