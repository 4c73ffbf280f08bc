"""A room that breaks the rules loses its wire to the engine, and nobody but the
parent can give it another: EN_PA_LOST (lib/msg.def).  dexd is whole here, and
the room is stopped while somebody speaks in its name, so that neither its own
end nor anything but that message can have it replaced."""

import os
import socket

import pytest

from dexd import Dexd, free_port, wait_for
from impostor import Impostor

pytestmark = pytest.mark.skipif(os.getuid() != 0,
                                reason="only root takes others' descriptors")
JUNK = b"\xff" * 64                     # a frame of 4 GiB


def with_telemetry(config):
    config["telemetry"] = {"http": f"127.0.0.1:{free_port()}"}


@pytest.mark.parametrize("room", ["authn-mock", "authn-local", "signer",
                                  "frontend", "control", "telemetry"])
def test_a_room_that_the_engine_breaks_off_is_replaced(room):
    with Dexd(with_telemetry) as d, Impostor(d, room) as i:
        i.engine().send(JUNK, socket.MSG_DONTWAIT)
        assert wait_for(lambda: not i.is_there())
        assert "the engine has lost a room" in d.read_log()
        assert i.is_replaced()
