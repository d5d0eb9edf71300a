import pytest

from lomsong.errors import SettingsError
from lomsong.radio.link import BUILDING_LOSS_DB
from lomsong.settings import Settings, as_dict, load, parse


def test_defaults_are_within_their_own_limits():
    assert parse(as_dict(Settings()) | {"inputs": {}}) == Settings()


def test_a_secret_is_never_published():
    told = as_dict(parse({"roster": {"salt": "muối bí mật"}}))
    assert "muối" not in str(told)
    assert told["roster"]["salt"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"gap": {"usable_db": -105}}, ["unknown key gap.usable_db", "did you mean usable_dbm?"]),
        ({"gapp": {}}, ["unknown key [gapp]", "did you mean gap?"]),
        ({"gap": {"usable_dbm": -10}}, ["gap.usable_dbm = -10.0", "-140…-44"]),
        ({"gap": {"draws": 1.5}}, ["gap.draws must be a whole number", "1.5"]),
        ({"gap": {"draws": True}}, ["gap.draws must be a whole number"]),
        ({"publish": {"language": "fr"}}, ["'fr' is not one of vi, en"]),
        ({"gap": 3}, ["[gap] must be a section"]),
        ({"inputs": {"surveys": [1]}}, ["inputs.surveys must be a list of texts"]),
    ],
)
def test_faults_are_named(raw, words):
    with pytest.raises(SettingsError) as caught:
        parse(raw, "lomsong.toml")
    assert all(word in str(caught.value) for word in ["lomsong.toml", *words])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("radio", "words"),
    [
        ({"clutter_m": {"built_up": "high"}}, ["radio.clutter_m", "number", "high"]),
        ({"clutter_m": {"built_up": True}}, ["radio.clutter_m", "number"]),
        ({"clutter_m": 12}, ["radio.clutter_m", "12"]),
        ({"clutter_m": [1.0]}, ["radio.clutter_m"]),
        ({"clutter_m": {"built_up": float("nan")}}, ["radio.clutter_m", "nan"]),
        ({"building_loss_db": {"brick": float("inf")}}, ["radio.building_loss_db", "inf"]),
        ({"building_loss_db": {"brick": 10**400}}, ["radio.building_loss_db"]),
        ({"radius_m": 10**400}, ["radio.radius_m"]),
        ({"delta_n": float("nan")}, ["radio.delta_n", "nan", "0…150"]),
        ({"time_percent": 51}, ["radio.time_percent = 51", "1…50"]),
        ({"polarization": "round"}, ["'round' is not one of vertical, horizontal"]),
        ({"rx_hight_m": 2}, ["unknown key radio.rx_hight_m", "did you mean rx_height_m?"]),
    ],
)
def test_faults_of_radio_are_named(radio, words):
    with pytest.raises(SettingsError) as caught:
        parse({"radio": radio})
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def test_tables_of_numbers_take_whole_numbers_and_replace_what_is_usual(tmp_path):
    path = tmp_path / "lomsong.toml"
    path.write_text(
        "[radio]\nwhere = 'nhà sàn'\nclutter_m = {built_up = 12}\n[radio.building_loss_db]\n'nhà sàn' = 6\n"
    )
    radio = load(path).radio
    assert (radio.clutter_m, radio.building_loss_db) == ({"built_up": 12.0}, {"nhà sàn": 6.0})
    assert all(type(value) is float for value in (*radio.clutter_m.values(), *radio.building_loss_db.values()))
    assert Settings().radio.building_loss_db == BUILDING_LOSS_DB, "the same in both places"
    assert as_dict(load(path))["radio"]["clutter_m"] == {"built_up": 12.0}


def test_all_faults_are_told_at_once():
    with pytest.raises(SettingsError) as caught:
        parse({"gap": {"usable_dbm": 3, "drwas": 1}, "siting": {"sites": -1}})
    assert all(word in str(caught.value) for word in ["usable_dbm", "drwas", "siting.sites"])


def test_one_text_stands_for_a_list_and_a_whole_number_for_a_number():
    settings = parse({"inputs": {"surveys": "a.txt"}, "gap": {"usable_dbm": -105}})
    assert settings.inputs.surveys == ("a.txt",)
    assert settings.gap.usable_dbm == -105.0


def test_files(tmp_path):
    with pytest.raises(SettingsError, match="no such settings file"):
        load(tmp_path / "none.toml")
    path = tmp_path / "lomsong.toml"
    path.write_text("[gap\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(path)
    path.write_bytes("[run]\ntitle = 'Mã Đà'\n".encode("utf-8-sig"))
    assert load(path).run.title == "Mã Đà"
    path.write_bytes(b"[run]\ntitle = '\xff'\n")
    with pytest.raises(SettingsError, match="UTF-8"):
        load(path)


def test_a_named_service_brings_its_level():
    gap = parse({"gap": {"service": "audio", "services": {"audio": -118.0}}}).gap
    assert gap.usable_dbm == -118.0
    assert parse({"gap": {"usable_dbm": -105.0}}).gap.usable_dbm == -105.0
    with pytest.raises(SettingsError, match=r"gap\.service = chat is not among gap\.services: audio, video"):
        parse({"gap": {"service": "chat"}})
