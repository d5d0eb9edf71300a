"""``lomsong run``: all stages."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from lomsong import pipeline
from lomsong.cli.screen import language_option, print_paths, print_ranking, spoken, stages
from lomsong.pipeline.outcome import account_of
from lomsong.pipeline.towers import Towers
from lomsong.publish.atomic import require_writable
from lomsong.publish.internal import left_from_before
from lomsong.settings import EDITIONS, load
from lomsong.shown import number
from lomsong.texts import text


@click.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Output folder.")
@click.option(
    "--edition",
    type=click.Choice(EDITIONS),
    help="published, internal (small counts, into OUT/internal) or both; left out: as the settings say.",
)
@language_option
@click.pass_context
def run(context: click.Context, settings: Path, out: Path, edition: str | None, language: str | None) -> None:
    """Run all stages of SETTINGS (a lomsong.toml); an unchanged stage is not computed again."""
    run_and_print(settings, out, spoken(context, language or load(settings).publish.language), edition or "")


def run_and_print(settings: Path, out: Path, language: str, edition: str = "") -> None:
    """Run, publish, and print the first communes, the plan and the paths; ``edition``: as of the settings if empty."""
    require_writable(out)
    console = Console()
    with stages(console, language) as report:
        result = pipeline.run(settings, report, language)
        paths = pipeline.publish(result, out, report, edition)
    print_ranking(console, result.gaps.ranking, language)
    unmatched = result.gaps.ranking.attrs.get("unmatched_learners", 0)
    if unmatched:
        console.print(text("cli.unmatched", language, count=int(unmatched)))
    if result.plan is not None and len(result.plan.towers):
        console.print(_told_of_plan(result.plan, result.settings.siting.cover, language))
    print_paths(console, paths)
    if stays := left_from_before(out, paths):
        said = text("cli.published_stays" if stays == out else "cli.internal_stays", language, folder=stays)
        console.print(said, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _told_of_plan(plan: Towers, cover: float, language: str) -> str:
    account, sites, gap = account_of(plan, cover), len(plan.towers), number(100 * plan.gap, 2, language)

    def told(name: str) -> str:
        return number(account[name], language=language)

    if cover:
        share = number(100 * cover, 0, language)
        return text("towers.summary_cover", language, sites=sites, cost=told("cost"), share=share,
                    bound=told("least_cost"), gap=gap)  # fmt: skip
    return text("cli.plan", language, sites=sites, gained=told("objective"), bound=told("bound"), gap=gap)
