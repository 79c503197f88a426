"""A storage folder as it is on disk."""

import hashlib
import os


def tree(folder):
    """Every folder below, and every file with its size and SHA-256: {path: (size, digest) or None}.

    Fails for a folder that is not there or cannot be read: two of them would seem to be the same.
    """
    found = {}
    for path, folders, files in os.walk(folder, onerror=fail):
        for name in folders:
            found[os.path.relpath(os.path.join(path, name), folder)] = None
        for name in files:
            whole = os.path.join(path, name)
            with open(whole, "rb") as file:
                data = file.read()
            digest = hashlib.sha256(data).hexdigest()
            found[os.path.relpath(whole, folder)] = (len(data), digest)
    return found


def fail(error):
    raise error
