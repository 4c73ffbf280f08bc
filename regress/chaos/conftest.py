import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "flow"))

from dexd import Dexd, free_port, keypair  # noqa: E402
from ledger import keepers  # noqa: E402


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return keypair(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def own_dexd(certificate):
    """With every room that there is."""
    made = []

    def make(change=None, **kw):
        def everything(c):
            c["web"].update(https=f"127.0.0.1:{free_port()}",
                            tlsCert=certificate[0], tlsKey=certificate[1])
            c["telemetry"] = {"http": f"127.0.0.1:{free_port()}"}
            keepers(c)
            if change:
                change(c)
        d = Dexd(everything, user="root" if os.getuid() == 0 else "self", **kw)
        made.append(d)
        return d
    yield make
    for d in made:
        d.close()
