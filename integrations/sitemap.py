"""The pages that a site's map lists."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from integrations.outbound import NotFetched, Outbound
from kit.errors import UpstreamTimeout

if TYPE_CHECKING:
    from lxml import etree

MOST_PAGES = 500
_MOST_MAPS = 20
_MOST_BYTES = 5 << 20
_MOST_LISTED = 2_000
_SECONDS = 60.0


def read_sitemap(outbound: Outbound, url: str) -> list[str]:
    """The pages of a sitemap, or of those that an index of sitemaps lists, each once, in order.

    ``NotFetched`` when it is none or too large; ``UpstreamFailed`` and ``UpstreamTimeout`` may go by.
    """
    from lxml import etree  # noqa: PLC0415  # for whoever reads sites

    pages: dict[str, None] = {}
    pending, seen = [url], {url}
    until = time.monotonic() + _SECONDS
    while pending and len(pages) < _MOST_LISTED:
        if time.monotonic() > until:
            raise UpstreamTimeout("The site's maps take too long to be fetched.")
        root = _root(outbound, pending.pop(0))
        found = _listed(root)
        if etree.QName(root).localname == "urlset":
            pages.update(dict.fromkeys(found))
            continue
        new = [one for one in found if one not in seen][: _MOST_MAPS - len(seen)]
        seen.update(new)
        pending += new
    return list(pages)[:_MOST_LISTED]


def _root(outbound: Outbound, url: str) -> etree._Element:
    from lxml import etree  # noqa: PLC0415  # for whoever reads sites

    with outbound.get(url) as page:
        raw = page.stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise NotFetched(f"The sitemap is larger than {_MOST_BYTES >> 20} MB.")
    parser = etree.XMLParser(
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotFetched("This is no sitemap: its XML cannot be read.") from None
    if etree.QName(root).localname not in {"urlset", "sitemapindex"}:
        raise NotFetched("This is no sitemap: it lists no pages.")
    return root


def _listed(root: etree._Element) -> list[str]:
    from lxml import etree  # noqa: PLC0415  # for whoever reads sites

    found = (one for entry in root for one in entry if etree.QName(one).localname == "loc")
    return [text for one in found if (text := (one.text or "").strip())]
