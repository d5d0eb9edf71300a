"""``lomsong simulate``: a fictive province whose truth is known."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from lomsong.cli.screen import print_paths
from lomsong.simulate import Recipe, country
from lomsong.simulate import simulate as make_province


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Output folder.")
@click.option(
    "--area-km2", default=5900.0, show_default=True, type=click.FloatRange(40, 50_000), help="Area of one province."
)
@click.option(
    "--communes", type=click.IntRange(3, 1000), help="Number of fictitious communes; left out: those of Đồng Nai."
)
@click.option(
    "--households",
    default=120_000,
    show_default=True,
    type=click.IntRange(100, 5_000_000),
    help="Households of one province.",
)
@click.option("--seed", default=2021, show_default=True, type=click.IntRange(0), help="Same seed, same bytes.")
@click.option(
    "--tiles", default=1, show_default=True, type=click.IntRange(1, 1000), help="Provinces side by side, a folder each."
)
def simulate(out: Path, area_km2: float, communes: int | None, households: int, seed: int, tiles: int) -> None:
    """Write a fictive province with raw survey logs, rosters, terrain and the truth kept aside."""
    recipe = Recipe(area_km2=area_km2, communes=communes, households=households, seed=seed)
    console = Console()
    if tiles == 1:
        print_paths(console, make_province(recipe).write(out))
        return
    for number, province in enumerate(country(tiles, recipe)):
        print_paths(console, province.write(out / f"tile{number:03d}"))
