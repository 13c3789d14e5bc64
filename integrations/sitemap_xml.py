"""What stands in a sitemap's XML."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from integrations.outbound import NotFetched


@dataclass(frozen=True)
class SiteMap:
    """Addresses in their order: of pages, or (``is_index``) of other sitemaps."""

    addresses: tuple[str, ...]
    is_index: bool


def parse_sitemap(raw: bytes) -> SiteMap:
    """The map, without anything that its XML refers to; ``NotFetched`` when it is none."""
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
    kind = etree.QName(root).localname
    if kind not in {"urlset", "sitemapindex"}:
        raise NotFetched("This is no sitemap: it lists no pages.")
    found = (one for entry in root for one in entry if etree.QName(one).localname == "loc")
    texts = ((one.text or "").strip() for one in found)
    return SiteMap(tuple(filter(None, texts)), is_index=kind == "sitemapindex")
