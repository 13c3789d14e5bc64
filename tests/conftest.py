"""What holds for every test: where its files lie, which files begin first, what is printed at the end."""

from __future__ import annotations

import contextlib
import gc
import os
import tempfile
from pathlib import Path

import hypothesis
import pytest
from _pytest.terminal import TerminalReporter

MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
FREE_BYTES = 4 << 30

# The same examples every time, so that a run tells of the change that it is for; `make fuzz` looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True, database=None, max_examples=50)
hypothesis.settings.register_profile("new", max_examples=200)
hypothesis.settings.load_profile(os.environ.get("EXAMPLES", "same"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of tests in memory where there is room: databases then wait for no disk."""
    gc.disable()  # until all tests are collected
    is_worker = hasattr(config, "workerinput")
    if not is_worker and config.option.basetemp is None and _has_room():
        folder = tempfile.TemporaryDirectory(prefix="orquestra-", dir=MEMORY, ignore_cleanup_errors=True)
        config.option.basetemp = Path(folder.name) / "tests"
        config.add_cleanup(folder.cleanup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: of several workers none is left alone with one at the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
    # What is there by now stays to the end: looking through it for garbage takes a quarter of a run.
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the figures that tests recorded as ``record_property("figures", …)``, whichever worker ran them."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, figures in getattr(report, "user_properties", ()):
                if name == "figures" and report.when == "teardown":
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figures}")


def _has_room() -> bool:
    """Whether the folder in memory is there, takes programs and has so many bytes left."""
    with contextlib.suppress(OSError):
        there = os.statvfs(MEMORY)
        return there.f_bavail * there.f_frsize >= FREE_BYTES and not there.f_flag & os.ST_NOEXEC
    return False
