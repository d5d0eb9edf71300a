import pytest

from lomsong.errors import SettingsError
from lomsong.radio.link import BUILDING_LOSS_DB
from lomsong.settings import Settings, as_dict, load, overridden, parse


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


def test_a_class_of_forest_that_is_none_is_refused_instead_of_forbidding_nothing():
    with pytest.raises(SettingsError, match=r"siting\.forbidden_forest = 'đặc dụng' is not one of special_use, prot"):
        parse({"siting": {"forbidden_forest": ["protection", "đặc dụng"]}})
    assert parse({"siting": {"forbidden_forest": []}}).siting.forbidden_forest == ()
    assert parse({"siting": {"forbidden_forest": "protection"}}).siting.forbidden_forest == ("protection",)


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


def test_a_day_is_a_date_of_toml_or_its_text_and_nothing_else(tmp_path):
    path = tmp_path / "lomsong.toml"
    path.write_text("[publish]\ndate = 2021-10-20\n")
    assert load(path).publish.date == "2021-10-20" == parse({"publish": {"date": "2021-10-20"}}).publish.date
    for wrong in ("20/10/2021", "2021-13-01", "20211020"):
        with pytest.raises(SettingsError, match=r"publish\.date = .* is no date; write year-month-day"):
            parse({"publish": {"date": wrong}})


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


def test_lists_of_numbers_have_limits_and_one_number_stands_for_a_list():
    siting = parse({"siting": {"heights_m": [30, 42.5], "bands_mhz": 700}}).siting
    assert (siting.heights_m, siting.bands_mhz) == ((30.0, 42.5), (700.0,))
    for value, words in (([30, 900], "900"), (["high"], "number"), ("high", "list of numbers"), ([True], "number")):
        with pytest.raises(SettingsError, match=words):
            parse({"siting": {"heights_m": value}})
    with pytest.raises(SettingsError, match="numbers"):
        parse({"siting": {"operator_sites": {"viettel": 1.5}}})


def test_a_section_can_be_asked_otherwise_under_the_same_limits():
    settings = parse({"siting": {"sites": 4}, "roster": {"salt": "muối"}})
    other = overridden(settings, "siting", {"cover": 0.5, "required": ("C1",)}, "lomsong.toml")
    assert (other.siting.sites, other.siting.cover, other.siting.required) == (4, 0.5, ("C1",))
    assert other.roster == settings.roster
    assert settings.siting.cover == 0.0
    with pytest.raises(SettingsError, match=r"siting\.cover = 2\.0"):
        overridden(settings, "siting", {"cover": 2.0}, "lomsong.toml")


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (r'surveys = ["data\surveys.csv"]', "paths with / instead of \\"), ("dem = dem.tif", "straight quotes"),
        ("dem = “dem.tif”", "straight quotes"), ("[gap]\nusable_dbm = -110,5", "decimals after a point"),
        ('dem = "a"\ndem = "b"', "each key once"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_toml_is_shown_with_what_to_write(tmp_path, wrong, remedy):
    (tmp_path / "lomsong.toml").write_text(f"[inputs]\n{wrong}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        load(tmp_path / "lomsong.toml")
    assert f": {wrong.splitlines()[-1]}; " in str(told.value)
    assert remedy in str(told.value)


def test_a_file_that_ends_in_the_middle_has_no_line_to_show(tmp_path):
    (tmp_path / "lomsong.toml").write_text('[inputs]\nsurveys = ["a.csv",', encoding="utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(tmp_path / "lomsong.toml")
