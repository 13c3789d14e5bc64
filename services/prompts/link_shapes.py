"""What a chat program, a browser or a telephone would make a link of, in a stretch of text without spaces.

A stretch is judged as it will look after whatever reads it has resolved it: compatibility forms and
character references resolved, invisible characters gone. Every search here is linear in its text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.prompts.top_level_domains import TOP_LEVEL_DOMAINS

# What may stand around a URL in a sentence; a closing bracket belongs to the URL when it opens there.
_TRAILING = frozenset(".,;:!?'\"*_~|`>)]}»”’…")
_NEVER = (
    "javascript:",
    "vbscript:",
    "livescript:",
    "data:",
    "blob:",
    "file:",
    "about:",
    "view-source:",
    "intent:",
)

_MAYBE = re.compile(r"[:/\\&]|[.\u3002\uff0e\uff61]\S|[^\x00-\u02ff\u2010-\u2027\u20ac]")
_ADDRESS = re.compile(
    r"""
      https?:/{2,}
    | (?:(?!https?:/{2,})[a-z0-9+.-]){1,31}:/{2,}                              # any other scheme
    | (?:javascript|vbscript|livescript|blob|about|view-source|intent|mailto|magnet):(?=\S)(?!\.{3})
    | data:(?:(?:text|image|audio|video|application|font|model|multipart|message)/[\w.+-]{0,80})?[;,]
    | (?<!/)//(?=[\w-]{1,63}\.[\w-])                                                # the scheme of the page
    | (?<![\w@.-])www\d{0,3}\.(?=[\w-])
    | (?<![\w@.-])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?=[/?\#])
    """,
    re.VERBOSE,
)
_LABEL = r"[\w\u0300-\u036f\u0900-\u0dff-]{1,63}"  # with the signs that some scripts write over their letters
_DOMAIN = re.compile(rf"(?<![\w@.-]){_LABEL}(?:\.{_LABEL})++")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})++")
_REST_OF_EMAIL = re.compile(r"@[\w-]{1,63}\.[\w-]")
_ENDS = re.compile(r"[\"'|`\]){},;]")
LONGEST_KEY = 2_048  # characters of a URL in a document; a longer one is never allowed
MOST_ENDS = 16
_PARTS = re.compile(r"(https?:/{2,})?([^/?#]*)(.*)", re.DOTALL | re.IGNORECASE)

# Endings of files that are top-level domains too: two words with a dot between are taken for a file.
_FILE_DOMAINS = frozenset(("md", "mk", "mov", "pm", "ps", "py", "rs", "sh", "zip"))
_FILE_ENDINGS = (
    "7z avi bmp bz2 conf csv doc docx epub gif gz heic html ico ini jpeg jpg js json log mkv mp3 mp4 odp ods odt "
    "pdf png ppt pptx rar rtf sql svg tar tgz tif tiff toml tsv txt wav webm webp xhtml xls xlsx xml yaml yml"
)
# Words that begin sentences and are domains too: "Abrimos às 8h.No sábado" lacks a space, it links nowhere.
_WORD_DOMAINS = (
    "ad al as at be ca com da de do em es est et eu ha il in is it je la le li ma me my na ne no nu os pa para "
    "por se si so su sur to us va vu y"
)
_FILES, _WORDS = frozenset(_FILE_ENDINGS.split()), frozenset(_WORD_DOMAINS.split())
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_DOTS_AND_SLASHES = str.maketrans({"\u3002": ".", "\u2024": ".", "\u2044": "/", "\u2215": "/", "\u29f8": "/"})


@dataclass(frozen=True)
class Link:
    """A link in a stretch of text: where it begins and ends, and its ``key``.

    ``exact`` says that start and stop are places in the stretch as it is written; otherwise the link
    only shows when the stretch is resolved, and all of it stands or falls. The ``key`` is equal for URLs
    that lead to the same place, and empty for what is never allowed.
    """

    start: int
    stop: int
    key: str
    exact: bool


def find_link(stretch: str) -> Link | None:
    """The first link in ``stretch``, taken to reach to its end but for punctuation."""
    if not _MAYBE.search(stretch):
        return None
    for resolved in _resolved(stretch):
        lowered = resolved.lower()
        # With a letter that lowers into two, places count in the lowered text.
        form = resolved if len(lowered) == len(resolved) else lowered
        start = _start_of_link(form, lowered)
        if start is not None:
            url = trimmed(form[start:])
            return Link(start, start + len(url), key_of(url), exact=form == stretch)
    return None


def link_keys(texts: Iterable[str]) -> frozenset[str]:
    """The keys of all links in documents and prompts, however they are quoted, and of ``mailto:`` addresses."""
    keys: set[str] = set()
    for text in texts:
        keys.update(f"mailto:{address.lower()}" for address in _EMAIL.findall(text))
        for stretch in re.split(r"[\s<>]+", text):
            keys.update(_keys_in(stretch))
    keys.discard("")
    return frozenset(keys)


def key_of(url: str) -> str:
    """What is compared: http and https and neither are one, a host has no capitals, a last slash says nothing."""
    url = next(iter(_resolved(url)))
    lowered = url.lower()
    if lowered.startswith(_NEVER):
        return ""
    if lowered.startswith("mailto:"):
        return lowered
    _, host, rest = _PARTS.fullmatch(url).groups()  # type: ignore[union-attr]  # it fits every text
    return host.lower() + rest.removesuffix("/")


def is_literal(url: str) -> bool:
    """Whether nothing in it is escaped, invisible or another form of a character."""
    return next(iter(_resolved(url))) == url


def trimmed(url: str) -> str:
    """``url`` without the punctuation of the sentence around it."""
    end = len(url)
    while end and url[end - 1] in _TRAILING:
        if url[end - 1] == ")" and url.count("(", 0, end) >= url.count(")", 0, end):
            break
        end -= 1
    return url[:end]


def _keys_in(stretch: str) -> Iterator[str]:
    """A document may go on right behind a URL, so that each mark which may end it gives a key."""
    while link := find_link(stretch):
        yield link.key
        if not link.exact:
            return
        url = stretch[link.start : link.start + LONGEST_KEY]
        marks = [mark.start() for mark in _ENDS.finditer(url)]
        for end in marks[:MOST_ENDS]:
            yield key_of(trimmed(url[:end]))
        stretch = stretch[link.start + (marks[0] + 1 if marks else len(url)) :]


def _resolved(stretch: str) -> Iterator[str]:
    """The forms that ``stretch`` may take: a backslash may vanish (Markdown) or be a slash (browsers)."""
    if "&" in stretch:
        stretch = html.unescape(html.unescape(stretch))
    if not stretch.isascii():
        stretch = unicodedata.normalize("NFKC", _INVISIBLE.sub("", stretch)).translate(_DOTS_AND_SLASHES)
    yield stretch.replace("\\", "")
    if "\\" in stretch:
        yield stretch.replace("\\", "/")


def _start_of_link(form: str, lowered: str) -> int | None:
    address = _ADDRESS.search(lowered)
    domain = next((one for one in _DOMAIN.finditer(lowered) if _is_domain(one, form, lowered)), None)
    return min((found.start() for found in (address, domain) if found), default=None)


def _is_domain(found: re.Match[str], form: str, lowered: str) -> bool:
    """Whether telephones and chat programs link this dotted name without a scheme in front."""
    if _REST_OF_EMAIL.match(lowered, found.end()):
        return False
    has_path = re.match(r"[/?#]|:\d", lowered[found.end() : found.end() + 2]) is not None
    labels = found[0].split(".")
    while len(labels) > 2 and labels[-1] not in TOP_LEVEL_DOMAINS and labels[-1] not in _FILES:
        labels.pop()  # "evil.com.x9": what links the beginning of it still does
    last = labels[-1]
    if last not in TOP_LEVEL_DOMAINS:
        return False
    if has_path or len(labels) > 2:
        return True
    is_number = len(last) == 2 and labels[0].isdigit()
    begins_sentence = (
        last in _WORDS and not form.isupper() and form[found.start() + len(labels[0]) + 1].isupper()
    )
    return not (last in _FILE_DOMAINS or is_number or begins_sentence)
