#!/usr/bin/python3
"""Runs a program on a terminal of its own: terminal.py [--answer TEXT] COLUMNS PROGRAM ARGUMENT...

Prints what it wrote to its standard output, line ends as they are in a file, and exits like it; its
standard error is ours. With --answer the terminal is its standard input, too, and TEXT is typed there
once the program has asked, with "[y/N]"; an empty TEXT is the end of the input.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios


END_OF_INPUT = b"\x04"


def read_all(fd, answer):
    """What can be read until the other side is closed, which Linux tells as an error."""
    output = b""
    try:
        while part := os.read(fd, 65536):
            output += part
            if answer is not None and b"[y/N]" in output:
                os.write(fd, answer.encode() + b"\n" if answer else END_OF_INPUT)
                answer = None
    except OSError:
        pass
    return output


def main():
    arguments = sys.argv[1:]
    answer = None
    if arguments[0] == "--answer":
        answer, arguments = arguments[1], arguments[2:]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, int(arguments[0]), 0, 0))
    stdin = None if answer is None else theirs
    with subprocess.Popen(arguments[1:], stdin=stdin, stdout=theirs) as child:
        os.close(theirs)
        sys.stdout.buffer.write(read_all(ours, answer).replace(b"\r\n", b"\n"))
        sys.stdout.flush()
    return child.returncode


if __name__ == "__main__":
    sys.exit(main())
