"""What operators start from: etc/example.yaml, and a file they had for dex."""

import os
import pathlib
import re
import shutil
import subprocess

import yaml

from dexd import Browser, Dexd, Flow, HASH, SANDBOXED, free_port
from example_keys import known_keys, missing, uncomment

TREE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = (TREE / "etc" / "example.yaml").read_text()
DEX_FILE = (TREE / "regress" / "package" / "config-dev.yaml").read_text()
SOURCES = [p.read_text() for p in sorted((TREE / "config").glob("*.c"))]
ENVIRONMENT = {"BOB_HASH": HASH, "SHOP_ID": "shop", "SHOP_SECRET": "shop-secret",
               "ADA_PASSWORD": "ada-password"}


def check(d, text):
    """dexd -n of this text: status, what it said."""
    d.config_path.write_text(text)
    r = subprocess.run(d.command("-n", "-f", str(d.config_path), "-r", str(d.run)),
                       capture_output=True, text=True, timeout=60, cwd=d.dir,
                       env={**os.environ, **ENVIRONMENT})
    return r.returncode, r.stdout + r.stderr


def here(d, text):
    """The example with its paths below the directory of this test."""
    text = text.replace("/var/lib/dexd/db", str(d.dir / "db"))
    text = text.replace("/etc/dexd/web", str(d.dir / "web"))
    return text.replace("/etc/ssl/private", str(d.dir)).replace(
        "/etc/ssl", str(d.dir))


def test_the_example_explains_every_key():
    """dexd.yaml(5) and etc/example.yaml know what config/ knows."""
    assert len(known_keys(SOURCES)) > 70
    assert missing(EXAMPLE, SOURCES) == []
    # The check notices a key that is gone, at the top and in a list.
    for key in ("issuer", "trustedPeers", "keysRotationPeriod"):
        without = re.sub(rf"^( *#?){key}:", r"\1x:", EXAMPLE, flags=re.M)
        assert any(key in lost for lost in missing(without, SOURCES)), key


def test_the_example_works_as_it_is():
    with Dexd(wait=False) as d:
        code, out = check(d, here(d, EXAMPLE))
        assert code == 0 and "configuration OK\n" in out, out
        assert not SANDBOXED or out == "configuration OK\n"


def test_the_example_works_with_every_setting_uncommented():
    with Dexd(wait=False) as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-days", "2", "-subj", "/CN=sso.example.com",
                        "-keyout", d.dir / "sso.key", "-out", d.dir / "sso.pem"],
                       check=True, capture_output=True)
        shutil.copytree(TREE / "web", d.dir / "web")
        (d.dir / "web" / "robots.txt").touch()
        code, out = check(d, here(d, uncomment(EXAMPLE)))
        assert code == 0 and "configuration OK\n" in out, out
        assert not SANDBOXED or out == "configuration OK\n"


# ---- a file of dex ----

def unsupported():
    """What config/ says is not there yet: paths, and values of lists."""
    paths, values = set(), set()
    for text in SOURCES:
        for later in re.findall(r"\blater\[\]\s*=\s*\{(.*?)\}", text, re.S):
            values |= set(re.findall(r'"([^"]+)"', later))
    as_known = [t.replace("take_unsupported", "take_any") for t in SOURCES]
    paths = known_keys(as_known) - known_keys(SOURCES)
    return {tuple(p.lower() for p in path) for path in paths}, values


def expected_lines(text):
    """Lines of the keys and values in this text that are not supported."""
    paths, values = unsupported()
    lines = set()

    def walk(node, path):
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                at = path + (key.value.lower(),)
                if at in paths:
                    lines.add(key.start_mark.line + 1)
                else:
                    walk(value, at)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                walk(item, path)
        elif path and path[-1] in ("type", "granttypes", "responsetypes") and \
                node.value in values:
            lines.add(node.start_mark.line + 1)
    walk(yaml.compose(text), ())
    return lines


def without(text, lines):
    """The text without these lines and what is nested below them."""
    kept, skip = [], None
    for number, line in enumerate(text.split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        if skip is not None and (indent > skip or line.strip().startswith("- ")
                                 and indent == skip):
            continue
        skip = None
        if number not in lines:
            kept.append(line)
        elif not line.lstrip().startswith("- "):
            skip = indent
    return "\n".join(kept)


def test_a_file_of_dex_works_but_for_the_lines_named():
    """A key that dexd lacks is named with its line, every one, and no other."""
    with Dexd(wait=False) as d:
        (d.dir / "db").rename(d.dir / "examples")
        text = DEX_FILE
        for port in ("5556", "5557", "5558"):
            text = text.replace(port, str(free_port()))
        code, out = check(d, text)
        said = {int(n) for n in re.findall(
            rf"^{re.escape(str(d.config_path))}:(\d+): .* is not supported yet$",
            out, re.M)}
        wrong = [line for line in out.splitlines() if str(d.config_path) in line
                 and not line.endswith(("is not supported yet", "(warning)"))]
        expected = expected_lines(text)
        assert said == expected and wrong == [], out
        assert code == (1 if expected else 0), out

        # What is left serves, and its people log in.
        d.config_path.write_text(without(text, expected))
        d.issuer = yaml.safe_load(text)["issuer"]
        cwd = os.getcwd()
        os.chdir(d.dir)
        try:
            d.start()
        finally:
            os.chdir(cwd)
        for connector in ("local", "mock"):
            flow = Flow(d, connector=connector, client="example-app",
                        redirect_uri="http://127.0.0.1:5555/callback")
            r = flow.redeem(flow.code(),
                            auth=("example-app", "ZXhhbXBsZS1hcHAtc2VjcmV0"))
            assert r.status_code == 200, r.text
            claims = Browser(d).get("userinfo", headers={
                "Authorization": "Bearer " + r.json()["access_token"]}).json()
            assert claims["name"] == {"local": "Admin User",
                                      "mock": "Kilgore Trout"}[connector]
            assert claims["groups"] == {"local": ["admins"],
                                        "mock": ["authors"]}[connector]
        assert (d.dir / "examples" / "dex.db").exists()
