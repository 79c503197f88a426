"""Pages that the program wrote, read as a browser would: every tag closed, nothing loaded."""

from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "wbr"}
INLINE = {"a", "bdi", "code", "span", "strong", "time"}


class Page(HTMLParser):
    """Its text, elements and attributes. Fails where a tag is not closed, or closed in another order."""

    def __init__(self, path):
        super().__init__()
        self.source = Path(path).read_text(encoding="utf-8")
        self.open = []
        self.elements = []
        self.words = []
        self.titles = {}
        self.feed(self.source)
        self.close()
        if self.open:
            raise AssertionError(f"not closed: {self.open}")
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"line {self.getpos()[0]}: </{tag}> closes nothing")
        if tag not in INLINE:
            self.words.append(" ")

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def names(self):
        return {tag for tag, _ in self.elements}

    def ids(self):
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]

    def loads(self):
        """What a browser would fetch, or run."""
        found = [
            (tag, name, value)
            for tag, attrs in self.elements
            for name, value in attrs.items()
            if name.startswith("on") or name in ("src", "href", "action", "srcset", "data")
        ]
        return [row for row in found if not str(row[2]).startswith(("#", "data:,"))]
