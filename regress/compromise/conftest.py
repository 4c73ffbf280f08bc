import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "flow"))

from dexd import Dexd   # noqa: E402


@pytest.fixture(params=["root", "nobody"])
def make(request):
    made = []

    def start(alg="RS256", **more):
        def change(config):
            config.update(more)
            config["signer"] = {"type": "local", "config": {
                "keysRotationPeriod": "6h", "algorithm": alg}}
        made.append(Dexd(change, user=request.param))
        return made[-1]
    yield start
    for d in made:
        d.close()
