"""Operators are told by MCC-MNC, in its own column or in the place of a name, by name, or by another name."""

import pandas as pd
import pytest

from lomsong.ingest import read_sites
from lomsong.ingest.operators import operator_slug


@pytest.mark.parametrize(
    ("name", "code", "slug"),
    [
        ("Viettel Telecom", "", "viettel"), ("VNPT", "", "vinaphone"), ("", "452-01", "mobifone"),
        ("", "4524", "viettel"), ("452-01", "", "mobifone"), ("45202", "", "vinaphone"), ("452 04", "", "viettel"),
        ("45205.0", "", "vietnamobile"), ("", "", ""), ("Mạng X", "", "mang_x"), ("Mobi", "45204", "viettel"),
        ("VNPT Đồng Nai", "", "vinaphone"), ("Tập đoàn VNPT", "", "vinaphone"), ("VNPT, MobiFone", "", "vnpt_mobifone"),
    ],
)  # fmt: skip
def test_one_operator(name, code, slug):
    assert operator_slug(pd.Series([name]), pd.Series([code])).tolist() == [slug]


def test_sites_under_codes_belong_to_the_operators_of_the_logs(tmp_path):
    path = tmp_path / "sites.csv"
    head = "site_id,operator,band_mhz,height_m,eirp_dbm,longitude,latitude"
    path.write_text(f"{head}\nA,452-01,1800,42,32,107,11.2\nB,MobiFone,1800,42,32,107,11.3\n")
    assert read_sites(path).table["operator"].tolist() == ["mobifone", "mobifone"]
