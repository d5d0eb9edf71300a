"""Plots say what their data say; they return the axes that they drew on."""

import itertools
import warnings

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import pyplot as plt
from sklearn.exceptions import NotFittedError

import lomsong as ls
from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.publish.map import palette
from lomsong.siting import Plan
from lomsong.surface import Validation
from lomsong.surface.scores import reliability, score


@pytest.fixture(autouse=True)
def _quiet():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def province(small_province):
    communes = ls.read_communes(small_province / "communes.gpkg").table
    survey = ls.read_survey(next((small_province / "surveys").glob("viettel*")))
    return communes, survey.samples.iloc[::6].reset_index(drop=True)


@pytest.fixture(scope="module")
def surface(province):
    return ls.CoverageSurface().fit(province[1])


@pytest.fixture(scope="module")
def ranking(province):
    communes, _ = province
    counts = np.array([900.0, 500.0, 450.0, 420.0, 90.0, 30.0, 3.0, 0.0])[: len(communes)]
    return pd.DataFrame(
        {
            "rank": range(1, len(counts) + 1), "rank_low": [1, 2, 2, 2, 5, 6, 7, 8],
            "rank_high": [1, 4, 4, 4, 5, 6, 7, 8], "name": [f"Xã {n}" for n in range(len(counts))],
            "commune_code": communes["commune_code"], "learners": 1_000,
            "unconnected": counts, "unconnected_low": counts * 0.8, "unconnected_high": counts * 1.1 + 1,
            "share": counts / 1_000, "unsurveyed": [0, 0, 0, 0, 0, 0, 0, 900],
        }
    )  # fmt: skip


def words(ax):
    return [
        text.get_text().replace("\u00a0", " ")
        for legend in ax.findobj(mpl.legend.Legend)
        for text in legend.get_texts()
    ]


def test_ranking_shows_intervals_ranks_and_who_is_tied(ranking):
    ax = ls.plot_ranking(ranking, 5, truth=ranking["unconnected"] + 7)
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["Xã 0  (1)", "Xã 1  (2–4)", "Xã 2  (2–4)", "Xã 3  (2–4)", "Xã 4  (5)"]
    [bars] = ax.containers
    np.testing.assert_allclose(bars[0].get_xdata(), ranking["unconnected"].head(5))
    ends = np.array([segment[:, 0] for segment in bars[2][0].get_segments()])
    np.testing.assert_allclose(ends, ranking[["unconnected_low", "unconnected_high"]].head(5))
    bands = sorted((patch.get_y(), patch.get_y() + patch.get_height()) for patch in ax.patches)
    assert bands == [(-0.5, 0.5), (0.5, 3.5), (3.5, 4.5)], "the three that cannot be told apart share one"
    assert ax.yaxis_inverted()
    np.testing.assert_allclose(ax.lines[-1].get_xdata(), ranking["unconnected"].head(5) + 7)


def test_it_draws_on_the_axes_that_are_given_and_in_either_language(ranking):
    _, mine = plt.subplots()
    assert ls.plot_ranking(ranking, ax=mine, language="en") is mine
    assert mine.get_xlabel() == "Learners without usable signal (90 % interval)"
    assert ls.plot_ranking(ranking).get_xlabel().startswith("Người học")


def test_the_language_of_notebooks_is_that_of_the_environment(ranking, monkeypatch):
    monkeypatch.setenv("LOMSONG_LANGUAGE", "en")
    assert ls.plot_ranking(ranking).get_xlabel().startswith("Learners")
    assert "90 % interval" in ls.show_ranking(ranking)._repr_html_()
    monkeypatch.setenv("LOMSONG_LANGUAGE", "fr")
    assert "Khoảng 90 %" in ls.show_ranking(ranking)._repr_html_()


def colours(ax):
    shapes = [found for found in ax.collections if found.get_facecolor().size and found.get_zorder() == 1]
    return {mpl.colors.to_hex(colour) for found in shapes for colour in found.get_facecolor()}


