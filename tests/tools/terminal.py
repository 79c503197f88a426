#!/usr/bin/python3
"""Runs a program on a terminal of its own: terminal.py [OPTIONS] COLUMNS PROGRAM ARGUMENT...

Prints what it wrote to its standard output, line ends as they are in a file, and exits like it; its
standard error is ours. With an option the terminal is its standard input, too. Once the program has
asked, with "[y/N]", it is answered:

  --answer TEXT   TEXT is typed; an empty one is the end of the input
  --signal NAME   the program gets this signal, say, SIGTERM
  --ahead TEXT    this is typed before the program is even started
"""

import argparse
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios

END_OF_INPUT = b"\x04"


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--answer")
    parser.add_argument("--signal")
    parser.add_argument("--ahead")
    parser.add_argument("columns", type=int)
    parser.add_argument("program", nargs=argparse.REMAINDER)
    return parser.parse_args()


def respond(options, fd, child):
    """What follows the question."""
    if options.signal:
        child.send_signal(signal.Signals[options.signal])
    elif options.answer is not None:
        os.write(fd, options.answer.encode() + b"\n" if options.answer else END_OF_INPUT)


def read_all(options, fd, child):
    """What can be read until the other side is closed, which Linux tells as an error."""
    output = b""
    asked = False
    try:
        while part := os.read(fd, 65536):
            output += part
            if not asked and b"[y/N]" in output:
                asked = True
                respond(options, fd, child)
    except OSError:
        pass
    return output


def main():
    options = parse()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, options.columns, 0, 0))
    answers = any(o is not None for o in (options.answer, options.signal, options.ahead))
    if options.ahead is not None:
        os.write(ours, options.ahead.encode() + b"\n")
    with subprocess.Popen(
        options.program, stdin=theirs if answers else None, stdout=theirs
    ) as child:
        os.close(theirs)
        output = read_all(options, ours, child)
        sys.stdout.buffer.write(output.replace(b"\r\n", b"\n"))
        sys.stdout.flush()
    # As a shell tells it.
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
