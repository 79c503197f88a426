"""The page of a run in a real browser: it looks as it should on screens of two widths, in two colours and on
paper, is within reach of everybody by axe's rules, asks for nothing, and complains of nothing."""

import json
import os
import shutil
import time
from pathlib import Path

from lab import World, case, files, npm
from lab.chromium import Chromium

AXE = "axe-core@4.14.1"
SIZES = {"wide": 1280, "narrow": 360}
SCHEMES = {"light": False, "dark": True}
# What a person sees and reads is held to WCAG 2.2 AA and axe's own advice.
RULES = "{resultTypes: ['violations', 'incomplete']}"
LONG = "a-very-long-name-without-any-place-to-break-it-" + "x" * 70


def images():
    """Enough of everything that a page shows."""
    found = [
        {"repository": f"team/service-{n}", "tag": f"build-{k}", "created": f"-{20 + 9 * k}d"}
        for n in range(6)
        for k in range(4 + n)
    ]
    found += [
        {"repository": "shop/web", "tag": "1.0", "created": "-400d", "layers": ["a:900000"]},
        {"repository": "shop/web", "tag": "2.0", "created": "-6d", "layers": ["b:1500000"]},
        {"repository": "shop/web", "tag": "latest", "same_as": "shop/web:2.0"},
        {"repository": "shop/api", "tag": LONG, "created": "-90d", "layers": ["b", "c:700000"]},
        {"repository": "shop/api", "tag": "3.1", "created": "-3d", "layers": ["b", "d:500000"]},
        {"repository": "tools/charts", "tag": "chart-1.2"},
    ]
    return found


class InChromium(World):
    IMAGES = None
    browser = None
    axe = None
    pages = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Chromium()
        cls.addClassCleanup(cls.browser.stop)
        cls.axe = (npm.installed(AXE) / "node_modules/axe-core/axe.min.js").read_text()

    def setUp(self):
        super().setUp()
        if not InChromium.pages:
            self.write_pages()

    def write_pages(self):
        """Once for all tests: a page of a run with trouble, one of an empty run, one of a run that ended early."""
        folder = files.new_folder("pages")
        pages = {name: folder / f"{name}.html" for name in ("dry", "run", "trouble", "early")}
        self.push(images())
        self.exits(0, "--dry-run", "--html", pages["dry"])
        self.exits(0, "--html", pages["run"])
        self.remember_runs()
        self.break_a_layer()
        self.change_config({"cleanup": {"days_to_keep": 5, "protected_patterns": ["<b>&"]}})
        self.exits(1, "--html", pages["trouble"])
        self.change_config({"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}})
        self.exits(3, "--html", pages["early"])
        InChromium.pages = pages
        for path in pages.values():
            self.keep(path)

    def remember_runs(self):
        """As many nights, after each of which the storage was a little larger, but for some."""
        [folder] = [path.parent for path in self.state.glob("*/lock")]
        lines = []
        for night in range(40):
            at = int(time.time()) - (40 - night) * 86400
            entry = {"started_at": at, "finished_at": at + 60, "command": "run", "exit_code": 0}
            entry["storage_bytes"] = 1500000 + night * 40000 - night % 7 * 150000
            lines.append(json.dumps(entry, separators=(",", ":")) + "\n")
        (folder / "history.jsonl").write_text("".join(lines))
        (folder / "history.jsonl").chmod(0o640)

    def break_a_layer(self):
        """A layer of a tag that stays is not there any more."""
        link = self.registry.store / "docker/registry/v2/repositories/tools/charts/_layers/sha256"
        for layer in link.iterdir():
            shutil.rmtree(layer)

    def keep(self, path):
        """For who wants to look: in the folder that KEEP_PAGES names."""
        if os.environ.get("KEEP_PAGES"):
            shutil.copy(path, Path(os.environ["KEEP_PAGES"]) / path.name)

    def each(self):
        """Every page at every size in every scheme, in a tab that is closed afterwards."""
        for name, path in self.pages.items():
            for size, width in SIZES.items():
                for scheme, dark in SCHEMES.items():
                    tab = self.browser.open(path, width, dark=dark)
                    with self.subTest(page=name, size=size, scheme=scheme):
                        yield tab, f"{name}-{size}-{scheme}"
                    tab.close()

    def open_all(self, tab):
        tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

    @case("axe finds nothing against it, at both widths, in light and in dark, folded and unfolded")
    def test_axe(self):
        for tab, _ in self.each():
            tab.evaluate(self.axe)
            for unfold in (False, True):
                if unfold:
                    self.open_all(tab)
                found = tab.evaluate(f"axe.run(document, {RULES})")
                told = [(row["id"], row["nodes"][0]["html"][:200]) for row in found["violations"]]
                self.assertEqual(told, [])
                self.assertGreater(tab.evaluate("document.body.innerText.length"), 200)

    @case("it asks for nothing beside its file, and the console has nothing to say")
    def test_quiet(self):
        for tab, _ in self.each():
            self.open_all(tab)
            requests = [url for url in tab.requests() if not url.startswith("data:,")]
            self.assertEqual(len(requests), 1, requests)
            self.assertTrue(requests[0].startswith("file://"))
            self.assertEqual(tab.complaints(), [])

    @case("it never scrolls sideways, and has its shape: pictures are taken of it")
    def test_fits(self):
        for tab, name in self.each():
            self.open_all(tab)
            # innerWidth itself grows with what is too wide on a telephone.
            widest = tab.evaluate("document.documentElement.scrollWidth")
            self.assertLessEqual(widest, SIZES[name.split("-")[1]])
            picture = self.folder / f"{name}.png"
            tab.screenshot(picture)
            self.assertGreater(picture.stat().st_size, 10000)
            self.keep(picture)

    @case("dark is dark and light is light")
    def test_schemes(self):
        shades = {}
        for scheme, dark in SCHEMES.items():
            tab = self.browser.open(self.pages["run"], dark=dark)
            shades[scheme] = tab.evaluate(
                "getComputedStyle(document.documentElement).backgroundColor"
            )
            tab.close()
        self.assertEqual(shades, {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 23, 27)"})

    @case("on paper everything is unfolded, and the ground is white in either scheme")
    def test_paper(self):
        tab = self.browser.open(self.pages["trouble"], dark=True, media="print")
        self.addCleanup(tab.close)
        hidden = tab.evaluate(
            "[...document.querySelectorAll('details td')].filter(d => d.offsetHeight == 0).length"
        )
        self.assertEqual(hidden, 0)
        self.assertGreater(tab.evaluate("document.querySelectorAll('details td').length"), 0)
        self.assertEqual(
            tab.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
            "rgb(255, 255, 255)",
        )
        printed = self.folder / "trouble.pdf"
        tab.pdf(printed)
        self.assertTrue(printed.read_bytes().startswith(b"%PDF"))
        self.keep(printed)
