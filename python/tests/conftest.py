"""Reference values of the checkout: computed elsewhere, see Tests/Reference/README.md."""

import json
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def reference(name):
    """The cases of Tests/Reference/NAME.json."""
    return json.loads((ROOT / "Tests" / "Reference" / f"{name}.json").read_text())["cases"]


@pytest.fixture(scope="session")
def command():
    """The command of the same checkout."""
    path = os.environ.get("INFWIDTH_COMMAND", str(ROOT / ".build" / "release" / "infwidth"))
    if not os.path.exists(path):
        assert not os.environ.get("CI"), f"{path} is not built"
        pytest.skip(f"{path} is not built")
    return path
