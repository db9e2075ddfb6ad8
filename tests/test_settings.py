"""Settings: where they come from, which wins, and what a wrong one says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from offerd import settings
from offerd.settings import REGISTRY, Settings, SettingsError, load


def wrong(folder: Path, environment: dict[str, str] | None = None, toml: str | None = None) -> str:
    if toml is not None:
        (folder / "offerd.toml").write_text(toml)
    with pytest.raises(SettingsError) as caught:
        load(environment=environment or {}, folder=folder)
    return str(caught.value)


def test_without_anything_every_setting_has_its_default(tmp_path: Path) -> None:
    assert load(environment={}, folder=tmp_path) == Settings()


def test_a_variable_wins_over_a_file_and_an_option_over_a_variable(tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_text("port = 1000\nhost = 'file'\nlog_level = 'error'\n")
    environment = {"OFFERD_PORT": "2000", "OFFERD_HOST": "environment"}
    chosen = load(environment=environment, folder=tmp_path, given={"port": 3000, "data": None})
    assert (chosen.port, chosen.host, chosen.log_level) == (3000, "environment", "error")


def test_the_data_folders_file_wins_over_the_working_folders(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "offerd.toml").write_text("data = 'kept'\nport = 1000\nhost = 'outer'\n")
    (tmp_path / "kept" / "offerd.toml").write_text("port = 2000\n")
    chosen = load(environment={}, folder=tmp_path)
    assert (chosen.data, chosen.port, chosen.host) == ("kept", 2000, "outer")


def test_one_file_in_a_folder_that_is_both_may_name_the_folder(tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_text("data = '.'\nport = 1000\n")
    assert load(environment={}, folder=tmp_path).port == 1000


def test_the_data_folder_of_an_option_is_where_the_second_file_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "offerd.toml").write_text("page_limit = 7\n")
    assert load(environment={}, folder=tmp_path, given={"data": "other"}).page_limit == 7
    assert load(environment={"OFFERD_DATA": "other"}, folder=tmp_path).page_limit == 7


def test_the_data_folders_own_file_cannot_move_it(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "offerd.toml").write_text("\ndata = 'elsewhere'\n")
    message = wrong(tmp_path, {"OFFERD_DATA": "kept"})
    assert "kept/offerd.toml, line 2: data:" in message


def test_a_table_is_read_from_a_file_and_from_a_variable(tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_text("[workspace_keys]\nacme = 'default'\n'a=b' = 'other'\n")
    assert dict(load(environment={}, folder=tmp_path).workspace_keys) == {"acme": "default", "a=b": "other"}
    environment = {"OFFERD_WORKSPACE_KEYS": "acme=default, beta = other"}
    assert dict(load(environment=environment, folder=tmp_path).workspace_keys) == {"acme": "default", "beta": "other"}


@pytest.mark.parametrize(
    ("text", "meant"), [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False)]
)
def test_a_variable_says_yes_or_no_in_several_words(tmp_path: Path, text: str, meant: bool) -> None:
    assert load(environment={"OFFERD_METRICS_PUBLIC": text}, folder=tmp_path).metrics_public is meant


def test_variables_of_the_command_line_and_of_others_are_left_alone(tmp_path: Path) -> None:
    environment = {"OFFERD_TOKEN": "secret", "OFFERD_SERVER": "http://localhost", "HOME": "/", "OFFERDX": "1"}
    assert load(environment=environment, folder=tmp_path) == Settings()


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("port = 'eighty'", 'offerd.toml, line 1: port: expected a whole number from 0 to 65535, got "eighty"'),
        ("# a remark\n\nport = 65536", "offerd.toml, line 3: port: expected a whole number from 0 to 65535, got 65536"),
        ("port = 80.5", "line 1: port: expected a whole number from 0 to 65535, got 80.5"),
        ("port = true", "line 1: port: expected a whole number from 0 to 65535, got true"),
        ("log_level = 'loud'", 'log_level: expected one of debug, info, warning, error, got "loud"'),
        ("metrics_public = 'yes'", 'metrics_public: expected true or false, got "yes"'),
        ("page_limit = 0", "page_limit: expected a whole number from 1, got 0"),
        ("data = ''", 'data: expected text, got ""'),
        ("host = 4", "host: expected text, got 4"),
        ("workspace_keys = 'acme'", 'workspace_keys: expected a table of texts, got "acme"'),
        ("\n[workspace_keys]\nacme = 4", "line 2: workspace_keys: expected a table of texts"),
        ("prot = 80", "offerd.toml, line 1: prot is not a setting; did you mean port?"),
        ("\n[zzz]\na = 1", "offerd.toml, line 2: zzz is not a setting"),
        ("port = ", "offerd.toml: is not TOML:"),
    ],
)
def test_a_wrong_file_is_named_with_line_setting_and_what_was_expected(
    tmp_path: Path, toml: str, expected: str
) -> None:
    assert expected in wrong(tmp_path, toml=toml)


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("OFFERD_PORT", "tcp://10.0.0.1:80", "environment, OFFERD_PORT: port: expected a whole number from 0 to 65535"),
        ("OFFERD_PORT", "-1", "got -1"),
        ("OFFERD_PORT", "", 'got ""'),
        ("OFFERD_METRICS_PUBLIC", "maybe", 'metrics_public: expected true or false, got "maybe"'),
        ("OFFERD_WORKSPACE_KEYS", "acme", 'workspace_keys: expected a table of texts, got "acme"'),
        ("OFFERD_PROT", "80", "environment: OFFERD_PROT is not a setting; did you mean OFFERD_PORT?"),
        ("OFFERD_port", "80", "environment: OFFERD_port is not a setting; did you mean OFFERD_PORT?"),
        ("OFFERD_DATA", "a\0b", "data: expected text"),
    ],
)
def test_a_wrong_variable_is_named_with_what_was_expected(
    tmp_path: Path, variable: str, text: str, expected: str
) -> None:
    assert expected in wrong(tmp_path, {variable: text})


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    message = wrong(tmp_path, {"OFFERD_PORT": "x", "OFFERD_LOG_LEVEL": "y"}, "zzz = 1\nhost = 1")
    assert len(message.splitlines()) == 4


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_bytes(b"host = '\xff'")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(environment={}, folder=tmp_path)


def test_where_each_value_came_from_is_known(tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_text("\nport = 1000\n")
    found = settings.gather({"OFFERD_HOST": "h"}, tmp_path, {"page_limit": 5})
    origins = {name: str(origin) for name, (_, origin) in found.items()}
    assert origins == {
        "port": f"{tmp_path / 'offerd.toml'}, line 2",
        "host": "environment, OFFERD_HOST",
        "page_limit": "command line",
    }


values = st.one_of(
    st.text(max_size=20), st.integers(), st.floats(allow_nan=False), st.booleans(), st.lists(st.integers())
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from([setting.name for setting in REGISTRY]), value=values)
def test_any_value_is_either_taken_as_it_is_or_refused_with_its_name_and_what_was_expected(
    tmp_path: Path, name: str, value: object
) -> None:
    message = None
    try:
        chosen = load(environment={}, folder=tmp_path, given={name: value})
    except SettingsError as error:
        message = str(error)
    if message is None:
        assert getattr(chosen, name) == value
        assert type(getattr(chosen, name)) is type(value)
    else:
        assert message.startswith(f"command line: {name}: expected {settings.BY_NAME[name].expected}, got ")


@pytest.mark.parametrize("name", [setting.name for setting in REGISTRY])
def test_every_setting_is_read_by_the_server(name: str) -> None:
    """A setting that nothing reads is a promise that nobody keeps."""
    source = Path(settings.__file__).parent
    texts = (file.read_text() for file in source.rglob("*.py") if file.name != "settings.py")
    assert any(re.search(rf'settings\.{name}\b|"{name}"', text) for text in texts)
