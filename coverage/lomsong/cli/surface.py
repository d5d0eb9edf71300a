"""``lomsong surface``: the field of each operator, and how good it is where a part of the survey is left out."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from lomsong import pipeline
from lomsong.cli.screen import language_option, print_paths, spoken, stages
from lomsong.errors import UsageError
from lomsong.publish.atomic import require_writable, write_text
from lomsong.publish.coverage.words import number
from lomsong.publish.validation import field_account, headings, score_rows
from lomsong.settings import load
from lomsong.surface import CoverageSurface
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS
from lomsong.texts import fault, text

WIDE = 130
"""Columns of a terminal from which there is room for all scores."""

_NARROW = ("nearest", "rmse", "crps", "inside90", "missed", "sure_right")


@click.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--validate", is_flag=True, help="Leave parts of the survey out, estimate them and score that.")
@click.option("--operator", "operators", multiple=True, help="Only this operator; may be given several times.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write all figures here too."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of scores, pictures and brief; left out: validation, beside the settings.",
)
@language_option
@click.pass_context
def surface(
    context: click.Context,
    settings: Path,
    validate: bool,
    operators: tuple[str, ...],
    json_file: Path | None,
    out: Path | None,
    language: str | None,
) -> None:
    """Estimate each operator's level for SETTINGS (a lomsong.toml) and print what the estimate rests on.

    With --validate it is scored on blocks of space, passes, sites and clusters as far away as the households, each
    left out, and OUT gets validation.csv, reliability_<operator>.png and brief.docx.
    """
    language = spoken(context, language or load(settings).publish.language)
    out = out or settings.parent / "validation"
    if validate:
        require_writable(out)
    console = Console()
    validations: dict[str, Validation] = {}
    with stages(console, language) as report:
        fields = _chosen(pipeline.estimate(settings, report), operators)
        if validate:
            validations = pipeline.validate_fields(fields)
            paths = pipeline.publish_validation(fields, validations, out, language)
    for operator, fitted in fields.surfaces.items():
        _print_account(console, operator, fitted, language)
        if operator in validations:
            _print_scores(console, operator, validations[operator], language)
    if json_file is not None:
        write_text(json_file, _as_json(fields, validations))
    if validate:
        print_paths(console, paths)
    if json_file is not None:
        print_paths(console, [json_file])


def _chosen(fields: pipeline.Fields, operators: tuple[str, ...]) -> pipeline.Fields:
    """Return the fields of the operators that were asked for, all when none was."""
    for operator in operators:
        if operator not in fields.surfaces:
            raise fault(UsageError, "surface_operator", operator=repr(operator), known=", ".join(fields.surfaces))
    kept = {name: fitted for name, fitted in fields.surfaces.items() if not operators or name in operators}
    return dataclasses.replace(fields, surfaces=kept)


def _print_account(console: Console, operator: str, fitted: CoverageSurface, language: str) -> None:
    """Print what a field rests on: squares, passes, its mean and its covariance."""
    bins, covariance, calibration = fitted.bins_, fitted.kriging_.covariance_, fitted.kriging_.calibration_
    counts = {"bins": len(bins), "passes": _passes(fitted), "censored": int(bins["censored"].sum())}
    shown = {name: number(value, 0, language) for name, value in counts.items()}
    console.print(f"[bold]{text('valid.bins', language, operator=_name(operator), **shown)}[/bold]", highlight=False)
    lines = [_mean(fitted, language)]
    lines.append(
        text(
            "valid.covariance", language, sd=number(math.sqrt(covariance.sill_db2), 1, language),
            range=number(covariance.scale_m, 0, language),
            noise=number(math.sqrt(fitted.kriging_.place_noise_db2_), 1, language),
        )
    )  # fmt: skip
    regimes = fitted.kriging_.regimes_
    if regimes is not None:
        scale, short = np.exp(regimes.log_scale), 100 * regimes.short
        limits = {
            "low": (scale.min(), 1),
            "high": (scale.max(), 1),
            "least": (short.min(), 0),
            "most": (short.max(), 0),
        }
        told = {name: number(float(value), digits, language) for name, (value, digits) in limits.items()}
        lines.append(text("valid.regimes", language, count=len(scale), **told))
    exponents = {name: number(getattr(calibration, name), 2, language) for name in ("scale", "power", "local")}
    lines.append(text("valid.calibration", language, **exponents))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _mean(fitted: CoverageSurface, language: str) -> str:
    kept = _mean_name(fitted.mean_, language)
    if not fitted.scores_:
        return text("valid.mean_alone", language, mean=kept)
    offered = [
        text("valid.mean_score", language, mean=_mean_name(name, language), rmse=number(scores.rmse_db, 2, language))
        for name, scores in fitted.scores_.items()
    ]
    return text("valid.mean", language, mean=kept, scores="; ".join(offered))


def _mean_name(name: str, language: str) -> str:
    return " + ".join(text(f"valid.mean_{layer}", language) for layer in name.split("+"))


def _passes(fitted: CoverageSurface) -> int:
    return int(fitted.readings_["pass_id"].nunique())


def _name(operator: str) -> str:
    return OPERATORS.get(operator, operator)


def _print_scores(console: Console, operator: str, found: Validation, language: str) -> None:
    if not len(found.scores):
        console.print(text("valid.nothing", language, operator=_name(operator)), style="yellow", highlight=False)
        return
    columns = () if console.width >= WIDE else (_NARROW,)
    first, *others = headings(language, *columns)
    table = Table(show_edge=False, pad_edge=False)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True, min_width=max(map(len, heading.split())))
    for row, cells in zip(found.scores.index, score_rows(found, language, *columns), strict=True):
        table.add_row(*cells, style="bold" if row == found.closest else None)
    console.print(table)
    if math.isfinite(found.places_nearest_m):
        console.print(text("valid.of_places", language, metres=number(found.places_nearest_m, 0, language)))


def _as_json(fields: pipeline.Fields, validations: dict[str, Validation]) -> str:
    """Return all figures; what cannot be told is null."""
    content: dict[str, Any] = {}
    for operator, fitted in fields.surfaces.items():
        content[operator] = {"field": field_account(fitted)}
        if operator in validations:
            found = validations[operator]
            content[operator]["validation"] = {
                "usable_dbm": found.usable_dbm,
                "places_nearest_m": found.places_nearest_m,
                "scores": found.scores.to_dict("records"),
                "reliability": found.reliability.to_dict("records"),
            }
    return json.dumps(_known(content), ensure_ascii=False, indent=1) + "\n"


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
