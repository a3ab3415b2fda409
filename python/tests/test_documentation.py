"""The examples of the documentation work as typed."""

import doctest
import re

import pytest
from conftest import ROOT

import infwidth
from infwidth import _expect, _kernels, _tables


@pytest.mark.parametrize("module", [infwidth, _expect, _kernels, _tables], ids=lambda module: module.__name__)
def test_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("page", ["docs/python.md", "python/README.md"])
def test_pages(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    assert blocks
    session = {}
    for block in blocks:
        test = doctest.DocTestParser().get_doctest(block, session, page, page, 0)
        if test.examples:
            runner = doctest.DocTestRunner(verbose=False)
            runner.run(test, clear_globs=False)
            assert runner.failures == 0
            session = test.globs
        else:
            exec(compile(block, page, "exec"), session)