def test_gap_is_in_the_colours_of_the_map_and_unsurveyed_is_hatched(province, ranking):
    ax = ls.plot_gap(province[0], ranking, "share", first=3)
    classes = palette.share_classes()
    surveyed = ranking["unsurveyed"] == 0
    wanted = {classes.colours[number] for number in classes.index(ranking["share"][surveyed])}
    assert colours(ax) == wanted
    hatched = [found for found in ax.collections if found.get_hatch()]
    assert len(hatched) == 1
    assert len(hatched[0].get_paths()) == 1
    assert {"từ 60 %", "dưới 5 %", "chưa đo kiểm", "hạng của 3 xã đầu"} <= set(words(ax))
    badges = [text.get_text() for text in ax.texts if text.get_text() in {"1", "2", "3", "4"}]
    assert badges == ["1", "2", "3"]


def test_a_commune_whose_number_is_not_told_is_not_called_unsurveyed(province, ranking):
    told = ranking["unconnected"].mask(ranking["rank"] == 2)
    ax = ls.plot_gap(province[0], ranking.assign(unconnected=told, unsurveyed=0))
    assert not [found for found in ax.collections if found.get_hatch()]
    assert "chưa đo kiểm" not in words(ax)
    assert "số không nêu" in words(ax)


def test_a_province_that_nobody_surveyed_is_drawn_without_a_word(province, ranking):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ls.plot_gap(province[0], ranking.assign(unsurveyed=1_000))


def test_level_and_probability_have_the_classes_of_the_map(province, surface):
    ax = ls.plot_level(surface, province[0], step_m=1_000)
    [picture] = ax.images
    pixels = picture.get_array().reshape(-1, 4)
    shown = {mpl.colors.to_hex(pixel / 255) for pixel in pixels[pixels[:, 3] > 0][:, :3]}
    assert shown
    assert shown <= set(palette.level_classes(-110.0).colours)
    assert "dưới −120" in words(ax)
    ax = ls.plot_probability(surface, province[0], step_m=1_000, surveyed_share=1.0)
    assert not ax.images[0].get_array()[..., 3].any(), "what nobody measured has no colour"
    assert "chưa đo kiểm" in words(ax)


def test_survey_tells_no_service_apart_from_levels(province):
    communes, samples = province
    silent = samples.assign(service=np.where(np.arange(len(samples)) % 2, "no_service", "level"))
    ax = ls.plot_survey(silent, communes)
    sizes = [len(found.get_offsets()) for found in ax.collections if len(found.get_offsets()) > 1]
    assert sum(sizes) <= len(samples)
    assert len(samples) // 2 in sizes
    assert "không có sóng" in words(ax)


def test_no_word_of_the_legend_is_cut_off_where_a_notebook_trims_the_picture(province, ranking):
    communes, _ = province
    ax = ls.plot_gap(communes, ranking, "unconnected", first=3)
    figure = ax.figure
    figure.canvas.draw()
    trimmed = figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    legend = ax.findobj(mpl.legend.Legend)[0].get_window_extent()
    assert legend.width > 50
    assert (trimmed.x0 <= legend.x0, legend.x1 <= trimmed.x1) == (True, True)
    assert legend.x1 <= figure.bbox.x1, "nor where it does not"


def test_geometry_of_any_name_and_samples_without_a_place(province, surface, ranking):
    communes, samples = province
    other = communes.rename_geometry("geom")
    ls.plot_gap(other, ranking)
    ls.plot_level(surface, other, step_m=5_000)
    placeless = samples.set_geometry([None, *samples.geometry[1:]], crs=samples.crs)
    ls.plot_survey(placeless.rename_geometry("pt"), other)


