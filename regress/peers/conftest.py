import pathlib
import sys

import pytest

REGRESS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REGRESS / "flow"))

from dexd import Dexd  # noqa: E402

import peer  # noqa: E402


def configuration(config, alg, port):
    config["signer"] = {"type": "local", "config": {
        "keysRotationPeriod": "6h", "algorithm": alg}}
    for client in config["staticClients"]:
        if client["id"] in ("app", "other"):
            client["redirectURIs"] = [peer.CALLBACK, peer.apache_callback(port)]


@pytest.fixture(scope="session", params=peer.ALGORITHMS)
def dexd(request):
    with peer.reserve_port() as reserved:
        port = reserved.getsockname()[1]
        with Dexd(lambda c: configuration(c, request.param, port)) as d:
            d.alg, d.apache_port = request.param, port
            yield d


@pytest.fixture(scope="session")
def liar(dexd):
    server = peer.Liar(dexd)
    yield server
    server.close()


@pytest.fixture(scope="session", params=peer.PEERS, ids=lambda p: p.name)
def maker(request, dexd):
    """How to make one client of this kind for this dexd."""
    if dexd.alg not in request.param.algorithms:
        pytest.skip(f"{request.param.name} does not know {dexd.alg}")
    kind = request.param(dexd)
    yield kind
    kind.close()
