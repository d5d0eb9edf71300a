"""``lomsong site``: towers by number, budget or cover, with what they cost, bring and rest on."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from lomsong import pipeline
from lomsong.cli.screen import language_option, print_paths, spoken, stages
from lomsong.errors import UsageError
from lomsong.pipeline.study import GRID_KM, Study, study_fields, write_study
from lomsong.pipeline.towers import Towers, Wish
from lomsong.publish.coverage.words import number
from lomsong.publish.privacy import published_towers
from lomsong.settings import load
from lomsong.texts import fault, text


@click.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--sites", type=click.IntRange(1, 1_000), help="Most new sites; left out: as [siting] has it.")
@click.option("--budget", type=click.FloatRange(0), help="Most capital, million VND.")
@click.option("--cover", type=click.FloatRange(0, 1, min_open=True), help="Share of the unconnected at least cost.")
@click.option("--operator", default="", help="Who builds; left out: not decided.")
@click.option("--operators", type=click.IntRange(1, 9), default=1, show_default=True, help="Who share each mast.")
@click.option("--commune", "communes", multiple=True, help="Code of a commune whose learners count; may be repeated.")
@click.option("--max-grid-km", type=click.FloatRange(0), help="Farthest from the grid, km.")
@click.option("--no-backhaul", is_flag=True, help="Do not ask for a clear way out.")
@click.option("--costs", type=click.Path(path_type=Path, dir_okay=False), help="Cost sheet (TOML).")
@click.option("--sites-a-year", type=click.IntRange(0), default=0, help="Most sites a year.")
@click.option("--budget-a-year", type=click.FloatRange(0), default=0.0, help="Most capital a year, million VND.")
@click.option("--deep/--quick", default=True, help="Look at other thresholds and the curve of cost as well.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the tables as CSV.")
@language_option
@click.pass_context
def site(
    context: click.Context,
    settings: Path,
    sites: int | None,
    budget: float | None,
    cover: float | None,
    operator: str,
    operators: int,
    communes: tuple[str, ...],
    max_grid_km: float | None,
    no_backhaul: bool,
    costs: Path | None,
    sites_a_year: int,
    budget_a_year: float,
    deep: bool,
    out: Path | None,
    language: str | None,
) -> None:
    """Propose towers for SETTINGS (a lomsong.toml): by number, within a budget, or for a share at least cost."""
    chosen = load(settings)
    language = spoken(context, language or chosen.publish.language)
    if sum(one is not None for one in (sites, budget, cover)) > 1:
        raise fault(UsageError, "towers_wish")
    wish = Wish(
        sites=sites, budget=budget, cover=cover, operator=operator, operators=operators, communes=communes,
        max_grid_m=float("inf") if max_grid_km is None else 1e3 * max_grid_km, backhaul=not no_backhaul,
        costs="" if costs is None else str(costs), sites_a_year=sites_a_year, budget_a_year=budget_a_year,
    )  # fmt: skip
    console = Console()
    with stages(console, language) as report:
        fields = pipeline.estimate(settings, report)
        report("plan")
        study = study_fields(fields, wish, deep=deep)
    print_study(console, study, wish, chosen.publish.suppress_below, language)
    if out is not None:
        below = chosen.publish.suppress_below
        told = published_towers(study.towers.towers, below)
        told = told.assign(substitute_loss=told["substitute_loss"].where(told["substitute_loss"] >= below))
        at = told.geometry.to_crs(4326)
        table = pd.DataFrame(told.drop(columns="geometry")).assign(longitude=at.x.round(6), latitude=at.y.round(6))
        print_paths(console, write_study(study, out, table))


def print_study(console: Console, study: Study, wish: Wish, below: int, language: str) -> None:
    """Print towers, the proof, the price of each constraint and how robust the plan is."""
    towers = study.towers
    if towers.towers.empty:
        console.print(text("towers.none", language), highlight=False, soft_wrap=True)
        return
    console.print(_table(towers, below, language))
    console.print(summary(towers, wish, language), highlight=False, soft_wrap=True)
    if towers.repaired:
        price = number(towers.backhaul_price, 0, language)
        console.print(text("towers.repaired", language, price=price), style="yellow", highlight=False, soft_wrap=True)
    console.print(_prices(study, language))
    if len(study.regret):
        shares = study.regret["regret"]
        said = text(
            "towers.robust", language, mean=number(100 * shares.mean(), 1, language),
            worst=number(100 * shares.max(), 1, language), worlds=len(shares),
        )  # fmt: skip
        console.print(said, highlight=False, soft_wrap=True)
    for _, row in study.thresholds.iterrows():
        said = text(
            "towers.threshold", language, usable=number(row["usable_dbm"], 0, language),
            learners=number(row["learners"], 0, language), best=number(row["best"], 0, language),
        )  # fmt: skip
        console.print(said, highlight=False, soft_wrap=True)
    if not wish.costs:
        console.print(text("towers.unverified", language), style="yellow", highlight=False, soft_wrap=True)


def summary(towers: Towers, wish: Wish, language: str) -> str:
    """Return in a sentence what the plan brings and how good any plan could be."""
    gap = number(100 * towers.gap, 2, language)
    if wish.cover is not None:
        return text(
            "towers.summary_cover", language, sites=len(towers.towers), cost=number(towers.objective, 0, language),
            share=number(100 * wish.cover, 0, language), bound=number(towers.bound, 0, language), gap=gap,
        )  # fmt: skip
    return text(
        "towers.summary", language, sites=len(towers.towers), gain=number(towers.gain, 0, language),
        low=number(towers.gain_low, 0, language), high=number(towers.gain_high, 0, language),
        unconnected=number(towers.unconnected, 0, language), bound=number(towers.bound, 0, language), gap=gap,
    )  # fmt: skip


def _table(towers: Towers, below: int, language: str) -> Table:
    """Return what is asked first of each tower; all of it is in towers.csv."""
    shown = published_towers(towers.towers, below)
    table = Table(title=text("towers.title", language), title_justify="left")
    for name in ("order", "candidate_id", "gained", "only_it", "azimuths", "power", "capital", "substitute", "year"):
        left = name in ("candidate_id", "power", "substitute")
        table.add_column(text(f"towers.{name}", language), justify="left" if left else "right")
    for _, row in shown.iterrows():
        table.add_row(
            str(row["order"]), row["candidate_id"], _count(row["learners_gained"], below, language),
            _count(row["only_it"], below, language), row["azimuths_deg"],
            text(f"towers.power.{row['power']}", language), number(row["capital"], 0, language), row["substitute"],
            str(row["year"]),
        )  # fmt: skip
    return table


def _count(value: float, below: int, language: str) -> str:
    return f"<{below}" if pd.isna(value) else number(value, 0, language)


def _prices(study: Study, language: str) -> Table:
    table = Table(title=text("towers.price_title", language), title_justify="left")
    for name, justify in (("price_of", "left"), ("price_learners", "right"), ("price_change", "right")):
        table.add_column(text(f"towers.{name}", language), justify=justify)  # type: ignore[arg-type]
    for _, row in study.prices.iterrows():
        table.add_row(
            text(f"towers.constraint.{row['constraint']}", language, km=number(GRID_KM, 1, language)),
            number(row["learners"], 0, language), number(row["price"], 0, language),
        )  # fmt: skip
    return table
