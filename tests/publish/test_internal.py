"""The internal edition beside the published one."""

from lomsong.publish.internal import FOLDER, MARKER, left_from_before


def test_an_internal_edition_of_an_earlier_run_is_told_of(tmp_path):
    mark = tmp_path / FOLDER / MARKER
    published = [tmp_path / "map.html"]
    assert left_from_before(tmp_path, published) is None
    mark.parent.mkdir()
    assert left_from_before(tmp_path, published) is None, "a folder of that name may be anybody's"
    mark.touch()
    assert left_from_before(tmp_path, published) == mark.parent
    assert left_from_before(tmp_path, [*published, mark]) is None, "written by this run"


def test_a_published_edition_beside_an_internal_one_written_alone_is_told_of(tmp_path):
    mark, manifest = tmp_path / FOLDER / MARKER, tmp_path / "manifest.json"
    mark.parent.mkdir()
    mark.touch()
    assert left_from_before(tmp_path, [mark]) is None, "nothing was published here"
    manifest.touch()
    assert left_from_before(tmp_path, [mark]) == tmp_path
    assert left_from_before(tmp_path, [mark, manifest]) is None, "written by this run"
