import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(__file__)
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "flow"))

from dexd import Dexd, free_port  # noqa: E402


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    where = tmp_path_factory.mktemp("tls")
    cert, key = where / "cert.pem", where / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                    cert, "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    return str(cert), str(key)


@pytest.fixture(scope="session")
def make_dexd(certificate):
    """Starts dexd with its sandbox on, plain and TLS; d.tls is the TLS port."""
    made = []

    def make(change=None):
        tls = free_port()

        def both(c):
            c["web"].update(https=f"127.0.0.1:{tls}", tlsCert=certificate[0],
                            tlsKey=certificate[1])
            if change:
                change(c)
        d = Dexd(both, user="root" if os.getuid() == 0 else "self")
        d.tls = tls
        made.append(d)
        return d
    yield make
    for d in made:
        d.close()


@pytest.fixture(scope="session")
def dexd(make_dexd):
    return make_dexd()
