"""The line at the end of a run that says what was skipped."""

from pathlib import Path

import pytest
import skipped

pytest_plugins = "pytester"

TESTS = """
import pytest

@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_slow(number):
    pass

@pytest.mark.parametrize("number", range(2))
def test_of_mnist(number):
    pytest.skip("MNIST: set DIGITSEQ_MNIST to its folder")

def test_of_ray():
    pytest.importorskip("no_such_ray", reason="Ray: pip install -e '.[dev-all]'")

@pytest.mark.skip(reason="there is a GPU")
def test_without_a_remedy():
    pass

def test_passes():
    pass
"""
LINE = (
    "3 slow tests were not run: -m 'slow or not slow'; 1 of Ray skipped: pip install -e '.[dev-all]'; "
    "2 of MNIST skipped: set DIGITSEQ_MNIST to its folder; 1 skipped for other reasons: -rs lists them"
)


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest over TESTS; returns the lines of its output."""
    monkeypatch.setenv("PYTHONPATH", str(Path(skipped.__file__).parent))
    # The plugins of other packages take longer to load than all the rest.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(
        "import skipped\n\n"
        "def pytest_configure(config):\n    config.pluginmanager.register(skipped.Skipped())"
    )
    pytester.makeini("[pytest]\naddopts = -m 'not slow'\nmarkers = slow: takes long")
    pytester.makepyfile(test_some=TESTS)
    return lambda *options: pytester.runpytest(*options).outlines


def test_the_last_lines_say_what_was_skipped(run):
    assert LINE in run()[-2:]


def test_with_several_workers_each_is_counted_once(run):
    pytest.importorskip("xdist", reason="pytest-xdist: pip install -e '.[dev]'")
    assert LINE in run("-p", "xdist.plugin", "-n", "2")[-2:]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("-k", "slow"), "3 slow tests were not run: -m 'slow or not slow'"),
        (("-k", "ray"), "1 of Ray skipped: pip install -e '.[dev-all]'"),
    ],
)
def test_only_what_is_asked_for_is_counted(run, options, line):
    assert line in run(*options)[-2:]


@pytest.mark.parametrize("options", [("-k", "passes"), ("-m", "slow or not slow", "-k", "passes or slow")])
def test_nothing_is_said_where_nothing_was_skipped(run, options):
    assert not [line for line in run(*options) if " skipped" in line or "not run" in line]


def test_subjects_with_one_remedy_share_it():
    reasons = ["Ray: pip install x", "Grain: pip install x", "Ray: pip install x"]
    assert skipped.sentence(0, reasons) == "1 of Grain, 2 of Ray skipped: pip install x"
    assert skipped.sentence(0, []) == ""
