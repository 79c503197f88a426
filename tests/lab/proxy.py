"""The fault proxy (tests/tools/fault_proxy.py) in this process."""

import argparse
import json
import re
import threading
import time

import fault_proxy

from lab import files


class Proxy:
    """A proxy in front of `backend`, the url of a registry; play_3x and store are as in fault_proxy.py."""

    def __init__(self, backend="", *, play_3x=None, store=None, body=None, content_type="text/plain", port=0):
        self.log_path = files.new_folder("p") / "log"
        self.log_path.touch()
        arguments = argparse.Namespace(
            backend=backend,
            sink=body is not None,
            body=body or "",
            content_type=content_type,
            port=port,
            rules=None,
            log=str(self.log_path),
            play_3x=play_3x,
            store=store and str(store),
        )
        self.server = fault_proxy.Server(arguments)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_again_and_again, daemon=True).start()

    def stop(self):
        """Takes no connection any more; fails if a rule could not do what its test wanted."""
        self.server.end()
        complaints = self.server.complaints
        if complaints:
            raise AssertionError("the proxy complains:\n" + "\n".join(complaints))

    def rules(self, *rules):
        """Puts rules in force, instead of those before."""
        self.server.rules.replace(json.dumps(rules).encode())

    def applied(self, index):
        """How often that rule was applied."""
        return self.server.rules.report()[index]["applied"]

    def all_applied(self):
        report = self.server.rules.report()
        return bool(report) and all(rule["applied"] for rule in report)

    def records(self, event):
        """What the log has of that event: request, answer or late."""
        lines = self.log_path.read_text().splitlines()
        return [record for record in map(json.loads, lines) if record["event"] == event]

    def _asked(self, event, method, path):
        return [
            record
            for record in self.records(event)
            if record["method"] == method and re.search(path, record["path"])
        ]

    def requests(self, method, path):
        """The records of such requests that arrived, answered or not."""
        return self._asked("request", method, path)

    def count(self, method, path):
        return len(self.requests(method, path))

    def wait(self, method, path, count, seconds=10):
        """Waits until that many have arrived."""
        deadline = time.monotonic() + seconds
        while self.count(method, path) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {count} requests {method} {path} in {seconds} s")
            time.sleep(0.01)

    def answers(self, method, path):
        """["STATUS METHOD PATH"] in the order of their start; the status is None where none was given."""
        records = sorted(self._asked("answer", method, path), key=lambda record: record["start"])
        return [f"{record['status']} {record['method']} {record['path']}" for record in records]

    def at_once(self, method, path):
        """The most that were under way at one time; one that hangs is so from its start on."""
        records = self._asked("answer", method, path)
        return max(
            (
                sum(
                    other["start"] <= record["start"]
                    and (other["end"] is None or other["end"] > record["start"])
                    for other in records
                )
                for record in records
            ),
            default=0,
        )

    def clear(self):
        """No rules, an empty log."""
        self.rules()
        with open(self.log_path, "r+b") as log:
            log.truncate()
