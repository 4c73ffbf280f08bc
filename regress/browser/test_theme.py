"""Operators' themes: the policy allows what they wrote and nothing else."""

import pathlib
import shutil

import pytest

THEMES = pathlib.Path(__file__).resolve().parent.parent / "theme"

# What each theme's own code does to the page of the password.
STATE = """
return {
  inline: document.documentElement.className,
  file: document.documentElement.dataset.theme || "",
  handler: !!document.querySelector("form").onsubmit,
  attribute: getComputedStyle(document.body).marginTop,
  sheet: getComputedStyle(document.querySelector("main") || document.body).maxWidth
}"""
WANT = {
    "dex": {"handler": True},
    "old": {"inline": "js", "file": "tide", "attribute": "0px", "sheet": "640px"}}


@pytest.mark.parametrize("name", WANT)
def test_literal_code_runs(make_house, chromium, tmp_path_factory, name):
    """CSP 3: scripts and styles of the templates run by their hashes; script
    that came in as a value does not."""
    theme = tmp_path_factory.mktemp(name) / "web"
    shutil.copytree(THEMES / name, theme)

    def change(config):
        config["frontend"] = {
            "dir": str(theme), "theme": "tide" if name == "old" else "light",
            "issuer": "<script>document.title = 'broken'</script>"}
    house = make_house(change)
    chromium.fresh()
    chromium.driver.get(house.auth("pw"))
    state = chromium.driver.execute_script(STATE)
    assert {k: state[k] for k in WANT[name]} == WANT[name]
    assert chromium.driver.title.startswith("<script>")
    refused = [entry["message"] for entry in chromium.driver.get_log("browser")
               if "Content Security Policy" in entry["message"]]
    assert refused == []
    # The same policy, asked to run what no template has.
    chromium.driver.execute_script("""
        const s = document.createElement("script");
        s.textContent = "document.title = 'broken'";
        document.body.append(s);""")
    assert chromium.driver.title.startswith("<script>")
    chromium.shot(f"theme-{name}")
