from __future__ import annotations

import pytest

from services.documents.distinct_names import distinct_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.md", "pasta/b.md", "pasta\\c.md"], ["a.md", "b.md", "c.md"]),
        (["x/a.md", "y/a.md", "b.md"], ["x - a.md", "y - a.md", "b.md"]),
        (["x/a.md", "y/A.MD"], ["x - a.md", "y - A.MD"]),  # one name on some disks
        (["a.md", "x/a.md"], ["a.md", "x - a.md"]),
        (["a.md", "./a.md", "a.md"], ["a.md", "a (2).md", "a (3).md"]),
        (["../../etc/a.md", "/etc/a.md"], ["etc - a.md", "etc - a (2).md"]),
        (["a?.md", "a*.md"], ["a_.md", "a_ (2).md"]),  # one name once they are made safe
        (["a (2).md", "a.md", "./a.md"], ["a (2).md", "a.md", "a (3).md"]),
        (["..", "", "/"], ["..", "", "/"]),  # refused when they are added
    ],
)
def test_names_are_distinct_and_short(paths: list[str], names: list[str]) -> None:
    found = distinct_names(paths)
    if paths[0] == "..":
        assert len(found) == len(paths)
    else:
        assert found == names
    assert distinct_names(paths) == found


def test_names_stay_distinct_however_deep_their_folders() -> None:
    deep = "/".join(["pasta com um nome comprido"] * 30)
    found = distinct_names([f"{deep}/x/a.md", f"{deep}/y/a.md", f"{deep}/y/{'b' * 300}.md"])
    assert len({name.casefold() for name in found}) == 3
    assert all(len(name.encode()) <= 200 and name.endswith(".md") for name in found)
