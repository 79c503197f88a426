"""A test's world whose registry is Scaleway's: the stand-in server, and the program configured for it."""

import json

from lab import program
from lab.scaleway import SECRET, Stand
from lab.world import World


class ScalewayWorld(World):
    """self.stand is the server; STAND its options; TAGS what it has before each test: {"team/app": {tag: options
    of add_tag}}, or a text of words instead of these, tags of 90 days."""

    REGISTRY = None
    STAND = {}
    TAGS = {}

    def setUp(self):
        super().setUp()
        self.stand = self.start_stand(**self.STAND)
        self.fill(self.TAGS)
        if self.CONFIG is not None:
            self.configure(self.CONFIG)

    def start_stand(self, **options):
        return self.serve(Stand(**options))

    def fill(self, images):
        for image, tags in images.items():
            self.stand.add_image(image)
            if isinstance(tags, str):
                tags = {tag: {} for tag in tags.split()}
            for tag, options in tags.items():
                self.stand.add_tag(image, tag, **options)

    def configure(self, *changes, url=None):
        base = {
            "registry": {
                "kind": "scaleway",
                "url": url or self.stand.url,
                "region": self.stand.region,
                "secret_key": SECRET,
                "retry_seconds": 5,
                "deleting_seconds": 10,
            },
            "cleanup": {"days_to_keep": 30},
            "paths": {"state": str(self.state)},
            "log": {"file": str(self.program_folder / "log")},
        }
        for change in changes:
            base = program.merge(base, change or {})
        self.write_config(base)

    def has(self, **images):
        """Fails unless these are the tags there are: has(**{"team/app": "new old"}); "" is none."""
        for image, tags in images.items():
            self.assertEqual(self.stand.tags(image), sorted(tags.split()), image)

    def reported(self):
        return json.loads(self.report_path.read_text())

    def before(self, number, action, **match):
        """Does it right before the request of that number, of those that match, is answered."""
        met = []

        def rule(request):
            met.append(request)
            if len(met) == number:
                action()

        self.stand.answers(rule, **match)
