#!/usr/bin/env python3
"""Runs a command and prints `SECONDS KIB`: how long it took and its peak memory.

Usage: timed.py COMMAND...   (its stdout is dropped; its failure is ours)
"""
import resource
import subprocess
import sys
import time

began = time.monotonic()
status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode
seconds = time.monotonic() - began
print(f"{seconds:.3f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(status)
