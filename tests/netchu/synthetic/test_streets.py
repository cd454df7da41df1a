"""Street names: each once, as the charset writes them."""

from netchu.core.charset import normalise, unknown_characters
from netchu.synthetic.streets import STREETS


def test_each_once_in_normal_form():
    assert len(STREETS) == len(set(STREETS)) > 500
    assert all(name == normalise(name) and not unknown_characters(name) and "|" not in name for name in STREETS)
