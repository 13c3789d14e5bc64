"""The pages that a site's map lists."""

from __future__ import annotations

import time

from integrations.outbound import NotFetched, Outbound
from kit.errors import UpstreamTimeout

MOST_PAGES = 500
_MOST_MAPS = 20
_MOST_BYTES = 5 << 20
_MOST_LISTED = 2_000
_SECONDS = 60.0


def read_sitemap(outbound: Outbound, url: str) -> list[str]:
    """The pages of a sitemap, or of those that an index of sitemaps lists, each once, in order.

    ``NotFetched`` when it is none or too large; ``UpstreamFailed`` and ``UpstreamTimeout`` may go by.
    """
    from integrations.sitemap_xml import parse_sitemap  # noqa: PLC0415  # lxml is for whoever reads sites

    pages: dict[str, None] = {}
    pending, seen = [url], {url}
    until = time.monotonic() + _SECONDS
    while pending and len(pages) < _MOST_LISTED:
        if time.monotonic() > until:
            raise UpstreamTimeout("The site's maps take too long to be fetched.")
        site_map = parse_sitemap(_fetched(outbound, pending.pop(0)))
        if site_map.is_index:
            new = [one for one in site_map.addresses if one not in seen][: _MOST_MAPS - len(seen)]
            seen.update(new)
            pending += new
        else:
            pages.update(dict.fromkeys(site_map.addresses))
    return list(pages)[:_MOST_LISTED]


def _fetched(outbound: Outbound, url: str) -> bytes:
    with outbound.get(url) as page:
        raw = page.stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise NotFetched(f"The sitemap is larger than {_MOST_BYTES >> 20} MB.")
    return raw
