"""What holds for every test."""

import gc
import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# Laws are about what is so, not about how fast this machine is just now.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")

# A shell's background job ignores Ctrl-C, and so would every program that a test starts from there and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each core has a test process already: numpy's threads would only spin while they wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - numpy reads it when it is loaded


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is imported out of the search for garbage, which would take a third of all tests' time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(700, 10, 100)  # what the tests themselves import can't be left out: look there more seldom


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left alone with it at the end."""
    items.sort(key=_is_short)


def _is_short(item: pytest.Item) -> bool:
    return item.get_closest_marker("long") is None
