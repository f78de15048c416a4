import stat
import threading

import pytest
from pydantic import BaseModel, SecretStr

from tombola.toolkit.documents import from_document, to_document
from tombola.toolkit.vault import SealBroken, Vault, new_key


class Inner(BaseModel):
    token: SecretStr
    name: str


class Outer(BaseModel):
    key: SecretStr = SecretStr("")
    parts: tuple[Inner, ...] = ()
    one: Inner | None = None
    note: str = "nothing"


@pytest.fixture
def vault():
    return Vault([new_key()])


def test_a_seal_opens_only_at_its_place(vault):
    sealed = vault.seal("setting:team:7:demo.token", "s3cret")
    assert vault.open("setting:team:7:demo.token", sealed) == "s3cret"
    with pytest.raises(SealBroken, match="belongs elsewhere"):
        vault.open("setting:team:8:demo.token", sealed)


@pytest.mark.parametrize("position", [0, 10, 40, -8])
def test_an_altered_seal_does_not_open(vault, position):
    sealed = vault.seal("here", "s3cret")
    other = "A" if sealed[position] != "A" else "B"
    altered = sealed[:position] + other + sealed[position:][1:]
    with pytest.raises(SealBroken):
        vault.open("here", altered)


def test_rotation_keeps_old_seals_readable_and_renews_them():
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal("here", "s3cret")
    both = Vault([new, old])
    assert both.open("here", sealed) == "s3cret"
    renewed = both.renew(sealed)
    assert Vault([new]).open("here", renewed) == "s3cret"
    with pytest.raises(SealBroken):
        Vault([new]).open("here", sealed)


def test_the_key_file_is_private_and_made_once_by_many(tmp_path):
    vaults = []
    threads = [
        threading.Thread(target=lambda: vaults.append(Vault.in_folder(tmp_path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    path = tmp_path / "vault.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["vault.key"]
    sealed = vaults[0].seal("here", "s3cret")
    assert {vault.open("here", sealed) for vault in vaults} == {"s3cret"}


def test_a_broken_key_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "vault.key").write_text("not a key")
    with pytest.raises(SealBroken, match=r"vault\.key"):
        Vault.in_folder(tmp_path)


def test_an_empty_key_file_is_an_error_too(tmp_path):
    (tmp_path / "vault.key").write_text("\n")
    with pytest.raises(SealBroken, match=r"vault\.key"):
        Vault.in_folder(tmp_path)


def test_derived_keys_differ_by_purpose_and_stay_the_same(vault):
    assert vault.derived("flask") == vault.derived("flask")
    assert vault.derived("flask") != vault.derived("links")


def test_a_vault_tells_nothing_about_itself(vault):
    assert repr(vault) == "<Vault>"


def test_documents_keep_secrets_sealed_at_any_depth(vault):
    model = Outer(
        key=SecretStr("k1-canary"),
        parts=(Inner(token=SecretStr("k2-canary"), name="a"),),
        one=Inner(token=SecretStr("k3-canary"), name="b"),
    )
    document = to_document(vault, "place", model)
    assert "canary" not in str(document)
    assert "note" not in document
    again = from_document(vault, "place", Outer, document)
    assert again == model


def test_a_sealed_field_moved_to_another_field_does_not_open(vault):
    document = to_document(vault, "place", Outer(one=Inner(token=SecretStr("x"), name="b")))
    moved = {"key": document["one"]["token"]}
    with pytest.raises(SealBroken):
        from_document(vault, "place", Outer, moved)
