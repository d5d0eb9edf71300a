"""The README that lies beside a written province."""

from __future__ import annotations

README = """\
# Tỉnh mô phỏng / A simulated province

Mọi dữ liệu ở đây là **mô phỏng**. Chỉ tên, mã, loại và số dân năm 2019 của các xã là thông tin thật; ranh giới, địa
hình, rừng, đường, hộ dân, trường, trạm BTS và kết quả đo kiểm đều là hư cấu và không mô tả nơi nào có thật. Xã có mã
9xxxx thì cả tên cũng hư cấu.

Everything here is **simulated**. Only the names, codes, kinds and 2019 populations of the communes are facts; borders,
terrain, forest, roads, households, schools, sites and surveys are made up and describe no real place. Communes of codes
9xxxx are made up altogether.

- `lomsong.toml`: cấu hình / settings, for `lomsong run data/lomsong.toml`
- `communes.gpkg` `hamlets.csv` `schools.xlsx` `households.csv.gz`: xã, ấp, trường, hộ có người học /
  communes, hamlets, schools, households with learners
- `surveys/*.txt.gz`: nhật ký đo kiểm G-NetTrack của ba nhà mạng, có lỗi cài sẵn /
  raw drive tests of three operators, with injected faults
- `handovers.csv`: sổ bàn giao thiết bị của đợt trước, có lỗi cài sẵn /
  ledger of devices that an earlier programme handed over, with injected faults
- `sites.csv`: trạm BTS, mỗi dòng một cánh sóng / sites, one row a sector
- `dem.tif` `canopy.tif` `layers.gpkg`: địa hình, tán cây, đường, lưới điện, rừng, nước /
  terrain, canopy, roads, power lines, forest, water
- `declared.gpkg`: vùng phủ sóng 4G do nhà mạng công bố, có vài vùng công bố sai cài sẵn /
  4G coverage as operators declare it, with a few false claims planted
- `truth/`: mức thu thật, số lỗi đã cài và các vùng công bố sai, chỉ để chấm điểm /
  true levels, numbers of injected faults and the false claims, for scoring only

Tạo lại / make again: `lomsong simulate --out data`
"""
