"""The rules of fault_proxy.py: which requests they meet, how often, and in what order.

A rule is a JSON object: "match", "after", "times", "continue", "name", and exactly one action.
The first rule that meets a request is applied to it; with "continue": true the search goes on.
A path is matched without the parameter that makes each question of the program another one, a target
with it.
A key that is not known is refused, since a misspelt fault would be a test that cannot fail.
"""

import json
import os
import re
import threading

from fault_actions import ACTIONS, RuleError


def as_list(value):
    return value if isinstance(value, list) else [value]


class Rule:
    """One rule with its counters."""

    KEYS = {"match", "after", "times", "continue", "name"}

    def __init__(self, index, value):
        if not isinstance(value, dict):
            raise RuleError("a rule is an object")
        actions = [key for key in value if key in ACTIONS]
        unknown = set(value) - self.KEYS - set(ACTIONS)
        if unknown or len(actions) != 1:
            raise RuleError(
                f"one action of {sorted(ACTIONS)} is wanted; unknown: {sorted(unknown)}"
            )
        match = value.get("match", {})
        if set(match) - {"method", "path", "target", "header"}:
            raise RuleError(f"match knows method, path, target and header, not {sorted(match)}")
        self.value = value
        self.name = value.get("name", f"{index}:{actions[0]}")
        self.methods = as_list(match.get("method", []))
        self.path = re.compile(match.get("path", ""))
        self.target = re.compile(match.get("target", ""))
        patterns = match.get("header", {}).items()
        self.headers = [(name, text and re.compile(text)) for name, text in patterns]
        self.skip = value.get("after", 0)
        self.times = value.get("times")
        self.goes_on = value.get("continue", False)
        self.action = ACTIONS[actions[0]](value[actions[0]])
        self.matched = 0
        self.applied = 0

    def match(self, exchange):
        """The match of the path, or None if the request is not meant."""
        if self.methods and exchange.method not in self.methods:
            return None
        for name, pattern in self.headers:
            value = exchange.headers.get(name)
            if (value is None) != (pattern is None) or (pattern and not pattern.search(value)):
                return None
        return self.target.search(exchange.target) and self.path.search(exchange.path)

    def take(self):
        """Counts a match; whether the rule is applied to it."""
        self.matched += 1
        if self.matched <= self.skip or (self.times is not None and self.applied >= self.times):
            return False
        self.applied += 1
        return True


class Rules:
    """The ordered rules in force, from the control path or from a file that is read again."""

    def __init__(self, path):
        self.path = path
        self.stamp = None
        self.rules = []
        self.lock = threading.Lock()
        if path:
            self.refresh()

    def load(self, text):
        """Puts other rules in force, with counters at zero; raises RuleError and keeps the old."""
        try:
            value = json.loads(text)
            if not isinstance(value, list):
                raise RuleError("a list of rules is wanted")
            rules = [Rule(index, rule) for index, rule in enumerate(value)]
        except (ValueError, AttributeError, TypeError, re.error) as error:
            raise RuleError(str(error)) from error
        self.rules = rules

    def replace(self, text):
        with self.lock:
            self.load(text)

    def refresh(self):
        """Reads the file if it has changed."""
        status = os.stat(self.path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self.stamp:
            return
        with open(self.path, "rb") as stream:
            self.load(stream.read())
        self.stamp = stamp

    def select(self, exchange):
        """The rules that apply to a request, with the path's match: [(rule, match)...]."""
        chosen = []
        with self.lock:
            if self.path:
                self.refresh()
            for rule in self.rules:
                match = rule.match(exchange)
                if match is None or not rule.take():
                    continue
                chosen.append((rule, match))
                if not rule.goes_on:
                    break
        return chosen

    def report(self):
        with self.lock:
            return [
                {**rule.value, "matched": rule.matched, "applied": rule.applied}
                for rule in self.rules
            ]