def test_what_cannot_be_drawn_is_told(province, surface, ranking):
    communes, samples = province
    nowhere = samples.set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match="samples: the layer does not say"):
        ls.plot_survey(nowhere, communes)
    with pytest.raises(CrsError, match="communes: the layer does not say"):
        ls.plot_level(surface, communes.set_crs(None, allow_override=True))
    with pytest.raises(CrsError, match="towers: the layer does not say"):
        ls.plot_plan(communes, nowhere.head(2).assign(order=[1, 2]))
    with pytest.raises(NotFittedError):
        ls.plot_level(ls.CoverageSurface(), communes)
    for draw, column in (
        (lambda: ls.plot_ranking(ranking.drop(columns="rank_high")), "ranking: column rank_high missing"),
        (lambda: ls.plot_gap(communes, ranking, "unconnected_gmobile"), "ranking: column unconnected_gmobile missing"),
        (lambda: ls.plot_plan(communes, samples.head(2)), "towers: column order missing"),
        (lambda: ls.plot_gain_curve(pd.DataFrame({"sites": [1]})), "curve: column learners, bound missing"),
    ):
        with pytest.raises(ColumnError, match=column):
            draw()
    assert plt.get_fignums() == [], "no empty picture is left behind"


def test_reliability_is_the_table_of_the_scheme():
    rng = np.random.default_rng(1)
    mean = rng.normal(-107, 9, 2_000)
    found = pd.DataFrame({"level_dbm": rng.normal(mean, 5), "censored": False, "predicted_dbm": mean, "sd_db": 5.0})
    told = {"scheme": "passes", "folds": 5, "nearest_m": 300.0, "match_m": np.nan, "block_m": np.nan}
    table = reliability(found, -110).assign(scheme="passes", block_m=np.nan)
    validation = Validation(-110.0, pd.DataFrame([told | vars(score(found, -110))]), table)
    ax = ls.plot_reliability(validation)
    line = ax.containers[0][0]
    np.testing.assert_allclose(np.asarray(line.get_ydata(), float), table["observed"][table["n"] > 0])
    assert "5,00" in validation._repr_html_() or "4,9" in validation._repr_html_()
    with pytest.raises(DataError, match="nothing could be scored"):
        ls.plot_reliability(Validation(-110.0, validation.scores.iloc[:0], table.iloc[:0]))


def test_modelled_against_measured_tells_bias_and_error():
    measured = np.array([-100.0, -90.0, -80.0, np.nan])
    ax = ls.plot_modelled(measured, measured + 3.0, language="en")
    assert ax.texts[0].get_text() == "RMSE 3.0 dB, bias 3.0 dB\n3 values"
    with pytest.raises(DataError, match="at least one"):
        ls.plot_modelled(measured, measured[:2])


def test_gain_curve_of_a_plan_and_of_plans():
    plan = Plan(np.array([0, 1, 2]), 10.0, 10.5, np.array([5.0, 3.0, 2.0]))
    ax = ls.plot_gain_curve(plan, total=11.0)
    line = ax.lines[-1]
    np.testing.assert_allclose(line.get_ydata(), [0, 5, 8, 10])
    assert ax.lines[0].get_ydata()[0] == 10.5
    curve = pd.DataFrame({"sites": [1, 2], "learners": [5.0, 8.0], "bound": [6.0, 8.0]})
    ax = ls.plot_gain_curve(curve)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [6, 8])
    assert {"giới hạn đã chứng minh", "người học có thêm sóng"} == set(words(ax))


def test_a_plan_of_least_cost_has_no_bound_among_learners():
    plan = ls.minimum_cost_cover(np.eye(4), [40, 30, 20, 10], [900.0, 800.0, 700.0, 600.0], target=0.7)
    ax = ls.plot_gain_curve(plan)
    assert plan.bound == pytest.approx(1_700)
    assert ax.get_ylim()[1] < 100
    assert words(ax) == ["người học có thêm sóng"]


