"""The fault proxy (tests/tools/fault_proxy.py) in this process."""

import argparse
import contextlib
import json
import re
import socket
import threading
import traceback

import fault_actions
import fault_proxy

from lab import files
from lab.program import wait_for

_functions = []


class Call(fault_actions.Action):
    """An action of rules more: calls a function of the test with the exchange (its method, path...), before
    it is forwarded or after. What goes wrong in there fails the test."""

    shorthand = "function"
    defaults = {"function": None, "when": "before"}

    def check(self, given):
        if not isinstance(given["function"], int) or given["when"] not in ("before", "after"):
            raise fault_actions.RuleError("call wants a function, and before or after as when")

    def before(self, exchange):
        if self.options["when"] == "before":
            self.call(exchange)

    def after(self, exchange):
        if self.options["when"] == "after":
            self.call(exchange)

    def call(self, exchange):
        exchange.note("call")
        try:
            _functions[self.options["function"]](exchange)
        except Exception:  # noqa: BLE001
            exchange.complain(traceback.format_exc())


fault_actions.ACTIONS["call"] = Call


def number_of(function):
    """What stands for a function in rules, which are JSON."""
    if not callable(function):
        raise TypeError(f"{function!r} in a rule")
    _functions.append(function)
    return len(_functions) - 1


class Server(fault_proxy.Server):
    """It knows its connections, to break them."""

    def __init__(self, arguments):
        self.connections = []
        super().__init__(arguments)

    def get_request(self):
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address


class Proxy:
    """A proxy in front of `backend`, the url of a registry; play_3x and store are as in fault_proxy.py."""

    def __init__(
        self, backend="", *, play_3x=None, store=None, body=None, content_type="text/plain", port=0
    ):
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
        self.server = Server(arguments)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_again_and_again, daemon=True).start()

    def stop(self):
        """Takes no connection any more; fails if a rule could not do what its test wanted."""
        self.server.end()
        complaints = self.server.complaints
        if complaints:
            raise AssertionError("the proxy complains:\n" + "\n".join(complaints))

    def die(self):
        """Breaks every connection and takes no other, as if its process had been killed."""
        self.server.end()
        for connection in self.server.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def rules(self, *rules):
        """Puts rules in force, instead of those before: those of fault_rules.py, and the action Call."""
        self.server.rules.replace(json.dumps(rules, default=number_of).encode())

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
        wait_for(lambda: self.count(method, path) >= count, seconds)

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
