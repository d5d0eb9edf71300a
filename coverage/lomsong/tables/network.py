"""Sites, cells and candidate positions."""

from __future__ import annotations

from lomsong.tables.spec import OPTIONAL, ColumnSpec, TableSpec, count_column, number_column, text_column

SITES = TableSpec(
    "sites",
    "Trạm BTS",
    "Sites, one row a sector",
    (
        text_column("site_id", "Mã trạm", "Site", aliases=("ma tram",)),
        text_column("operator", "Nhà mạng", "Operator", aliases=("nha mang",)),
        ColumnSpec("technology", "choice", "Công nghệ", "Technology", choices=("2G", "3G", "4G", "5G"), **OPTIONAL),
        number_column("band_mhz", "Băng tần (MHz)", "Band (MHz)", 30, 100_000),
        number_column("height_m", "Độ cao anten (m)", "Antenna height (m)", 1, 500),
        number_column("eirp_dbm", "EIRP RS (dBm)", "EIRP of the reference signal per resource element (dBm)", -30, 80),
        number_column("azimuth_deg", "Góc phương vị (°)", "Azimuth (°)", 0, 360, **OPTIONAL),
        number_column("downtilt_deg", "Góc cụp (°)", "Downtilt (°)", -20, 45, **OPTIONAL),
        number_column("beamwidth_deg", "Độ rộng búp sóng (°)", "Beamwidth (°)", 1, 360, **OPTIONAL),
        text_column("antenna", "Loại anten", "Antenna, by the name of its pattern file", **OPTIONAL),
        text_column("cell_id", "Mã ô", "Cell, as the logs name it", aliases=("ma o", "cell id", "ci"), **OPTIONAL),
    ),
    "Point",
)

CELLS = TableSpec(
    "cells",
    "Ô phủ sóng",
    "Cells of the networks, one row a cell or sector",
    (
        text_column("cell_id", "Mã ô (MCC-MNC-vùng-ô)", "Cell (MCC-MNC-area-cell)", nullable=True),
        text_column("site_id", "Mã trạm", "Site", **OPTIONAL),
        text_column("cell_name", "Tên ô", "Cell name", **OPTIONAL),
        text_column("operator", "Nhà mạng", "Operator", nullable=True),
        ColumnSpec("technology", "choice", "Công nghệ", "Technology", nullable=True, choices=("2G", "3G", "4G", "5G")),
        count_column("area", "LAC/TAC", "Area (LAC or TAC)", **OPTIONAL),
        count_column("node", "eNodeB", "eNodeB", **OPTIONAL),
        count_column("sector", "Ô trong eNodeB", "Cell within the eNodeB", **OPTIONAL),
        ColumnSpec("pci", "integer", "PCI/PSC", "PCI or PSC", low=0, high=1_007, **OPTIONAL),
        count_column("arfcn", "EARFCN/NR-ARFCN", "Downlink EARFCN or NR-ARFCN", **OPTIONAL),
        number_column("frequency_mhz", "Tần số (MHz)", "Downlink frequency (MHz)", 30, 100_000, **OPTIONAL),
        number_column("band_mhz", "Băng tần (MHz)", "Band (MHz)", 30, 100_000, **OPTIONAL),
        number_column("azimuth_deg", "Góc phương vị (°)", "Azimuth (°)", 0, 360, **OPTIONAL),
        number_column("height_m", "Độ cao anten (m)", "Antenna height (m)", 1, 500, **OPTIONAL),
        number_column("downtilt_deg", "Góc cụp (°)", "Downtilt, mechanical and electrical (°)", -20, 45, **OPTIONAL),
        number_column("beamwidth_deg", "Độ rộng búp sóng (°)", "Beamwidth (°)", 1, 360, **OPTIONAL),
        number_column("power_dbm", "Công suất phát (dBm)", "Transmitter power (dBm)", -30, 80, **OPTIONAL),
        number_column("range_m", "Bán kính ước lượng (m)", "Estimated range (m)", 0, **OPTIONAL),
        count_column("samples", "Số mẫu", "Samples", **OPTIONAL),
        ColumnSpec(
            "position_kind",
            "choice",
            "Loại vị trí (ước lượng hay khai báo)",
            "Whether the position is estimated from samples or stated",
            choices=("estimated", "stated"),
        ),
        ColumnSpec("updated", "time", "Cập nhật (UTC)", "Updated (UTC)", **OPTIONAL),
        text_column("source_file", "Tệp nguồn", "Source file"),
        count_column("source_row", "Dòng", "Row"),
    ),
    "Point",
)

CANDIDATES = TableSpec(
    "candidates",
    "Vị trí ứng viên",
    "Candidate tower positions",
    (
        text_column("candidate_id", "Mã vị trí", "Candidate"),
        number_column("ground_m", "Cao độ đất (m)", "Ground height (m)"),
        number_column("height_m", "Chiều cao cột (m)", "Mast height (m)", 1),
        number_column("slope_deg", "Độ dốc (°)", "Slope (°)", 0, 90),
        number_column("grid_km", "Cách lưới điện (km)", "To the grid (km)", 0, nullable=True),
        number_column("road_km", "Cách đường (km)", "To a road (km)", 0, nullable=True),
        ColumnSpec(
            "forest_class",
            "choice",
            "Loại rừng",
            "Forest class",
            choices=("special_use", "protection", "production", "none"),
            nullable=True,
        ),
        text_column("existing_structure", "Công trình có sẵn", "Existing structure", **OPTIONAL),
        ColumnSpec(
            "kind",
            "choice",
            "Loại vị trí",
            "Kind of position",
            choices=("existing", "given", "summit", "shoulder", "roadside", "hamlet"),
            **OPTIONAL,
        ),
        number_column(
            "backhaul_km", "Cách điểm truyền dẫn (km)", "To a site or fibre for backhaul (km)", 0, **OPTIONAL
        ),
        ColumnSpec(
            "land_class",
            "choice",
            "Loại đất",
            "Land class",
            choices=("water", "built", "trees", "open"),
            **OPTIONAL,
        ),
    ),
    "Point",
)
