"""What a folder of results holds after a run is of that run."""

import os

from lomsong.publish.atomic import clear_drafts, write_text
from lomsong.publish.manifest import remove_stale, write_manifest


def run_into(folder, names, counts):
    """Write files and their manifest as a run does."""
    for name in names:
        write_text(folder / name, name)
    outputs = [folder / name for name in names]
    remove_stale(folder, outputs)
    write_manifest(folder, inputs={}, settings={}, counts=counts, timings_s={}, outputs=outputs)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} - {"manifest.json"}


def test_what_the_run_before_wrote_alone_goes_and_what_was_changed_since_stays(tmp_path):
    folder, run = tmp_path / "out", {"surfaces": {}}
    run_into(folder, ["map.html", "rasters/a.tif", "rasters/b.tif", "claims/a.xlsx", "claims/b.xlsx", "old/c.tab"], run)
    write_text(folder / "claims/a.xlsx", "answered")
    write_text(folder / "notes.txt", "own")
    run_into(folder, ["map.html", "rasters/a.tif"], run)
    assert files(folder) == {"map.html", "rasters", "rasters/a.tif", "claims", "claims/a.xlsx", "notes.txt"}


def test_what_another_verb_wrote_or_lies_outside_stays(tmp_path):
    folder = tmp_path / "out"
    run_into(folder, ["summary.csv"], {"sites": 3})
    run_into(folder, ["map.html"], {"surfaces": {}})
    assert files(folder) == {"summary.csv", "map.html"}
    outside = tmp_path / "own.txt"
    write_text(outside, "map.html")
    manifest = folder / "manifest.json"
    write_text(manifest, manifest.read_text(encoding="utf-8").replace('"map.html"', '"../own.txt"'))
    remove_stale(folder, [])
    write_text(manifest, "half a fi")
    remove_stale(folder, [])
    assert outside.exists()


def test_drafts_of_a_run_that_was_killed_are_cleared_where_it_writes_and_nowhere_else(tmp_path):
    drafts = (".brief.1444.part.docx", "rasters/.a.7.part.tif", "mapinfo/.zones.x1.part/zones.tab")
    for name in (*drafts, "part.csv", "own/.film.part"):
        write_text(tmp_path / name, "half")
    for name in (*drafts, "mapinfo/.zones.x1.part"):
        os.utime(tmp_path / name, (1e9, 1e9))
    write_text(tmp_path / "rasters" / ".b.8.part.tif", "of a run at work")
    clear_drafts([tmp_path, tmp_path / "rasters", tmp_path / "mapinfo", tmp_path / "none"], 1e9 + 1)
    assert files(tmp_path) == {"rasters", "rasters/.b.8.part.tif", "mapinfo", "part.csv", "own", "own/.film.part"}
