import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from dexd import Dexd  # noqa: E402

# As root every room has a user and a jail of its own; as anybody else neither.
# The flow must not know the difference.
USERS = ["root", "nobody"] if os.getuid() == 0 else ["self"]


@pytest.fixture(scope="session", params=USERS)
def dexd(request):
    with Dexd(user=request.param) as d:
        yield d


@pytest.fixture
def own_dexd():
    """Makes instances for tests that break or change things."""
    made = []

    def make(change=None, **kw):
        d = Dexd(change, user=USERS[0], **kw)
        made.append(d)
        return d
    yield make
    for d in made:
        d.close()
