"""What the verbs print."""

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from lomsong.cli import main
from lomsong.cli.screen import print_paths, print_ranking, spoken


def printed(show, *args):
    console = Console(file=StringIO(), width=100)
    show(console, *args)
    return console.file.getvalue().splitlines()


def test_of_a_full_folder_below_only_the_number_of_files():
    top = [Path("out") / f"{number}.csv" for number in range(12)]
    many = [Path("out/mapinfo") / f"{number}.tab" for number in range(9)]
    few = [Path("out/claims") / f"{number}.xlsx" for number in range(3)]
    lines = printed(print_paths, [*top[:6], *many, *few, *top[6:]])
    assert lines == [*map(str, top[:6]), str(Path("out/mapinfo/*")) + " (9)", *map(str, few), *map(str, top[6:])]
    assert printed(print_paths, []) == []


def test_thousands_are_grouped_as_the_reader_expects():
    row = {
        "rank": 1, "rank_low": 1, "rank_high": 2, "name": "Mã Đà", "learners": 1544, "unconnected": 1200.4,
        "unconnected_low": 999.6, "unconnected_high": 1401.0, "share": float("nan"),
    }  # fmt: skip
    vietnamese, english = (" ".join(printed(print_ranking, pd.DataFrame([row]), lang)) for lang in ("vi", "en"))
    assert "1.544" in vietnamese
    assert "1.000–1.401" in vietnamese
    assert "1,200" in english


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LC_ALL": "vi_VN.UTF-8"}, "vi"), ({"LC_ALL": "", "LANG": "vi_VN"}, "vi"),
        ({"LC_ALL": "C", "LANG": "vi_VN"}, "en"), ({"LC_MESSAGES": "en_GB.UTF-8", "LANG": "vi_VN"}, "en"),
    ],
)  # fmt: skip
def test_before_settings_are_read_the_system_tells_the_language(environment, language, monkeypatch, capsys):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["lomsong", "check", "nowhere.toml"])
    with pytest.raises(SystemExit):
        main()
    assert ("không có tệp thiết lập" in capsys.readouterr().err) == (language == "vi")
    assert spoken(None) == language


def test_a_folder_in_brackets_is_no_markup():
    assert printed(print_paths, [Path("kết quả [a]/map.html"), Path("[/b]/map.html")]) == [
        str(Path("kết quả [a]/map.html")), str(Path("[/b]/map.html")),
    ]  # fmt: skip


def test_a_narrow_terminal_cuts_off_no_number():
    row = {
        "rank": 1, "rank_low": 1, "rank_high": 12, "name": "Phước Nghiêm [/b]", "learners": 12_345,
        "unconnected": 10_234, "unconnected_low": 9_876, "unconnected_high": 10_987, "share": 0.83,
    }  # fmt: skip
    console = Console(file=StringIO(), width=40)
    print_ranking(console, pd.DataFrame([row]), "vi")
    said = console.file.getvalue()
    assert "…" not in said
    cells = zip(*(line.split("│")[1:-1] for line in said.splitlines() if line.startswith("│")), strict=True)
    assert ["".join(part.strip() for part in cell) for cell in cells][2:] == [
        "12.345",
        "10.234",
        "9.876–10.987",
        "83 %",
    ]
