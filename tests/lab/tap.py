#!/usr/bin/python3
"""Runs one file of tests and prints TAP: tap.py FILE.py. ONLY, in the environment, chooses by the sentence."""

import importlib.util
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "tools")]

from lab import files, machine, registry, world  # noqa: E402


class Tap(unittest.TestResult):
    """A line for each test as it ends; what a failed one has to say follows in comments."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.failed_parts = []

    def line(self, word, sentence, text=""):
        self.number += 1
        print(f"{word} {self.number} - {sentence}")
        for line in text.splitlines():
            print(f"#   {line}")
        sys.stdout.flush()

    def startTest(self, test):
        super().startTest(test)
        self.failed_parts = []

    def stopTest(self, test):
        text = "\n".join(self.failed_parts)
        if text and isinstance(test, world.World):
            text += "\n" + test.story()
        self.line("not ok" if self.failed_parts else "ok", sentence_of(test), text)
        super().stopTest(test)

    def fail_part(self, test, error):
        self.failed_parts.append(told(error))
        # What failed before or after all tests of a class is not within a test.
        if not isinstance(test, unittest.TestCase):
            self.line("not ok", str(test), self.failed_parts[-1])

    def addError(self, test, err):
        super().addError(test, err)
        self.fail_part(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail_part(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed_parts.append(str(subtest))
            self.fail_part(test, err)

    # A skipped test could not run, and an unexpected success is one, too.
    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.failed_parts.append(f"skipped: {reason}")


def told(error):
    """What went wrong and where, without the frames of unittest."""
    kind, value, frames = error
    own = [frame for frame in traceback.extract_tb(frames) if frame.filename.startswith(str(TESTS))]
    lines = traceback.format_list(own or traceback.extract_tb(frames))
    return "".join(lines + traceback.format_exception_only(kind, value))


def sentence_of(test):
    return getattr(getattr(test, test._testMethodName), "sentence", test._testMethodName)


def tests_of(path, pattern):
    """The tests of a file in the order in which they are written, those of a class together."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    suite = unittest.TestSuite()
    for kind in vars(module).values():
        if not (isinstance(kind, type) and issubclass(kind, unittest.TestCase)):
            continue
        if kind.__module__ == path.stem:
            names = [name for name in vars(kind) if name.startswith("test")]
            tests = [kind(name) for name in names]
            suite.addTests(test for test in tests if re.search(pattern, sentence_of(test)))
    return suite


def main():
    path = Path(sys.argv[1]).resolve()
    suite = tests_of(path, os.environ.get("ONLY", ""))
    print(f"1..{suite.countTestCases()}", flush=True)
    files.FOLDER = Path(tempfile.mkdtemp(prefix="t."))
    files.FOLDER.chmod(0o711)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    result = Tap()
    try:
        suite.run(result)
    finally:
        machine.stop_all()
        registry.stop_all()
        shutil.rmtree(files.FOLDER, ignore_errors=True)
    # Threads of a proxy may hang on purpose; none of them is waited for.
    sys.stdout.flush()
    os._exit(0 if result.wasSuccessful() and result.number and not result.skipped else 1)


if __name__ == "__main__":
    main()
