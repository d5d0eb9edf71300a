"""Stages are read back when nothing changed, and never when somebody else wrote them."""

import hashlib
import pickle

import pytest

from lomsong import stages as module
from lomsong.stages import Stages

RUN = []


class Trap:
    """What a stranger would put into a cache."""

    def __reduce__(self):
        return RUN.append, ("ran",)


@pytest.fixture(autouse=True)
def own_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    module._secret.cache_clear()
    RUN.clear()
    yield
    module._secret.cache_clear()
    module.code_fingerprint.cache_clear()


def made(folder, depends_on=1, result="made"):
    """Return the result of a stage, and how often it was computed."""
    computed = []
    value, _ = Stages(folder).run(
        "field", depends_on, lambda: computed.append(1) or {"value": result, "big": bytes(3_000_000)}
    )
    return value["value"], len(computed)


def test_what_is_unchanged_is_read_back(tmp_path):
    assert made(tmp_path) == ("made", 1)
    assert made(tmp_path, result="other") == ("made", 0)
    module._secret.cache_clear()  # another process of the same user
    assert made(tmp_path, result="other") == ("made", 0)
    assert made(tmp_path, depends_on=2, result="other") == ("other", 1)


def test_what_other_versions_of_the_libraries_computed_is_computed_anew(tmp_path, monkeypatch):
    made(tmp_path)
    module.code_fingerprint.cache_clear()
    assert made(tmp_path, result="anew") == ("made", 0)
    monkeypatch.setattr("lomsong.publish.manifest.version", lambda name: "0.0")
    module.code_fingerprint.cache_clear()
    assert made(tmp_path, result="anew") == ("anew", 1)


def test_a_cache_of_a_stranger_is_never_run(tmp_path):
    made(tmp_path)
    path = tmp_path / "field.pickle"
    key = path.read_bytes()[:64]
    trap = pickle.dumps(Trap())
    for content in (
        pickle.dumps((key.decode(), Trap())),
        trap,
        key + trap,
        key + trap + bytes(64),
        key + trap + hashlib.blake2b(key + trap).digest(),
        key + trap + path.read_bytes()[-64:],
    ):
        path.write_bytes(content)
        assert made(tmp_path, result="anew") == ("anew", 1)
        assert RUN == []


def test_a_byte_changed_or_cut_off_is_computed_anew(tmp_path):
    made(tmp_path)
    path = tmp_path / "field.pickle"
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:200] + b"x" + whole[201:], whole[:64], b""):
        path.write_bytes(damaged)
        assert made(tmp_path, result="anew") == ("anew", 1)


def test_the_secret_is_the_users_alone_and_where_none_can_be_kept_nothing_is_read_back(tmp_path, monkeypatch):
    made(tmp_path)
    assert (tmp_path / "cache" / module.SECRET_FILE).stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "file")
    module._secret.cache_clear()
    assert made(tmp_path, result="anew") == ("anew", 1)
    assert made(tmp_path, result="again") == ("anew", 0), "within one process it holds"
