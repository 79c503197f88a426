"""How distribution 3.1.1 walks its storage for lists, and what gets lost on the way.

It walks in the order of keys (S3) or of folders (file system), beginning behind `last`, and drops what
is not greater than `last` with '/' before everything. Read in registry/storage/catalog.go and
tagstore.go, driver/walk.go and driver/s3-aws/s3.go of v3.1.1.
"""

from urllib.parse import urlencode, urlsplit

from fault_distribution import BadNumber, fetch_list, list_key, query, refuse_number
from fault_message import json_response


class Broken(Exception):
    """The registry panics: its connection ends without an answer."""


def place_of(driver, name):
    """Where the walk comes by the repository."""
    key = f"{name}/_manifests"
    return key if driver == "s3" else key.split("/")


def less(one, other):
    return one.replace("/", "\0") < other.replace("/", "\0")


def walk_repositories(driver, names, last, number):
    """(a page, whether it has a Link)."""
    names = sorted(names, key=lambda name: place_of(driver, name))
    if last:
        start = place_of(driver, last)
        names = [name for name in names if place_of(driver, name) > start and less(last, name)]
    page, rest = names[:number], names[number:]
    # A full page is noticed at the next folder that is none of a repository's own: too late where
    # that is the repository which the last one lies in.
    if len(page) == number and rest and page[-1].startswith(rest[0] + "/"):
        raise Broken
    return page, len(page) == number and bool(rest)


def walk_tags(driver, names, last, number):
    """(a page, whether it has a Link). On S3 a tag hides those that begin with its name."""
    names = sorted(names, key=lambda name: f"{name}/" if driver == "s3" else name)
    if driver == "s3":
        names = [name for name in names if not last or f"{name}/current/link" > last]
    page = []
    skipped = None
    for name in names:
        if driver == "s3" and skipped is not None and name.startswith(skipped):
            continue
        skipped = name
        if not last or less(last, name):
            page.append(name)
            if number is not None and len(page) == number:
                return page, True
    return page, False


def all_names(exchange):
    """(answer of the backend, document, names), the catalog in one page."""
    if list_key(exchange.path) == "tags":
        return fetch_list(exchange)
    response = exchange.fetch(f"{urlsplit(exchange.path).path}?n=1000")
    document = response.document()
    return response, document, (document or {}).get("repositories") or []


def answer(exchange, driver, limit):
    """The list that EXCHANGE asks for. LIMIT is catalog.maxentries and tags.maxtags."""
    key = list_key(exchange.path)
    try:
        number, last = query(exchange.path)
    except BadNumber:
        return refuse_number()
    if key == "repositories" and number is not None and number > limit:
        return refuse_number()
    response, document, names = all_names(exchange)
    if response.status != 200 or document is None:
        return response
    if key == "tags":
        number = None if number is None else min(number, limit)
        page, linked = walk_tags(driver, names, last, number)
    else:
        number = min(100, limit) if number is None else number
        page, linked = walk_repositories(driver, names, last, number)
    headers = []
    if linked:
        following = urlencode({"last": page[-1], "n": number})
        headers.append(("Link", f'<{urlsplit(exchange.path).path}?{following}>; rel="next"'))
    made = json_response(
        200, {**document, key: page or ([] if key == "repositories" else None)}, headers
    )
    made.set("Docker-Distribution-Api-Version", "registry/2.0")
    return made
