"""The JSON Schema of the configuration and the parser agree on random configurations, in both directions, but for
the rules that EXCEPTIONS tells one by one.

CASES: how many configurations, 3000, and no fewer than 1000; SEED: which."""

import copy
import json
import os
import random
import re
import subprocess

import jsonschema

from lab import World, case, program

VERDICTS = f"{os.environ.get('BUILD') or program.ROOT / 'build'}/tests/tools/config_verdicts"

BASE = {
    "registry": {"url": "http://h:5000", "container": "c"},
    "cleanup": {"days_to_keep": 30},
    "paths": {"config": "/c.yml"},
}
SCALEWAY = {
    "registry": {
        "kind": "scaleway",
        "region": "fr-par",
        "secret_key": "11111111-2222-3333-4444-555555555555",
    },
    "cleanup": {"days_to_keep": 30},
}
JOB = {"name": "a", "repositories": ["*"], "tag_regexps": ["x"]}
MAIL = {"type": "mail", "server": "smtp://h", "from": "a@b", "to": ["a@b"]}

# What the parser refuses and a schema cannot: the rule, the fault, and what brings it about in BASE, or, with a kind
# of registry, in SCALEWAY.
EXCEPTIONS = [
    (
        "there is one secret key",
        r"^registry\.scaleway_config: must not be given beside registry\.secret_key$",
        {"registry": {"kind": "scaleway", "scaleway_config": "default"}},
    ),
    (
        "and there is one",
        r"^registry\.secret_key: required, or registry\.scaleway_config$",
        {"registry": {"kind": "scaleway", "secret_key": None}},
    ),
    (
        "a profile has its file",
        r"^registry\.scaleway_config: required, because registry\.scaleway_profile is a profile of it$",
        {"registry": {"kind": "scaleway", "scaleway_profile": "p"}},
    ),
    (
        "an image's name needs a namespace",
        r"^registry\.namespace: required, because registry\.image is a name and no id$",
        {"registry": {"kind": "scaleway", "image": "a/b"}},
    ),
    (
        "the path of Scaleway's API is not given",
        r"^registry\.url: must not hold /registry/v1, ",
        {"registry": {"kind": "scaleway", "url": "http://h/registry/v1/"}},
    ),
    (
        "no command mentions a container that is not there",
        r'^protect\.in_use: must not mention \{container\}: with registry\.kind "scaleway" there is none$',
        {"registry": {"kind": "scaleway"}, "protect": {"in_use": [["x", "{container}"]]}},
    ),
    (
        "a variable that a string stands for is set",
        r": the variable \w+ is not set$",
        {"registry": {"user": "__ENV:NOT_SET"}},
    ),
    (
        "some rule says what is to be deleted",
        r"^cleanup\.days_to_keep: required, because no other rule says what is to be deleted$",
        {"cleanup": {"days_to_keep": None}},
    ),
    (
        "the container has a name where a command mentions it",
        r"^registry\.container: required, because \S+ mentions \{container\}$",
        {"registry": {"container": ""}},
    ),
    (
        "what needs the storage on this host has it",
        r"^paths\.host_storage: required, because ",
        {"inventory": {"source": "storage"}},
    ),
    (
        "what needs the storage does not read the registry through the API",
        r'^inventory\.source: must not be "api", because .* needs the storage$',
        {
            "inventory": {"source": "api"},
            "cleanup": {"untagged_days": 1},
            "paths": {"host_storage": "/s"},
        },
    ),
    (
        "there is one password",
        r"^registry\.password_file: must not be given beside registry\.password$",
        {"registry": {"user": "u", "password": "p", "password_file": "/p"}},
    ),
    (
        "there is one login",
        r"^registry\.docker_config: must not be given beside registry\.\w+$",
        {"registry": {"user": "u", "docker_config": "default"}},
    ),
    (
        "a certificate and its key are given together",
        r"^registry\.client_(key|cert): required, because registry\.client_(key|cert) is given$",
        {"registry": {"client_key": "/k"}},
    ),
    (
        "a collector that stops the registry's container knows it",
        r'^gc\.method: "offline" stops and starts the registry\'s container',
        {"gc": {"method": "offline"}, "registry": {"exec": ["kubectl", "exec"]}},
    ),
    (
        "rules by pulls have a log",
        r"^paths\.access_log: required, because .* needs to know of pulls",
        {"protect": {"pulled_days": 1}},
    ),
    (
        "the engine whose output is the log is known",
        r'^pulled\.from: "container" needs a registry\.exec of docker, podman or nerdctl$',
        {"protect": {"pulled_days": 1}, "pulled": {"from": "container"}, "registry": {"exec": []}},
    ),
    (
        "an age by pulls has a number of days",
        r'^cleanup\.age_from: "pulled" needs a number of days: ',
        {
            "cleanup": {"age_from": "pulled", "days_to_keep": None, "keep_last_images": 1},
            "paths": {"access_log": "/l"},
        },
    ),
    (
        "each job has a name of its own",
        r"^jobs\[\d+\]\.name: jobs\[\d+\] has the same name$",
        {"jobs": [JOB, JOB]},
    ),
    (
        "there are no more than 60000 regular expressions in all jobs",
        r"^jobs: at most 60000 regular expressions are allowed in all, found \d+$",
        {"jobs": [{**JOB, "name": str(i), "tag_regexps": ["x"] * 1001} for i in range(60)]},
    ),
    (
        "regular expressions compile",
        r": does not compile ",
        {"cleanup": {"tag_name_pattern": "("}},
    ),
    (
        "whole numbers are written without a fraction and an exponent",
        r": expected a whole number, found a number with a fraction or an exponent$",
        {"cleanup": {"days_to_keep": 30.0}},
    ),
    (
        "a date is one of the calendar, since 2013-03-20",
        r": expected a date since 2013-03-20, as 2026-01-31 or 2026-01-31T12:00:00Z$",
        {"cleanup": {"keep_since": "2026-02-30"}},
    ),
    (
        "a policy is due at a time of day, or every so many hours",
        r"^watch\.every_hours: must not be given beside watch\.at$",
        {"watch": {"at": "02:30", "every_hours": 3}},
    ),
    (
        "a webhook has a URL, in the file or in one of its own",
        r"^notify\[\d+\]\.url: required, or url_file$",
        {"notify": [{"type": "webhook"}]},
    ),
    (
        "but not in both",
        r"^notify\[\d+\]\.url_file: must not be given beside url$",
        {"notify": [{"type": "webhook", "url": "http://h/", "url_file": "/f"}]},
    ),
    (
        "mail is taken by a server or a command",
        r"^notify\[\d+\]\.server: required, or command$",
        {"notify": [{"type": "mail", "from": "a@b", "to": ["a@b"]}]},
    ),
    (
        "but not by both",
        r"^notify\[\d+\]\.command: must not be given beside server$",
        {
            "notify": [
                {
                    "type": "mail",
                    "server": "smtp://h",
                    "command": ["x"],
                    "from": "a@b",
                    "to": ["a@b"],
                }
            ]
        },
    ),
    (
        "a command of mail logs in itself",
        r"^notify\[\d+\]\.command: user, password, password_file and ca_cert go with server alone$",
        {
            "notify": [
                {
                    "type": "mail",
                    "command": ["x"],
                    "ca_cert": "/c",
                    "from": "a@b",
                    "to": ["a@b"],
                }
            ]
        },
    ),
    (
        "mail has a sender",
        r'^notify\[\d+\]\.from: required, because type is "mail"$',
        {"notify": [{"type": "mail", "server": "smtp://h", "to": ["a@b"]}]},
    ),
    (
        "mail has somebody who gets it",
        r'^notify\[\d+\]\.to: required, because type is "mail"$',
        {"notify": [{"type": "mail", "server": "smtp://h", "from": "a@b"}]},
    ),
    (
        "a user of a mail server has one password",
        r"^notify\[\d+\]\.password_file: must not be given beside password$",
        {"notify": [{**MAIL, "user": "u", "password": "p", "password_file": "/p"}]},
    ),
    (
        "a password of a mail server has a user",
        r"^notify\[\d+\]\.user: required, because there is a password$",
        {"notify": [{**MAIL, "password": "p"}]},
    ),
    (
        "a user of a mail server has a password",
        r"^notify\[\d+\]\.password: required, or password_file, because of user$",
        {"notify": [{**MAIL, "user": "u"}]},
    ),
    (
        "a password of a mail server is not sent in the clear",
        r'^notify\[\d+\]\.starttls: must not be "never": ',
        {"notify": [{**MAIL, "user": "u", "password": "p", "starttls": "never"}]},
    ),
    (
        "a command that is told has a program",
        r'^notify\[\d+\]\.command: required, because type is "command"$',
        {"notify": [{"type": "command"}]},
    ),
    (
        "names that a pattern stands for are short enough",
        r"^retain_lists\[\d+\]\.patterns\[\d+\]: can be of no (repository|tag): ",
        {"retain_lists": [{"file": "/f", "patterns": ["a:{id}" + "x" * 130 + "{revision}"]}]},
    ),
]

