"""Keys: made once, kept secret, and what follows from them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from deploy.nats import accounts, jwt
from deploy.nats.keys import Keys, KeysError, Tls


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    first = Keys.load_or_create(tmp_path / "keys", ["profiles"])
    before = {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()}
    assert Keys.load_or_create(tmp_path / "keys", ["profiles"]) == first
    assert {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()} == before


def test_a_service_that_joins_later_gets_credentials_and_the_others_keep_theirs(tmp_path: Path) -> None:
    before = Keys.load_or_create(tmp_path, ["profiles"]).creds("profiles").read_text()
    with pytest.raises(KeysError, match="no credentials for exchange"):
        Keys.load_or_create(tmp_path, ["profiles"]).creds("exchange")
    keys = Keys.load_or_create(tmp_path, ["profiles", "exchange"])
    assert keys.creds("exchange").exists()
    assert keys.creds("profiles").read_text() == before


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    Keys.load_or_create(tmp_path / "keys", ["profiles"])
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "keys", *(tmp_path / "keys").rglob("*")]}
    assert {path for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == set()


@pytest.mark.parametrize("name", ["operator-signing.nk", "js.key", "signing/profiles.nk", "creds/profiles.creds"])
def test_a_key_that_others_can_read_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    Keys.load_or_create(tmp_path, ["profiles"])
    (tmp_path / name).chmod(0o640)
    with pytest.raises(KeysError, match=r"can be read by others \(mode 640\): run `chmod 600"):
        Keys.load_or_create(tmp_path, ["profiles"]).account_jwt()


def test_a_damaged_key_is_refused_with_a_sentence(tmp_path: Path) -> None:
    Keys.load_or_create(tmp_path, ["profiles"])
    path = tmp_path / "operator-signing.nk"
    path.write_text("SOAKEYTHATISNONE")
    with pytest.raises(KeysError, match="does not hold an nkey"):
        Keys.load_or_create(tmp_path, ["profiles"])


def test_a_new_account_shares_the_operator_and_nothing_else(tmp_path: Path) -> None:
    one = Keys.load_or_create(tmp_path / "one", ["profiles"])
    other = one.for_new_account(tmp_path / "other")
    assert (other.operator_jwt, other.system_jwt, other.js_key) == (one.operator_jwt, one.system_jwt, one.js_key)
    assert other.creds("system").read_text().strip() == one.creds("system").read_text().strip()
    assert other.account != one.account
    assert other.creds("profiles").read_text() != one.creds("profiles").read_text()


def test_identity_keys_sign_nothing_but_the_operator(tmp_path: Path) -> None:
    keys = Keys.load_or_create(tmp_path, ["profiles"])
    claims = jwt.read(keys.account_jwt())
    assert claims["iss"] == keys.operator_signing.public != keys.operator_public
    assert jwt.read(keys.operator_jwt)["nats"]["strict_signing_key_usage"] is True
    token = keys.creds("profiles").read_text().splitlines()[1]
    assert jwt.read(token)["iss"] == keys.signing("profiles").public != keys.account


def test_credentials_hold_no_rights(tmp_path: Path) -> None:
    """They stand in the account, so that a release can change them without new credentials."""
    keys = Keys.load_or_create(tmp_path, ["profiles"])
    token = keys.creds("profiles").read_text().splitlines()[1]
    assert set(jwt.read(token)["nats"]) == {"type", "version", "issuer_account"}


def test_only_bootstrap_may_change_streams_and_only_it_and_the_janitor_may_delete() -> None:
    scopes = accounts.scopes(["profiles", "exchange", "signals", "notify"])
    touching = {name for name, scope in scopes.items() if any("$JS.API.STREAM" in each for each in scope.publish)}
    assert touching == {"bootstrap", "janitor"}
    deleting = [each for each in scopes["janitor"].publish if "STREAM" in each]
    assert deleting == ["$JS.API.STREAM.INFO.STATE", "$JS.API.STREAM.MSG.GET.STATE", "$JS.API.STREAM.MSG.DELETE.STATE"]


def test_only_services_may_answer_and_each_request_once_within_ten_seconds(tmp_path: Path) -> None:
    keys = Keys.load_or_create(tmp_path, ["profiles"])
    claims = jwt.read(keys.account_jwt())["nats"]
    scopes = {each["role"]: each["template"] for each in claims["signing_keys"] if isinstance(each, dict)}
    assert {name: scope.get("resp") for name, scope in scopes.items() if "resp" in scope} == {
        "profiles": {"max": 1, "ttl": 10 * 10**9}
    }


def test_partners_come_in_by_token_alone() -> None:
    """The exports, as the design has them; a pull's way back stays open longer than the pull."""
    exports = {each["subject"]: each for each in accounts.exports()}
    assert all(each["token_req"] and each["type"] == "service" for each in exports.values())
    pull = exports.pop("$JS.API.CONSUMER.MSG.NEXT.*.*")
    assert (pull["response_type"], pull["response_threshold"]) == ("Stream", 35 * 10**9)
    assert set(exports) == {
        "weefsel.v1.cmd.*.>",
        "weefsel.v1.rpc.*.>",
        "$JS.API.CONSUMER.INFO.*.*",
        "$JS.API.CONSUMER.RESET.*.*",
        "$JS.ACK.*.*.>",
    }
    assert {(each["response_type"], each["response_threshold"]) for each in exports.values()} == {
        ("Singleton", 10 * 10**9)
    }


def test_a_scope_without_subjects_is_never_signed() -> None:
    """For the server an empty list means that everything is allowed."""
    with pytest.raises(AssertionError, match="empty list"):
        jwt.Scope("nobody", [], ["_INBOX.>"]).claim("A")


def test_the_configuration_is_a_secret_with_what_durability_and_encryption_need(tmp_path: Path) -> None:
    keys = Keys.load_or_create(tmp_path / "keys", ["profiles"])
    path = tmp_path / "nats.conf"
    keys.write_config(
        path,
        host="0.0.0.0",
        port=4222,
        monitor_port=8222,
        store_dir=tmp_path / "with space",
        jwt_dir=tmp_path / "jwt",
        tls=Tls(Path("/run/server.crt"), Path("/run/server.key"), Path("/run/ca.crt")),
    )
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for setting in ("sync_interval: always", "cipher: chachapoly", keys.js_key, "verify: true", 'min_version: "1.3"'):
        assert setting in text
