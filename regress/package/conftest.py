import pathlib
import sys

REGRESS = pathlib.Path(__file__).resolve().parents[1]
for directory in ("flow", "style"):
    sys.path.insert(0, str(REGRESS / directory))