# Strings of all kinds, of which each key takes those that its schema allows, and others by mistake.
STRINGS = """
http://h:5000 https://registry.example.com/prefix/ HTTPS://H.example:443 http://[::1]:5000/a http://h:05
http://h:65535 http://h:65536 http://h:0 http://h: http://:1 http://h:1:2 http:// ftp://h http://u:p@h http://h/?q
http://h/#f http://h/a\\b http://h/@ http://registry.example http://REGISTRY.example:1/ http://registry.example.com
http://[::1 http://[] http://[::1]x http://h_1 socks5://h:1 socks5://u:p%40@h/ http://u%zz@h http://u%00@h http://@h
http://:p@h http://u@p@h http://h//x system h h:5000 [::1]:5000 h/x H.example:80 h:99999
/ /a/b /c.yml relative ./x ~ default user name:colon -x - a,b a b/c team/app team//app /team team/ Team/app a..b
team/* ? v1.0 _x .x latest release-1 pr-\\d+ ^v[0-9]+$ (?:x|y) [ ( a{2} * + \\ a{1,99999} (?<n>x)
app:{id}-{revision} {id}:{revision} a/{id}/b:x{revision} app:{id} app:{revision} {revision}:{id} a:{id}{id}{revision}
a:{x}{id}{revision} h:5000/a:{id}{revision} A:{id}{revision} a:.{id}{revision} {id}a:{revision} a:b
2026-01-31 2026-01-31T12:00:00Z 2026-01-31t12:00:00.5+02:00 2012-01-01 2026-13-01 2026-01-31T12:00 20260131 0000-00-00
__ENV:NOT_SET __ENV:\\x20NOT_SET __ENV: __ENV:1x __ENV:a-b __ENV x__ENV:NOT_SET
created pushed newest pulled keep log container journal deleted always never registry offline native auto api storage
webhook mail command always changes trouble recovery json slack ntfy required text h?x http://h?x=1 http://h/x\u00e4
smtps://h:465 smtp://h/x smtp://u@h SMTP://h smtp:// a@b a@b@c -a@b a<b@c a@ @b "a"@b Host:x host:\x20x Content-Length:1
X-Token:\x20secret X-Token: X-Token:\x20 a.b+c@d-e.example 00:00 23:59 2:30 02:60 0230 Expect-CT:\x20x expect:x
fr-par nl-ams us-east fr-PAR fr-pa 11111111-2222-3333-4444-555555555555 aaaaaaaa-BBBB-cccc-dddd-eeeeeeeeeeee
11111111-2222-3333-4444-55555555555 11111111-2222-3333-4444-5555555555555 11111111222233334444555555555555 v2 scaleway
11111111-2222-3333-4444_555555555555 http://h/registry/v1/regions/fr-par https://api.scaleway.com
docker podman nerdctl exec {container} registry.service 02:30 24:00 Name:\\x20value a@b.example smtp://h:587
""".replace(
    "\\x20", " "
).split()
STRINGS += [
    "",
    " ",
    "a b",
    "__ENV:  NOT_SET",
    "\u00e4",
    "\u2028",
    "\u4e2d" * 100,
    "a" * 128,
    "a" * 129,
    "a" * 255,
]
STRINGS += [
    "a" * 256,
    "x\n",
    "\n",
    "\x00",
    "\x1f",
    "\x7f",
    "\x80",
    "/\n",
    "02:30\n",
    "a/" * 128 + "a",
    "X-A: b",
]
UNCOMPILED = ["?", "(", "[", "*", "+", "a{1,99999}", "team/*(", "\\"]
NUMBERS = [
    -1,
    0,
    1,
    2,
    7,
    100,
    3600,
    10**6,
    10**9,
    2**31,
    2**63,
    2**64,
    -(2**63),
    0.5,
    1.5,
    30.0,
    1e3,
    1e20,
    -0.5,
]
OTHERS = [
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    [1],
    [""],
    ["a", 1],
    [["a"], []],
    {"a": 1},
    [{}],
    [["", "a"]],
]


