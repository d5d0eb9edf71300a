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
