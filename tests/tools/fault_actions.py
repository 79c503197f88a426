"""The faults of fault_proxy.py: one class for each action that a rule can name."""

import json
import os
import subprocess
import time

import fault_walk
from fault_distribution import BadNumber, fetch_list, list_key, page, query, refuse_number
from fault_message import error_response, json_response, text_response

WAIT_LIMIT = 120


class RuleError(Exception):
    """What is wrong with a set of rules."""


def options(value, shorthand, **defaults):
    """The options of an action: an object, or the one value that SHORTHAND names."""
    if not isinstance(value, dict):
        value = {shorthand: value}
    unknown = set(value) - set(defaults)
    if unknown:
        raise RuleError(f"unknown option {sorted(unknown)}; known are {sorted(defaults)}")
    return {**defaults, **value}


class Action:
    """Does nothing; BEFORE is called before the request is forwarded, AFTER before the answer."""

    shorthand = ""
    defaults = {}

    def __init__(self, value):
        self.options = options(value, self.shorthand, **self.defaults)
        self.check(self.options)

    def check(self, given):
        """Raises RuleError for options that make no sense."""

    def before(self, exchange):
        """May set the exchange's response or ending, which keeps it from being forwarded."""

    def after(self, exchange):
        """May bend the exchange's response, which is never None here."""


class Status(Action):
    """An answer of its own; with forward the backend does the work, and its answer is lost."""

    shorthand = "code"
    defaults = {"code": None, "headers": {}, "body": "", "error": None, "forward": False}

    def check(self, given):
        if not isinstance(given["code"], int) or not isinstance(given["headers"], dict):
            raise RuleError("status wants a number as code and an object as headers")

    def before(self, exchange):
        given = self.options
        if given["forward"]:
            exchange.forward()
        if given["error"]:
            exchange.response = error_response(given["code"], given["error"])
        elif isinstance(given["body"], str):
            exchange.response = text_response(given["code"], given["body"])
        else:
            exchange.response = json_response(given["code"], given["body"])
        for name, value in given["headers"].items():
            exchange.response.set(name, value)
        exchange.note("status")


class Delay(Action):
    """Waits some seconds, or until a file exists, before the request is forwarded or after."""

    shorthand = "seconds"
    defaults = {"seconds": 0, "until": None, "forward_first": False}

    def check(self, given):
        if not isinstance(given["seconds"], (int, float)) or not (
            given["seconds"] or given["until"]
        ):
            raise RuleError("delay wants seconds or until")

    def before(self, exchange):
        if self.options["forward_first"]:
            exchange.forward()
        exchange.note("delay")
        time.sleep(self.options["seconds"])
        limit = time.monotonic() + WAIT_LIMIT
        while self.options["until"] and not os.path.exists(self.options["until"]):
            if time.monotonic() > limit:
                exchange.complain(f"{self.options['until']} never came")
                return
            time.sleep(0.01)


class Cut(Action):
    """Announces the whole body, sends so many bytes of it and closes; at least one is missing."""

    shorthand = "bytes"
    defaults = {"bytes": None, "reset": False}

    def check(self, given):
        if not isinstance(given["bytes"], int) or given["bytes"] < 0:
            raise RuleError("cut wants a number of bytes")

    def after(self, exchange):
        exchange.cut = self.options["bytes"]
        exchange.reset = self.options["reset"]
        exchange.note("cut")


class Drip(Action):
    """Sends the body in pieces of so many bytes, one each so many seconds."""

    shorthand = "bytes"
    defaults = {"bytes": None, "seconds": 0.1}

    def check(self, given):
        if not isinstance(given["bytes"], int) or given["bytes"] < 1 or given["seconds"] <= 0:
            raise RuleError("drip wants a number of bytes")

    def after(self, exchange):
        exchange.drip = self.options
        exchange.note("drip")


class Drop(Action):
    """Closes without an answer; with forward the backend is done then, or so many seconds later."""

    shorthand = "on"
    defaults = {"on": True, "forward": False, "later": 0, "reset": False}

    def check(self, given):
        if given["on"] is not True or (given["later"] and not given["forward"]):
            raise RuleError("drop wants true or an object; later goes with forward")

    def before(self, exchange):
        given = self.options
        if given["forward"] and not given["later"]:
            exchange.forward()
        exchange.ending = "drop"
        exchange.reset = given["reset"]
        exchange.later = given["later"]
        exchange.note("drop")


class Hang(Action):
    """Never answers; the connection stays until the client closes it."""

    shorthand = "on"
    defaults = {"on": True, "forward": False}

    def before(self, exchange):
        if self.options["forward"]:
            exchange.forward()
        exchange.ending = "hang"
        exchange.note("hang")


class Refuse(Action):
    """Answers, closes this connection, and takes no other for so many seconds."""

    shorthand = "seconds"
    defaults = {"seconds": None}

    def check(self, given):
        if not isinstance(given["seconds"], (int, float)) or given["seconds"] <= 0:
            raise RuleError("refuse wants a number of seconds")

    def after(self, exchange):
        exchange.last = True
        exchange.server.refuse(self.options["seconds"])
        exchange.note("refuse")


class Corrupt(Action):
    """Flips one bit of one byte of the body; by default in its middle."""

    shorthand = "on"
    defaults = {"on": True, "offset": None}

    def after(self, exchange):
        body = bytearray(exchange.response.body)
        offset = self.options["offset"]
        offset = len(body) // 2 if offset is None else offset
        if offset < len(body):
            body[offset] ^= 1
            exchange.response.body = bytes(body)
            exchange.note("corrupt")