def is_valid(schema, value):
    return jsonschema.Draft202012Validator(schema).is_valid(value)


class Generator:
    """Random configurations, from what the schema allows, with mistakes in some of them."""

    def __init__(self, schema, seed):
        self.schema = schema
        self.random = random.Random(seed)
        self.strings = {}
        self.share = 0.1  # of the keys that need not be there

    def string(self, schema):
        key = json.dumps(schema)
        if key not in self.strings:
            self.strings[key] = [text for text in STRINGS if is_valid(schema, text)]
            assert self.strings[key], f"no sample in STRINGS for {key}"
        text = self.random.choice(self.strings[key])
        # Of what rules between keys refuse there is less.
        again = text.startswith("__ENV:") or text in UNCOMPILED
        return self.random.choice(self.strings[key]) if again else text

    def list(self, schema):
        least = schema.get("minItems", 0)
        count = self.random.choice([least, least, least + 1, least + 2])
        first = schema.get("prefixItems", [])
        return [self.value((first + [schema["items"]] * count)[i]) for i in range(count)]

    def object(self, schema):
        needed = schema.get("required", [])
        return {
            name: self.value(of_name)
            for name, of_name in schema["properties"].items()
            if self.random.random() < (0.98 if name in needed else self.share)
        }

    def value(self, schema):
        """What SCHEMA allows."""
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        if "anyOf" in schema:
            return self.value(self.random.choice(schema["anyOf"]))
        kind = schema["type"]
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "integer":
            least, most = schema["minimum"], schema["maximum"]
            return self.random.choice([least, most, self.random.randint(least, most)])
        if kind == "number":
            least, most = schema["minimum"], schema["maximum"]
            return self.random.choice([least, most, round(self.random.uniform(least, most), 3)])
        return {"string": self.string, "array": self.list, "object": self.object}[kind](schema)

    def wrong(self, value):
        """Something else, which may be right as well."""
        near = []
        if isinstance(value, str):
            at = self.random.randint(0, len(value))
            near = [
                value[:at] + self.random.choice(list(" \n\t/:@,-.{}%?#*[A\u00e4")) + value[at:]
            ] * 3
        elif isinstance(value, (int, float)):
            near = [value + 1, value - 1, value + 0.5, float(value), str(value)]
        elif isinstance(value, list):
            near = [value + [self.random.choice(STRINGS)], value + [value], value[1:]]
        elif isinstance(value, dict):
            near = [{**value, "unknown": 1}, list(value)]
        kinds = [STRINGS, NUMBERS, OTHERS, near or OTHERS, near or STRINGS]
        return copy.deepcopy(self.random.choice(self.random.choice(kinds)))

    def places(self, value):
        """(container, key) of all that is in it."""
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield value, key
            if isinstance(value[key], (dict, list)):
                yield from self.places(value[key])

    def change(self, document):
        found = list(self.places(document))
        if not found:
            return
        where, key = self.random.choice(found)
        what = self.random.random()
        if isinstance(where, dict) and what < 0.15:
            del where[key]
        elif isinstance(where, dict) and what < 0.25:
            where[self.random.choice([key.upper(), key + "x", "$schema", "url", ""])] = where[key]
        else:
            where[key] = self.wrong(where[key])

    def fit(self, document, kind):
        """Takes from it what is not for this kind of registry, and puts in what that needs."""
        document.setdefault("registry", {})["kind"] = kind
        for condition in self.schema["allOf"]:
            if condition["if"]["properties"]["registry"]["properties"]["kind"]["const"] == kind:
                for section, asked in condition["then"]["properties"].items():
                    for name in asked["required"]:
                        schema = self.schema["properties"][section]["properties"][name]
                        document.setdefault(section, {})[name] = self.value(schema)
                    for name in asked["properties"]:
                        document.get(section, {}).pop(name, None)

    def document(self):
        self.share = self.random.choice([0.03, 0.1, 0.3])
        document = self.object(self.schema)
        kind = self.random.choice(["v2", "v2", "scaleway"])
        if self.random.random() < 0.9:
            self.fit(document, kind)
        if kind == "scaleway":
            # One secret key, and its namespace for an image.
            plain = program.merge(SCALEWAY, {"registry": {"namespace": "n"}})
            document.get("registry", {}).pop("scaleway_config", None)
            document.get("registry", {}).pop("scaleway_profile", None)
        else:
            # Much that rules between keys ask for.
            plain = {
                "registry": {"kind": "v2", "container": "c", "exec": []},
                "cleanup": {"days_to_keep": 30},
                "paths": {"host_storage": "/s", "access_log": "/l"},
            }
        if self.random.random() < 0.8:
            document = program.merge(document, plain)
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 3])):
            self.change(document)
        return document


