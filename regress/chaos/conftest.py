import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "flow"))

from dexd import Dexd  # noqa: E402


@pytest.fixture
def own_dexd():
    made = []

    def make(change=None, **kw):
        d = Dexd(change, user="root" if os.getuid() == 0 else "self", **kw)
        made.append(d)
        return d
    yield make
    for d in made:
        d.close()
