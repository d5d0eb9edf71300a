"""``lomsong survey-plan``: where to drive next, so that the order of the communes settles soonest."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lomsong import pipeline
from lomsong.cli.screen import language_option, print_paths, spoken, stages
from lomsong.errors import UsageError
from lomsong.gap.survey_plan import SurveyPlan, plan_survey
from lomsong.publish.atomic import require_writable
from lomsong.publish.coverage.words import number
from lomsong.publish.route import why, write_route
from lomsong.settings import load
from lomsong.texts import Phrase, fault, text

SHOWN = 15
"""Stretches printed; all are in survey.csv."""


class _Start(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Latitude and longitude as maps write them, with a comma between."""

    name = "LAT,LON"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        try:
            latitude, longitude = (float(part) for part in value.replace(" ", "").split(","))
        except ValueError:
            raise fault(UsageError, "drive_start", value=repr(value)) from None
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise fault(UsageError, "drive_start", value=repr(value))
        return longitude, latitude


@click.command(name="survey-plan")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--km", type=click.FloatRange(0.1, 100_000), default=60.0, show_default=True, help="Kilometres a day.")
@click.option("--hours", type=click.FloatRange(0.1, 24), help="Hours a day, instead of --km.")
@click.option("--speed", "speed_kmh", type=click.FloatRange(1, 120), default=30.0, show_default=True,
              help="Mean speed for --hours, km/h.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 365), default=1, show_default=True, help="Days of driving.")
@click.option("--start", type=_Start(), help="Where each day begins: latitude, longitude in degrees; left out: chosen.")
@click.option("--one-way", is_flag=True, help="Days need not end where they began.")
@click.option("--first", type=click.IntRange(0), default=0, help="Settle only who is among so many first communes.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Output folder.")
@language_option
@click.pass_context
def survey_plan(
    context: click.Context,
    settings: Path,
    km: float,
    hours: float | None,
    speed_kmh: float,
    days: int,
    start: tuple[float, float] | None,
    one_way: bool,
    first: int,
    out: Path,
    language: str | None,
) -> None:
    """Plan the next survey drives for SETTINGS (a lomsong.toml): survey.gpx, survey.kml and survey.csv in OUT."""
    language = spoken(context, language or load(settings).publish.language)
    require_writable(out)
    console = Console()
    km = km if hours is None else hours * speed_kmh
    with stages(console, language) as report:
        fields = pipeline.estimate(settings, report)
        report("survey_plan")
        evidence, chosen = fields.evidence, fields.settings
        plan = plan_survey(
            fields.surfaces, evidence.households, evidence.communes, evidence.lines.get("roads"),
            usable_dbm=chosen.gap.usable_dbm, km=km, days=days, start=start, returns=not one_way,
            hamlets=evidence.hamlets, first=first, seed=chosen.run.seed,
        )  # fmt: skip
    if plan.reason:
        shown = number(km, 1, language)
        console.print(text(f"drive.none_{plan.reason}", language, km=shown), highlight=False, soft_wrap=True)
        return
    said = summary(plan, language)
    _print_stretches(console, plan, language)
    console.print(said, highlight=False, soft_wrap=True)
    print_paths(console, write_route(out, plan.segments, plan.stops, _note(plan, said, language), language))


def summary(plan: SurveyPlan, language: str) -> str:
    """Return in a sentence what the drives are and what they are expected to bring."""
    measured_km = float(plan.segments.loc[plan.segments["kind"] == "measure", "km"].sum())
    aim = Phrase("drive.aim_ranks" if len(plan.communes) > 1 else "drive.aim_total")
    return text(
        "drive.summary", language, aim=aim, days=int(plan.segments["day"].nunique()), km=number(plan.km, 1, language),
        measured=number(measured_km, 1, language), left=number(100 * float(plan.curve["left"].iloc[-1]), 1, language),
    )  # fmt: skip


def _note(plan: SurveyPlan, said: str, language: str) -> str:
    return f"{said} {text('drive.straight', language)}" if plan.straight else said


def _print_stretches(console: Console, plan: SurveyPlan, language: str) -> None:
    table = Table(title=text("drive.title", language), title_justify="left")
    for key in ("order", "head_day", "commune", "hamlet", "km", "cumulative_km", "head_why"):
        table.add_column(text(f"drive.{key}", language), justify="right" if key in ("order", "km") else "left")
    measured = plan.segments[plan.segments["kind"] == "measure"]
    for _, stretch in measured.head(SHOWN).iterrows():
        table.add_row(
            str(stretch["order"]), str(stretch["day"]), stretch["commune"], stretch["hamlet"],
            number(stretch["km"], 1, language), number(stretch["cumulative_km"], 1, language), why(stretch, language),
        )  # fmt: skip
    console.print(table)
    if len(measured) > SHOWN:
        console.print(text("drive.more", language, count=len(measured) - SHOWN), highlight=False)
    if plan.straight:
        console.print(text("drive.straight", language), style="yellow", highlight=False)