def test_results_show_themselves_and_markup_stays_text(surface):
    plan = Plan(np.array([2, 0]), 8.0, 8.0, np.array([5.0, 3.0]))
    assert "tối ưu" in plan._repr_html_()
    assert "8,0" in plan._repr_html_()
    assert f"{len(surface.bins_):,}".replace(",", ".") in surface._repr_mimebundle_()["text/html"]
    assert "chưa khớp" in ls.CoverageSurface()._repr_html_()
    nasty = "<img src=x onerror=alert(1)>"
    ranking = pd.DataFrame({"rank": [1], "rank_low": [1], "rank_high": [1], "name": [nasty], "learners": [9],
                            "unconnected": [5.0], "unconnected_low": [np.nan], "unconnected_high": [np.nan],
                            "share": [0.5]})  # fmt: skip
    html = ls.show_ranking(ranking)._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html


def test_a_reading_shows_its_account(tmp_path):
    path = tmp_path / "hamlets.csv"
    path.write_text("hamlet_id,name,commune_code,grid_power,longitude,latitude\nA1,Ấp 1,26200,yes,107.1,11.2\n")
    html = ls.read_hamlets(path)._repr_html_()
    assert "hamlets.csv" in html
    assert "Dòng đọc" in html


def test_a_notebook_keeps_no_row_numbers_beside_the_card(tmp_path):
    """It stores the plain text of a result beside its card: that must not grow with the file."""
    path = tmp_path / "hamlets.csv"
    rows = "".join(f"A{n},Ấp {n},26200,yes,107.1,11.2\n" for n in range(5_000))
    path.write_text(f"hamlet_id,name,commune_code,grid_power,longitude,latitude\n{rows}")
    reading = ls.read_hamlets(path)
    assert len(reading.source_row) == 5_000
    assert len(repr(reading)) < 5_000


def test_a_link_is_drawn_over_its_terrain(small_province, province):
    terrain = ls.read_terrain(small_province / "dem.tif", province[0])
    sites = ls.read_sites(small_province / "sites.csv").table
    site = ls.radio.sites_of(sites.iloc[[0]])[0]
    profile = ls.radio.path_profile(terrain, site, (site.longitude + 0.01, site.latitude))
    ax = ls.plot_profile(profile)
    assert ax.get_xlim()[1] > profile.length_km
    assert "Fresnel" in " ".join(words(ax))
    assert "Mặt cắt tuyến" in profile._repr_html_()


def test_a_plan_is_drawn_under_the_numbers_of_its_towers(province):
    communes, _ = province
    at = communes.to_crs(3405).representative_point().to_crs(4326)
    towers = communes[["name"]].set_geometry(at).head(3).assign(order=[1, 2, 3])
    zones = communes[["name", "geometry"]].head(2).assign(unconnected=[40.0, 9.0])
    ax = ls.plot_plan(communes, towers, zones)
    assert [text.get_text() for text in ax.texts if text.get_text() in {"1", "2", "3"}] == ["1", "2", "3"]
    assert {"trạm đề xuất, theo thứ tự"} < set(words(ax))


@pytest.mark.parametrize("seed", range(4))
def test_names_of_districts_stand_clear_of_the_ranks_and_of_each_other(seed):
    rng = np.random.default_rng(seed)
    squares = [
        shapely.box(x, y, x + 10_000, y + 10_000) for x in range(0, 60_000, 10_000) for y in range(0, 60_000, 10_000)
    ]
    parents = [f"huyện Quận {n // 3 % 2}{n // 18} Dài" for n in range(36)]
    communes = gpd.GeoDataFrame(
        {"commune_code": [str(n) for n in range(36)], "parent_name": parents}, geometry=squares, crs=3405
    )
    rank = rng.permutation(36) + 1
    ranking = pd.DataFrame(
        {"commune_code": communes["commune_code"], "rank": rank, "unconnected": 50.0, "learners": 99}
    )
    ax = ls.plot_gap(communes, ranking, first=14)
    ax.figure.canvas.draw()
    marks = [line.get_window_extent() for line in ax.lines if line.get_marker() == "o"]
    names = [text.get_window_extent() for text in ax.texts if "Quận" in text.get_text()]
    assert len(marks) == 14
    assert len(names) >= 3
    assert not [1 for name in names for mark in marks if name.overlaps(mark)]
    assert not [1 for one, other in itertools.combinations(names, 2) if one.overlaps(other)]
