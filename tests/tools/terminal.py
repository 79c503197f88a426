#!/usr/bin/env python3
"""Runs a program on a terminal of its own: terminal.py COLUMNS PROGRAM ARGUMENT...

Prints what it wrote to its standard output, line ends as they are in a file, and exits like it; its
standard error is ours.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios


def read_all(fd):
    """What can be read until the other side is closed, which Linux tells as an error."""
    parts = []
    try:
        while part := os.read(fd, 65536):
            parts.append(part)
    except OSError:
        pass
    return b"".join(parts)


def main():
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, int(sys.argv[1]), 0, 0))
    with subprocess.Popen(sys.argv[2:], stdout=theirs) as child:
        os.close(theirs)
        sys.stdout.buffer.write(read_all(ours).replace(b"\r\n", b"\n"))
        sys.stdout.flush()
    return child.returncode


if __name__ == "__main__":
    sys.exit(main())
