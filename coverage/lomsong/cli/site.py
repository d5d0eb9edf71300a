"""``lomsong site``: towers by number, budget or cover, with what they cost, bring and rest on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click
import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lomsong import pipeline
from lomsong.cli.screen import language_option, print_paths, spoken, stages
from lomsong.errors import UsageError
from lomsong.pipeline.outcome import card_content
from lomsong.pipeline.towers.study import Study, write_study
from lomsong.publish.atomic import require_writable
from lomsong.publish.cards import (
    SITE_COLUMNS,
    CardContent,
    placemarks,
    price_table,
    site_table,
    summary,
    write_cards,
)
from lomsong.publish.layers import write_kmz
from lomsong.publish.privacy import published_towers
from lomsong.settings import load
from lomsong.shown import dbm, number
from lomsong.texts import fault

UNREACHED = 10
"""Rows told of the learners who remain without signal."""

WHOLE = tuple(at for at, name in enumerate(SITE_COLUMNS) if name not in ("commune", "power"))
"""Columns of the list of sites that a narrow terminal neither cuts off nor folds: names and numbers."""

SIZES = ("sites", "budget", "cover")
"""How the size of a plan can be asked, one at a time."""


class _Share(click.FloatRange):
    """A number with a decimal point or, as Vietnamese writes it, a decimal comma."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        told: Any = value.replace(",", ".") if isinstance(value, str) else value
        return super().convert(told, param, ctx)


@click.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--sites", type=click.IntRange(1, 1_000), help="Most new sites; left out: as [siting] has it.")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="Most capital, million VND.")
@click.option("--cover", type=_Share(0, 1, min_open=True), help="Share at least cost of those whom positions reach.")
@click.option("--operator", help="Who builds.")
@click.option("--operators", type=click.IntRange(1, 9), help="How many share each mast.")
@click.option("--commune", "communes", multiple=True, help="Code of a commune whose learners count; may be repeated.")
@click.option("--height", "heights_m", type=float, multiple=True, help="Mast height to choose from, m; repeated.")
@click.option("--band", "bands_mhz", type=float, multiple=True, help="Band to choose from, MHz; may be repeated.")
@click.option("--require", "required", multiple=True, help="Position that must be built: name or LAT,LON; repeated.")
@click.option("--forbid", "forbidden", multiple=True, help="Position that must not: name or LAT,LON; repeated.")
@click.option("--decided", multiple=True, help="Position that will be built anyway: name or LAT,LON; repeated.")
@click.option("--separation", "min_separation_m", type=float, help="Least distance between new sites, m.")
@click.option("--max-grid-km", type=click.FloatRange(0), help="Farthest from the grid, km; 0: no limit.")
@click.option("--no-backhaul", is_flag=True, help="Do not ask for a clear way out.")
@click.option("--costs", type=click.Path(path_type=Path, dir_okay=False), help="Cost sheet (TOML).")
@click.option("--sites-a-year", type=int, help="Most sites a year.")
@click.option("--budget-a-year", type=float, help="Most capital a year, million VND.")
@click.option("--first-year", type=int, help="First year of building.")
@click.option("--deep/--quick", default=True, help="Look at other thresholds, cost and sharing as well.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for tables, cards and KMZ.")
@language_option
@click.pass_context
def site(
    context: click.Context,
    /,
    settings: Path,
    deep: bool,
    out: Path | None,
    language: str | None,
    **flags: Any,
) -> None:
    """Propose towers for SETTINGS (a lomsong.toml): by number, within a budget, or for a share at least cost.

    All that [siting] says holds; options go before it.
    """
    language = spoken(context, language or load(settings).publish.language)
    asked = overrides(flags)
    if out is not None:
        require_writable(out)
    console = Console()
    with stages(console, language) as report:
        found = pipeline.study(settings, asked, report, deep=deep)
    content = card_content(found.settings, found.study.towers, found.evidence, language)
    print_study(console, found.study, content)
    if out is not None:
        print_paths(console, written(found.study, content, out))