class Schema(World):
    REGISTRY = None

    def setUp(self):
        super().setUp()
        self.run_program("--schema")
        self.exited(0)
        self.schema, self.output = json.loads(self.output), ""
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def faults(self, documents):
        """What the program says of each of them, a list of lines."""
        told = subprocess.run(
            [VERDICTS, self.folder / "verdict.json"],
            input="".join(json.dumps(document) + "\n" for document in documents),
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"], "HOME": "/root"},
        ).stdout
        blocks = [[]]
        for line in told.split("\n"):
            if line:
                blocks[-1].append(line)
            else:
                blocks.append([])
        # Behind the last empty line comes the end.
        self.assertEqual(blocks[-2:], [[], []] if not blocks[-2] else [blocks[-2], []])
        return blocks[: len(documents)]

    @case("the schema is one, and the template and the least configuration fit it")
    def test_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)
        template = json.loads((program.ROOT / "etc/config.json").read_text())
        self.assertEqual(
            [error.json_path for error in self.validator.iter_errors(template)], ["$.registry.url"]
        )
        template["registry"]["url"] = "https://registry.example.com"
        example = json.loads((program.ROOT / "etc/scaleway.json").read_text())
        for document in (BASE, SCALEWAY, template, example):
            self.assertEqual(list(self.validator.iter_errors(document)), [])
        example["registry"]["secret_key"] = SCALEWAY["registry"]["secret_key"]
        self.assertEqual(self.faults([BASE, SCALEWAY, template, example]), [[], [], [], []])

    @case("$schema is a key at the top, and a string")
    def test_key(self):
        documents = [{**BASE, "$schema": value} for value in ("", "file:///x", 1, None)]
        documents.append(program.merge(BASE, {"registry": {"$schema": "x"}}))
        self.assertEqual(
            [self.validator.is_valid(document) for document in documents],
            [True, True, False, False, False],
        )
        self.assertEqual(
            self.faults(documents),
            [
                [],
                [],
                ["$schema: expected a string, found a number"],
                ["$schema: expected a string, found null"],
                ["registry.$schema: unknown key"],
            ],
        )

    @case("each rule that a schema cannot tell is one that the parser has")
    def test_exceptions(self):
        documents = [
            program.merge(SCALEWAY if "kind" in changes.get("registry", {}) else BASE, changes)
            for _, _, changes in EXCEPTIONS
        ]
        for (rule, pattern, _), document, faults in zip(
            EXCEPTIONS, documents, self.faults(documents)
        ):
            with self.subTest(rule):
                self.assertTrue(self.validator.is_valid(document))
                self.assertEqual(len(faults), 1, faults)
                self.assertRegex(faults[0], pattern)

    def agree(self, documents, about):
        """How many of them both accept, and how many both refuse."""
        accepted = refused = 0
        for document, faults in zip(documents, self.faults(documents)):
            told = f"{about}: {json.dumps(document)}: {faults}"
            if not self.validator.is_valid(document):
                self.assertTrue(faults, f"the schema alone refuses, {told}")
                refused += 1
                continue
            for fault in faults:
                known = any(re.search(pattern, fault) for _, pattern, _ in EXCEPTIONS)
                self.assertTrue(known, f"the parser alone refuses, for {fault!r}, {told}")
            accepted += not faults
        return accepted, refused

    def with_strings(self):
        """Configurations in which each string stands at each key, alone and in a list, all else being right."""
        for section, of_section in self.schema["properties"].items():
            for name, schema in of_section.get("properties", {}).items():
                if schema.get("type") in ("string", "array"):
                    for text in STRINGS:
                        value = text if schema["type"] == "string" else [text]
                        for base in (BASE, SCALEWAY):
                            yield program.merge(base, {section: {name: value}})
        for text in STRINGS:
            for name, value in (("name", text), ("repositories", [text]), ("tag_regexps", [text])):
                yield program.merge(BASE, {"jobs": [{**JOB, name: value}]})
            yield program.merge(BASE, {"retain_lists": [{"file": "/f", "patterns": [text]}]})

    @case("schema and parser agree on each of many strings at each key")
    def test_strings(self):
        documents = list(self.with_strings())
        accepted, refused = self.agree(documents, "strings")
        self.assertGreater(min(accepted, refused), len(documents) / 10)

    @case("schema and parser agree on random configurations, right and wrong")
    def test_random(self):
        seed = int(os.environ.get("SEED") or random.randrange(2**31))
        generator = Generator(self.schema, seed)
        documents = [
            generator.document() for _ in range(max(int(os.environ.get("CASES") or 3000), 1000))
        ]
        accepted, refused = self.agree(documents, f"SEED={seed}")
        # Neither side says the same to all.
        self.assertGreater(accepted, len(documents) / 10)
        self.assertGreater(refused, len(documents) / 10)
