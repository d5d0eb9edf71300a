"""``lomsong profile``: one link over its terrain, with its first Fresnel zone."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lomsong.cli.radio import antennas_of, chosen_radio, dem_option, read_network_sites, reception_of, terrain_options
from lomsong.cli.screen import language_option, print_paths, spoken
from lomsong.errors import DataError
from lomsong.network import Rasters, path_over
from lomsong.publish.coverage.profile_plot import write_profile_plot
from lomsong.publish.coverage.words import number
from lomsong.radio import PathProfile, sites_of
from lomsong.texts import fault, text


class _Place(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Latitude and longitude as maps write them, with a comma between."""

    name = "LAT,LON"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        try:
            latitude, longitude = (float(part) for part in value.replace(" ", "").split(","))
        except ValueError:
            self.fail(f"{value!r}: give latitude and longitude in degrees, such as 11.32,107.05", param, ctx)
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            self.fail(f"{value!r}: latitudes lie within -90…90; give the latitude first", param, ctx)
        return longitude, latitude


@click.command()
@click.argument("sites", type=click.Path(path_type=Path, dir_okay=False))
@dem_option
@terrain_options
@click.option("--antennas", type=click.Path(path_type=Path), help="Folder or file of MSI/Planet patterns.")
@click.option("--site", "site_id", required=True, help="Site from which the link goes out.")
@click.option("--to", "place", required=True, type=_Place(), help="Receiver: latitude, longitude in degrees.")
@click.option("--height", "rx_height_m", type=click.FloatRange(1, 3000), help="Receiver above ground, m.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Picture, .png or .svg.")
@language_option
@click.pass_context
def profile(
    context: click.Context,
    sites: Path,
    dem: tuple[str, ...],
    land_cover: tuple[str, ...],
    canopy: tuple[str, ...],
    settings: Path | None,
    antennas: Path | None,
    site_id: str,
    place: tuple[float, float],
    rx_height_m: float | None,
    out: Path,
    language: str | None,
) -> None:
    """Draw the link from a site of SITES to a place, and print its losses by ITU-R P.1812.

    Of the site's sectors the one that is received best is shown.
    """
    chosen = chosen_radio(settings, rx_height_m=rx_height_m)
    language = spoken(context, language or chosen.publish.language)
    console = Console()
    table = read_network_sites(console, sites, chosen, language)
    own = table[table["site_id"].astype(str) == site_id]
    if own.empty:
        known = ", ".join(table["site_id"].astype(str).unique()[:8])
        raise fault(DataError, "network_site", file=sites.name, site=site_id, known=known)
    rasters = Rasters(dem, land_cover or None, canopy or None)
    link = path_over(rasters, sites_of(own, antennas_of(antennas)), place, reception_of(chosen))
    write_profile_plot(out, link, language, transmitter=site_id)
    console.print(_numbers(link, language))
    print_paths(console, [out])


def _numbers(link: PathProfile, language: str) -> Table:
    """Return every term of the Recommendation, two pairs a line."""
    table = Table(title=text("cover.link", language, loss=number(link.loss.lb_db + link.vegetation_db, 1, language)))
    for _ in range(2):
        table.add_column(text("cover.term", language))
        table.add_column(text("cover.value", language), justify="right")
    terms = [(name, number(value, 2, language)) for name, value in link.loss.terms.items()]
    half = (len(terms) + 1) // 2
    for one, other in zip(terms[:half], [*terms[half:], ("", "")], strict=False):
        table.add_row(*one, *other)
    return table