def overrides(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of ``[siting]`` that options replace.

    Raises
    ------
    UsageError
        When the size of the plan is asked in two ways.
    """
    asked = {name: value for name, value in flags.items() if value is not None and value is not False and value != ()}
    if sum(name in asked for name in SIZES) > 1:
        raise fault(UsageError, "towers_wish")
    if "sites" in asked:
        asked |= {"budget": 0.0, "cover": 0.0}
    elif "budget" in asked:
        asked["cover"] = 0.0
    elif "cover" in asked:
        asked["budget"] = 0.0
    if "max_grid_km" in asked:
        asked["max_grid_m"] = 1e3 * asked.pop("max_grid_km")
    if asked.pop("no_backhaul", False):
        asked["backhaul"] = False
    if "costs" in asked:
        asked["costs"] = str(Path(asked["costs"]).absolute())
    return asked


def written(study: Study, content: CardContent, folder: Path) -> list[Path]:
    """Write the tables as CSV, the cards as a workbook and for Google Earth; what another plan left there goes."""
    below = content.suppress_below
    told = published_towers(study.towers.towers, below)
    at = told.geometry.to_crs(4326)
    table = pd.DataFrame(told.drop(columns="geometry")).assign(longitude=at.x.round(6), latitude=at.y.round(6))
    paths, book, kmz = write_study(study, folder, table), folder / "cards.xlsx", folder / "sites.kmz"
    if not len(told):
        for stale in (book, kmz):
            stale.unlink(missing_ok=True)
        return paths
    write_cards(book, content)
    title = " – ".join(filter(None, [content.say("card.book"), content.territory]))
    write_kmz(kmz, title, content.about, *placemarks(content))
    return [*paths, book, kmz]


def print_study(console: Console, study: Study, content: CardContent) -> None:
    """Print towers, the proof, the price of each constraint, what remains and how robust the plan is."""
    towers, language = study.towers, content.language
    if len(towers.refused):
        counts = Counter(reason for reasons in towers.refused["reasons"] for reason in reasons.split("+"))
        named = ", ".join(f"{content.say(f'towers.reason.{name}')} {count}" for name, count in counts.most_common())
        _say(console, content.say("towers.refused", count=len(towers.refused), reasons=named))
    if len(towers.towers):
        console.print(_table(content.say("towers.title"), *site_table(content), whole=WHOLE))
    for sentence in summary(content):
        _say(console, sentence)
    if towers.towers.empty:
        return
    console.print(_table(content.say("towers.price_title"), *price_table(content)))
    _print_curves(console, study, content)
    _print_unreached(console, study, content)
    if len(study.regret):
        shares = study.regret["regret"]
        _say(console, content.say(
            "towers.robust", mean=number(100 * shares.mean(), 1, language),
            worst=number(100 * shares.max(), 1, language), worlds=len(shares),
        ))  # fmt: skip
    digits = -1 if content.hides else 0
    for _, row in study.thresholds.iterrows():
        learners, best = (number(round(row[name], digits), 0, language) for name in ("learners", "best"))
        usable = dbm(row["usable_dbm"], language)
        _say(console, content.say("towers.threshold", usable=usable, learners=learners, best=best))
    _print_saving(console, study, content)


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, highlight=False, soft_wrap=True, markup=False)


def _print_curves(console: Console, study: Study, content: CardContent) -> None:
    """Print learners by number of sites, and the least cost of each share."""
    curve, costs, language = study.towers.curve, study.costs, content.language
    digits = -1 if content.hides else 0

    def told(value: float) -> str:
        return number(round(value, digits), 0, language)

    if len(curve):
        heads = [content.say(f"towers.{name}") for name in ("curve_sites", "price_learners", "curve_bound")]
        step = 10 if content.hides else 1  # a bound stays one
        rows = [
            [str(row.sites), told(row.learners), told(step * math.ceil(row.bound / step))] for row in curve.itertuples()
        ]
        console.print(_table(content.say("towers.gain_curve"), heads, rows))
    if len(costs):
        names = ("curve_share", "price_learners", "curve_sites", "capital", "curve_bound")
        rows = [
            [number(100 * row.share, 0, language), told(row.learners), str(row.sites), number(row.cost, 0, language),
             number(row.bound, 0, language)]
            for row in costs.itertuples()
        ]  # fmt: skip
        console.print(_table(content.say("towers.cost_curve"), [content.say(f"towers.{name}") for name in names], rows))


def _print_unreached(console: Console, study: Study, content: CardContent) -> None:
    """Print where most learners remain without signal, and why; small counts are left out."""
    left = study.towers.unreached
    left = left[left["learners"] >= max(content.suppress_below, 1)].head(UNREACHED)
    if left.empty:
        return
    rows = [
        [content.communes.get(row.commune_code, row.commune_code), number(row.learners, 0, content.language),
         content.say(f"towers.why.{row.why}")]
        for row in left.itertuples()
    ]  # fmt: skip
    heads = [content.say(f"towers.{name}") for name in ("unreached_commune", "price_learners", "price_of")]
    console.print(_table(content.say("towers.unreached_title"), [*heads[:2], ""], rows, left=(0, 2)))


def _print_saving(console: Console, study: Study, content: CardContent) -> None:
    saving, language = study.saving, content.language
    if saving is None:
        return
    apart, joint = saving.table[saving.table["operator"] != ""], saving.table.iloc[-1]
    _say(console, content.say(
        "towers.saving", share=number(100 * saving.share, 0, language), alone=int(apart["sites"].sum()),
        cost=number(apart["capital"].sum(), 0, language), together=int(joint["sites"]), shared=int(joint["shared"]),
        joint=number(joint["capital"], 0, language), saving=number(saving.saving, 0, language),
        low=number(saving.low, 0, language), high=number(saving.high, 0, language),
    ))  # fmt: skip


def _table(
    title: str, heads: list[str], rows: list[list[str]], left: tuple[int, ...] = (0,), whole: tuple[int, ...] = ()
) -> Table:
    """Return a table; a narrow terminal folds its cells, but not those of the columns ``whole``, with stacked heads."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for column, head in enumerate(heads):
        justify: Literal["left", "right"] = "left" if column in left else "right"
        named = head.replace(" ", "\n") if column in whole else head
        table.add_column(named, justify=justify, overflow="fold", no_wrap=column in whole)
    for row in rows:
        table.add_row(*map(escape, row))
    return table