class ReplaceBody(Action):
    """Another body, well-formed as HTTP: a text, a JSON value, or a file's content."""

    shorthand = "text"
    defaults = {"text": None, "json": None, "file": None}

    def check(self, given):
        if sum(value is not None for value in given.values()) != 1:
            raise RuleError("replace_body wants one of text, json and file")

    def after(self, exchange):
        given = self.options
        if given["file"] is not None:
            with open(given["file"], "rb") as stream:
                exchange.response.body = stream.read()
        elif given["text"] is not None:
            exchange.response.body = given["text"].encode()
        else:
            exchange.response.body = json.dumps(given["json"]).encode()
        exchange.note("replace_body")


class TruncateJson(Action):
    """Ends the body early, well-formed as HTTP; by default after half of it."""

    shorthand = "on"
    defaults = {"on": True, "bytes": None}

    def after(self, exchange):
        body = exchange.response.body
        length = self.options["bytes"]
        length = len(body) // 2 if length is None else length
        if length < len(body):
            exchange.response.body = body[:length]
            exchange.note("truncate_json")


class SetHeader(Action):
    """Sets headers of the answer; null removes one."""

    def __init__(self, value):
        if not isinstance(value, dict) or not value:
            raise RuleError("set_header wants an object of names and values")
        self.headers = value

    def after(self, exchange):
        for name, value in self.headers.items():
            exchange.response.set(name, value)
        exchange.note("set_header")


class Redirect(Action):
    """Sends the client elsewhere; {path} in the address becomes the path that was asked for."""

    shorthand = "to"
    defaults = {"to": None, "code": 307}

    def check(self, given):
        if not isinstance(given["to"], str):
            raise RuleError("redirect wants an address")

    def before(self, exchange):
        exchange.response = text_response(self.options["code"], "")
        location = self.options["to"].replace("{path}", exchange.path)
        exchange.response.set("Location", location)
        exchange.note("redirect")


class Run(Action):
    """Runs a shell command before or after forwarding; the request waits until it has ended.

    Its environment: FAULT_METHOD, FAULT_PATH, FAULT_BACKEND, FAULT_STATUS (after), and the groups
    of the rule's path as FAULT_1... and, if they have a name, as FAULT_<name>.
    """

    shorthand = "command"
    defaults = {"command": None, "when": "before"}

    def check(self, given):
        if not isinstance(given["command"], str) or given["when"] not in ("before", "after"):
            raise RuleError("run wants a command, and before or after as when")

    def before(self, exchange):
        if self.options["when"] == "before":
            self.run(exchange)

    def after(self, exchange):
        if self.options["when"] == "after":
            self.run(exchange)

    def run(self, exchange):
        environment = {**os.environ, **exchange.environment()}
        command = ["/bin/sh", "-c", self.options["command"]]
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=WAIT_LIMIT,
            check=False,
        )
        exchange.note("run")
        if done.returncode != 0:
            output = done.stdout.decode(errors="replace")
            exchange.complain(f"hook exited {done.returncode}: {command[2]}: {output}")


class Hide(Action):
    """Leaves names out of the lists of tags and repositories."""

    defaults = {"tags": [], "repositories": []}

    def after(self, exchange):
        key = list_key(exchange.path)
        document = exchange.response.document() if key else None
        if not document or not document.get(key):
            return
        left = [name for name in document[key] if name not in self.options[key]]
        if left != document[key]:
            exchange.response.body = json.dumps({**document, key: left}).encode()
            exchange.note("hide")


class Page(Action):
    """Lists in pages of at most size names; an n above max is refused, otherwise clamped."""

    shorthand = "size"
    defaults = {"size": None, "max": None}

    def check(self, given):
        if not isinstance(given["size"], int) or given["size"] < 1:
            raise RuleError("page wants a size")

    def before(self, exchange):
        if exchange.method != "GET" or not list_key(exchange.path):
            return
        exchange.note("page")
        try:
            number = query(exchange.path)[0]
        except BadNumber:
            exchange.response = refuse_number()
            return
        if number is not None and self.options["max"] and number > self.options["max"]:
            exchange.response = refuse_number()
            return
        number = self.options["size"] if number is None else min(number, self.options["size"])
        response, document, names = fetch_list(exchange)
        if document is not None:
            names = sorted(names) if list_key(exchange.path) == "tags" else names
            response = page(exchange, document, names, number)
        exchange.response = response


class Walk(Action):
    """Lists as a 3.1.1 does on that storage, s3 or filesystem, with all that it loses."""

    shorthand = "driver"
    defaults = {"driver": None, "limit": 1000}

    def check(self, given):
        if given["driver"] not in ("s3", "filesystem"):
            raise RuleError("walk wants s3 or filesystem")

    def before(self, exchange):
        if exchange.method != "GET" or not list_key(exchange.path):
            return
        exchange.note("walk")
        try:
            exchange.response = fault_walk.answer(
                exchange, self.options["driver"], self.options["limit"]
            )
        except fault_walk.Broken:
            exchange.ending = "drop"


class NullLists(Action):
    """Writes an empty list as null; with all, every list."""

    shorthand = "on"
    defaults = {"on": True, "all": False}

    def after(self, exchange):
        key = list_key(exchange.path)
        document = exchange.response.document() if key else None
        if document and key in document and (self.options["all"] or document[key] == []):
            exchange.response.body = json.dumps({**document, key: None}).encode()
            exchange.note("null_lists")


ACTIONS = {
    "status": Status,
    "delay": Delay,
    "cut": Cut,
    "drip": Drip,
    "drop": Drop,
    "hang": Hang,
    "refuse": Refuse,
    "corrupt": Corrupt,
    "replace_body": ReplaceBody,
    "truncate_json": TruncateJson,
    "set_header": SetHeader,
    "redirect": Redirect,
    "run": Run,
    "hide": Hide,
    "page": Page,
    "walk": Walk,
    "null_lists": NullLists,
}
