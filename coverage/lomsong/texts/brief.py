"""Words of the brief."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # Head and foot, as Decree 30/2020/NĐ-CP has them
    "brief.republic": ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM"),
    "brief.motto": ("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness"),
    "brief.issuer_blank": ("[Cơ quan ban hành]", "[Issuing body]"),
    "brief.issuer_we": ("Cơ quan ban hành", "The issuing body"),
    "brief.issuer_we_after": ("cơ quan ban hành", "the issuing body"),
    "brief.number_of": ("Số: {number}/{symbol}", "No.: {number}/{symbol}"),
    "brief.place_blank": ("……", "……"),
    "brief.day_blank": ("ngày …… tháng …… năm ……", "…… / …… / ……"),
    "brief.kind": ("Báo cáo", "Report"),
    "brief.subject": (
        "Kết quả rà soát vùng lõm sóng và người học chưa có kết nối",
        "Signal gaps and learners without a connection",
    ),
    "brief.subject_of": (
        "Kết quả rà soát vùng lõm sóng và người học chưa có kết nối trên địa bàn {territory}",
        "Signal gaps and learners without a connection in {territory}",
    ),
    "brief.to": ("Kính gửi: {name}", "To: {name}"),
    "brief.opening_basis": ("Thực hiện {basis}, ", "Carrying out {basis}, "),
    "brief.opening": (
        "{issuer} báo cáo kết quả rà soát vùng lõm sóng, người học chưa có sóng dùng được và những việc cần làm "
        "như sau:",
        "{issuer} reports on signal gaps, learners without usable signal, and what is to be done:",
    ),
    "brief.copies": ("Nơi nhận:", "Copies to:"),
    "brief.as_above": ("Như trên", "As above"),
    "brief.file": ("Lưu: VT", "File"),
    "brief.signer_title": ("Thủ trưởng cơ quan", "Head of the body"),
    "brief.signature": ("(Ký tên, đóng dấu)", "(Signature and seal)"),
    "brief.annex_number": ("Phụ lục {number}", "Annex {number}"),
    "brief.annex_of": (
        "(Kèm theo Báo cáo số {number} {day} của {issuer})", "(Of report {number}, {day}, of {issuer})",
    ),
    "brief.table": ("Bảng {number}.", "Table {number}."),
    "brief.figure": ("Hình {number}.", "Figure {number}."),
    # Quality of the data
    "brief.quality": ("Chất lượng số liệu", "Quality of the data"),
    "brief.rows": (
        "Đã đọc {read} dòng đo kiểm, nhận {accepted} dòng ({share}), loại {rejected} dòng; mỗi dòng bị loại đều ghi rõ "
        "tệp, số dòng và lý do.",
        "Of {read} rows read {accepted} were accepted ({share}) and {rejected} rejected; file, row and reason are "
        "kept for each.",
    ),
    "brief.known": (
        "Đã biết: {known_share} trong khoảng {learners} người học ở nơi có đủ bằng chứng để kết luận về sóng. Chưa "
        "biết: {unknown_share} (khoảng {unknown} người học) ở nơi chưa đo kiểm, tình trạng chỉ là ước tính theo mô "
        "hình và cần đo bổ sung.",
        "Known: {known_share} of about {learners} learners live where the evidence suffices to tell. Unknown: "
        "{unknown_share} (about {unknown} learners) live where nobody measured; their state is an estimate of the "
        "model and is to be measured.",
    ),
    "brief.known_all": (
        "Cả {learners} người học (làm tròn) đều ở nơi có đủ bằng chứng để kết luận về sóng.",
        "All of the {learners} learners (rounded) live where the evidence suffices to tell.",
    ),
    "brief.points_open": (
        "Có {count} thôn, ấp và trường phải đo kiểm trước khi kết luận.",
        "{count} hamlets and schools are to be measured before anything can be said.",
    ),
    "brief.quality_table": (
        "Bằng chứng và độ tin cậy theo nhà mạng", "Evidence and reliability by operator",
    ),
    "brief.operator": ("Nhà mạng", "Operator"),
    "brief.area_known": ("Diện tích có bằng chứng", "Area with evidence"),
    "brief.error": ("Sai số điển hình (dB)", "Typical error (dB)"),
    "brief.inside90": ("Khoảng 90 % chứa", "90 % intervals hold"),
    "brief.missed": ("Lõm bị coi là có sóng", "Gaps called covered"),
    "brief.sure_right": ("Nói chắc mà đúng", "Sure and right"),
    "brief.quality_note": (
        "Kiểm chứng bằng cách giấu từng phần số liệu đo rồi ước tính lại từ phần còn lại; cách tính và biểu đồ ở phụ "
        "lục về độ tin cậy.",
        "Validated by hiding parts of the survey and estimating them from the rest; see the annex on reliability.",
    ),
    "brief.rejects_table": ("Dòng bị loại, theo lý do", "Rows rejected, by reason"),
    "brief.reason": ("Lý do", "Reason"),
    "brief.rows_head": ("Số dòng", "Rows"),
    "brief.other_reasons": ("Lý do khác", "Other reasons"),
    # Findings
    "brief.findings": ("Kết quả rà soát", "Findings"),
    "brief.found": (
        "Ước tính {unconnected} trong {learners} người học ({share}){interval} chưa có sóng dùng được của bất kỳ nhà "
        "mạng nào ({operators}), tức là mức thu RSRP ở nhà chưa đạt {level} dBm. Số liệu tính cho {communes} xã, "
        "phường.",
        "An estimated {unconnected} of {learners} learners ({share}){interval} have no usable signal from any operator "
        "({operators}): their RSRP at home lies below {level} dBm. {communes} communes are counted.",
    ),
    "brief.found_interval": (", khoảng tin cậy 90 % từ {low} đến {high},", ", 90 % interval {low} to {high},"),
    "brief.found_none": (
        "Chưa có người học nào trong {communes} xã, phường để tính.",
        "There are no learners in the {communes} communes.",
    ),
    "brief.first": ("Cần ưu tiên trước hết: {names}.", "First come: {names}."),
    "brief.first_one": (
        "{name} ({unconnected} người học; khoảng 90 %: {interval})", "{name} ({unconnected}; 90 % interval {interval})",
    ),
    "brief.totals_table": ("Người học chưa có sóng dùng được, toàn địa bàn", "Learners without usable signal in all"),
    "brief.measure": ("Cách tính", "Measure"),
    "brief.measure_any": ("Không nhà mạng nào có sóng, ngoài trời", "No operator usable, outdoors"),
    "brief.measure_any_in": ("Không nhà mạng nào có sóng, trong nhà", "No operator usable, indoors"),
    "brief.measure_own": ("Mạng đang dùng không có sóng, ngoài trời", "Own operator not usable, outdoors"),
    "brief.measure_one": ("Chưa có sóng {operator}, ngoài trời", "{operator} not usable, outdoors"),
    "brief.own_note": (
        "Mạng đang dùng: tính trên {learners} người học (làm tròn) có mạng đang dùng đã được đo kiểm.",
        "Own operator: of the {learners} learners (rounded) whose own operator is known and was surveyed.",
    ),
    "brief.devices": (
        "Theo danh sách hộ, {lacking} trong {learners} người học chưa có thiết bị học tập.",
        "By the rosters {lacking} of {learners} learners have no device to learn with.",
    ),
    "brief.devices_silent": (
        "Ước tính {silent} người trong số đó ở nơi không nhà mạng nào có sóng dùng được, cấp máy lúc này thì chưa dùng "
        "được.",
        "An estimated {silent} of them live where no operator's signal is usable, so that a device given now would lie "
        "idle.",
    ),
    "brief.devices_unknown": (
        "Còn {unknown} người học chưa rõ có thiết bị hay không.",
        "Of another {unknown} learners it is not known.",
    ),
    "brief.schools_silent": (
        "Có {count} trong {of} trường, điểm trường chưa có sóng dùng được.",
        "{count} of {of} schools have no usable signal.",
    ),
    "brief.hamlets_silent": (
        "Có {count} trong {of} thôn, ấp chưa có sóng dùng được ở trung tâm, trong đó {lit} nơi có điện lưới quốc gia "
        "hoặc chưa rõ; toàn địa bàn còn {dark} thôn, ấp chưa có điện lưới.",
        "{count} of {of} hamlets have no usable signal at their middle, {lit} of them with the national grid or not "
        "known to lack it; {dark} hamlets in all have no grid power.",
    ),
    "brief.hamlets_homes": (
        "Ngoài ra, {count} thôn, ấp có sóng ở trung tâm nhưng ước tính nửa số người học trở lên chưa có sóng ở nhà; "
        "Phụ lục I nêu cả những nơi này.",
        "Another {count} have signal at their middle while an estimated half of their learners or more have none at "
        "home; Annex I lists these too.",
    ),
    "brief.gap_picture": (
        "Người học chưa có sóng dùng được, theo xã, phường", "Learners without usable signal, by commune",
    ),
    "brief.signal_picture": (
        "Xác suất có sóng dùng được (từ {level} dBm trở lên, ngoài trời) của ít nhất một nhà mạng",
        "Probability that at least one operator is usable ({level} dBm or more, outdoors)",
    ),
    "brief.ranking_table": ("{count} xã, phường cần ưu tiên", "The {count} communes to put first"),
    "brief.rank": ("Hạng", "Rank"),
    "brief.commune": ("Xã, phường", "Commune"),
    "brief.learners": ("Người học", "Learners"),
    "brief.unconnected": ("Chưa có sóng", "No signal"),
    "brief.interval": ("Khoảng 90 %", "90 % interval"),
    "brief.share": ("Tỷ lệ", "Share"),
    "brief.in_the_way": ("Vướng mắc", "In the way"),
    "brief.table_note": (
        "Trong ngoặc là khoảng hạng: các xã số liệu chưa phân biệt được thì có khoảng trùng nhau. Số chưa có sóng là "
        "ước tính, kèm khoảng chứa giá trị thật với xác suất 90 %. Vướng mắc được ghi khi đúng với từ một phần tư số "
        "người chưa có sóng.",
        "In brackets the ranks that are possible: communes that the survey cannot tell apart share theirs. Counts are "
        "estimates with a 90 % interval. An obstacle is named where it holds for a quarter or more of the unconnected.",
    ),
    "brief.suppressed": (
        "Số người từ 1 đến dưới {below} được ghi là “<{below}”; dấu “–” ở cột số là số không nêu vì sẽ làm lộ một số "
        "như thế, hoặc là số chưa biết. Tổng số được làm tròn.",
        "Counts of people from 1 to under {below} read “<{below}”; a “–” for a count is one that would give such a one "
        "back, or is not known. Totals are rounded.",
    ),
    # Gap zones and towers
    "brief.zones_section": ("Vùng lõm sóng", "Gap zones"),
    "brief.zones_found": (
        "Nhà chưa có sóng nằm liền nhau (cách nhau không quá {metres} m) được gộp thành {count} vùng lõm sóng, đặt tên "
        "theo thôn, ấp có nhiều người học nhất.",
        "Homes without signal that lie together (no more than {metres} m apart) form {count} gap zones, named by the "
        "hamlets of most learners.",
    ),
    "brief.zones_table": ("{count} vùng lõm sóng lớn nhất", "The {count} largest gap zones"),
    "brief.zone": ("Vùng lõm sóng", "Gap zone"),
    "brief.plan_section": ("Phương án đặt trạm", "Plan of towers"),
    "brief.plan_found": (
        "Đề xuất {count} trạm mới, đưa sóng đến khoảng {learners} người học hiện chưa có sóng (ước tính).",
        "{count} new towers are proposed; they bring signal to about {learners} learners who have none (estimated).",
    ),
    "brief.plan_interval": (
        "Khoảng tin cậy 90 % của số này là từ {low} đến {high}.", "Its 90 % interval is {low} to {high}.",
    ),
    "brief.plan_cost": (
        "Vốn đầu tư ước khoảng {capital} triệu đồng theo bảng đơn giá của lần chạy.",
        "Capital is estimated at {capital} million VND by the cost sheet of the run.",
    ),
    "brief.plan_optimal": (
        "Đã chứng minh: trong số các vị trí ứng viên và với cùng điều kiện, không phương án nào đưa sóng đến quá "
        "{bound} người học.",
        "Proven: of the candidate positions, under the same conditions, no plan brings signal to more than {bound} "
        "learners.",
    ),
    "brief.plan_bound": (
        "Trong số các vị trí ứng viên và với cùng điều kiện, không phương án nào đưa sóng đến quá {bound} người học; "
        "phương án này kém giới hạn đó không quá {gap}.",
        "Of the candidate positions, under the same conditions, no plan brings signal to more than {bound} learners; "
        "this one lies at most {gap} below that bound.",
    ),
    "brief.plan_least_cost": (
        "Phương án này đưa sóng đến {share} số người học chưa có sóng mà các vị trí ứng viên có thể đưa sóng đến, "
        "với vốn {cost} triệu đồng; không phương án nào đạt như vậy với vốn dưới {least} triệu đồng (chênh {gap}).",
        "This plan brings signal to {share} of the learners without it whom any candidate position reaches, for {cost} "
        "million VND; no plan does so for less than {least} million VND (gap {gap}).",
    ),
    "brief.plan_picture": ("Vùng lõm sóng và vị trí trạm đề xuất", "Gap zones and proposed towers"),
    "brief.plan_table": ("{count} trạm đề xuất, theo thứ tự ưu tiên", "The {count} proposed towers, in order"),
    "brief.order": ("STT", "No."),
    "brief.site": ("Vị trí", "Position"),
    "brief.near": ("Thôn, ấp được phủ sóng", "Hamlets connected"),
    "brief.gained": ("Người học thêm", "Learners gained"),
    "brief.cumulative": ("Cộng dồn", "Gained in all"),
    "brief.capital": ("Vốn (triệu đồng)", "Capital (million VND)"),
    "brief.plan_note": (
        "Số người học thêm của mỗi trạm tính sau các trạm đứng trước. Vị trí là điểm tính toán, cần khảo sát thực địa "
        "về đất đai, đường, điện và truyền dẫn trước khi quyết định.",
        "Gains are counted after the towers before. Positions are computed: ground, road, power and backhaul are to be "
        "looked at on the spot before anything is decided.",
    ),
    # What is in the way
    "brief.way": ("Vướng mắc và đơn vị chịu trách nhiệm", "What is in the way, and who answers for it"),
    "brief.way_found": (
        "Còn {unreached} điểm chưa có sóng (thôn, ấp; trường, điểm trường; vùng lõm sóng ngoài thôn, ấp) và {unknown} "
        "điểm cần đo kiểm trước khi kết luận; danh sách đầy đủ ở Phụ lục I.",
        "{unreached} points are not reached (hamlets, schools, gap zones outside hamlets) and {unknown} are to be "
        "measured before anything can be said; annex I lists them all.",
    ),
    "brief.bodies_table": ("Số điểm thuộc trách nhiệm từng đơn vị", "Points that each body answers for"),
    "brief.body": ("Đơn vị", "Body"),
    "brief.hamlets": ("Thôn, ấp", "Hamlets"),
    "brief.schools": ("Trường", "Schools"),
    "brief.zones": ("Vùng lõm", "Zones"),
    "brief.alone": ("Chỉ thuộc đơn vị này", "This body alone"),
    "brief.body_note": (
        "Một điểm có nhiều vướng mắc được tính cho từng đơn vị liên quan. Số chưa có sóng được làm tròn và không tính "
        "học sinh của trường, vì các em đã được tính ở nơi ở.",
        "A point with several obstacles counts for each body. Unconnected learners are rounded; pupils of schools are "
        "left out, since they are counted where they live.",
    ),
    "brief.not_checked": (
        "Chưa đủ số liệu để xét ở một số hoặc mọi điểm: {codes}.",
        "Not checked at some points or all, for want of data: {codes}.",
    ),
    "brief.asked_power_company": (
        "{count} điểm chưa có sóng nằm ở nơi chưa có điện lưới quốc gia; cần kế hoạch kéo điện hoặc thống nhất dùng "
        "điện mặt trời cho trạm.",
        "{count} points without signal have no national grid: a line is to be planned, or solar power agreed for the "
        "site.",
    ),
    "brief.asked_forest_protection": (
        "{count} điểm chưa có sóng nằm trong rừng đặc dụng; cần ý kiến về vị trí, diện tích và điều kiện đặt trạm.",
        "{count} points without signal lie inside special-use forest: where and on what conditions a site may stand is "
        "to be said.",
    ),
    "brief.asked_people_committee": (
        "{count} điểm chưa có sóng ở xa đường giao thông; cần bố trí đường vào và mặt bằng.",
        "{count} points without signal lie far from any road: access and ground are to be provided.",
    ),
    "brief.asked_operators": (
        "{count} điểm chưa có sóng do xa trạm, bị địa hình che khuất hoặc không thấy vướng mắc nào khác; cần phương "
        "án phủ sóng và thời hạn.",
        "{count} points without signal are far from any site, hidden by terrain, or have nothing else found in the "
        "way: a plan with a date is asked for.",
    ),
    "brief.asked_survey": (
        "{count} điểm chưa đủ bằng chứng; cần đo kiểm tại chỗ mọi nhà mạng trước khi kết luận.",
        "{count} points lack evidence: every operator is to be measured there before anything is said.",
    ),
    "brief.asked_where": ("Tập trung ở: {names}.", "Most of them in: {names}."),
    "brief.commune_points": ("{name} ({count} điểm)", "{name} ({count})"),
    "brief.other_communes": ("{count} xã, phường khác", "{count} other communes"),
    # Proposals
    "brief.proposals": ("Kiến nghị, đề xuất", "Proposals"),
    "brief.propose_first": (
        "Ưu tiên phủ sóng trước tại {names}.", "Put {names} first.",
    ),
    "brief.propose_towers": (
        "Giao các nhà mạng khảo sát thực địa {count} vị trí trạm đề xuất và báo cáo khả năng dùng chung hạ tầng.",
        "Have the operators look at the {count} proposed positions on the spot, and say which masts can be shared.",
    ),
    "brief.propose_power_company": (
        "Đề nghị ngành điện có kế hoạch cấp điện cho {count} điểm chưa có điện lưới nêu tại Phụ lục I.",
        "Ask the power company for a plan for the {count} points of annex I without grid power.",
    ),
    "brief.propose_forest_protection": (
        "Đề nghị cơ quan quản lý rừng có ý kiến bằng văn bản về {count} điểm trong rừng đặc dụng.",
        "Ask the forest protection authority to answer in writing on {count} points inside special-use forest.",
    ),
    "brief.propose_people_committee": (
        "Đề nghị Ủy ban nhân dân các xã bố trí đường vào, mặt bằng cho {count} điểm xa đường giao thông.",
        "Ask the People's Committees for access and ground at {count} points far from any road.",
    ),
    "brief.propose_operators": (
        "Yêu cầu các nhà mạng báo cáo phương án và thời hạn phủ sóng {count} điểm thuộc trách nhiệm của mình.",
        "Require the operators to report how and by when they will reach the {count} points that they answer for.",
    ),
    "brief.propose_survey": (
        "Đo kiểm bổ sung {count} điểm chưa đủ bằng chứng.", "Measure the {count} points that lack evidence.",
    ),
    "brief.propose_update": (
        "Cập nhật lại bảng xếp hạng sau mỗi đợt đo kiểm hoặc khi có trạm mới phát sóng.",
        "Make the ranking anew after each survey, and when a new site goes on air.",
    ),
    "brief.end": (
        "Trên đây là báo cáo kết quả rà soát, kính trình cấp có thẩm quyền xem xét, chỉ đạo./.",
        "This report is submitted for consideration and instruction.",
    ),
    # Annexes
    "brief.annex": (
        "Danh sách {count} điểm chưa có sóng hoặc cần đo kiểm", "{count} points not reached or to be measured",
    ),
    "brief.annex_note": (
        "Xếp theo xã, phường. Số chưa có sóng của trường là số học sinh nhân với xác suất trường không có sóng.",
        "By commune. Of a school the unconnected are its pupils times the probability that it has no signal.",
    ),
    "brief.number": ("STT", "No."),
    "brief.point": ("Điểm", "Point"),
    "brief.kind_of_point": ("Loại", "Kind"),
    "brief.kind_hamlet": ("thôn, ấp", "hamlet"),
    "brief.kind_school": ("trường", "school"),
    "brief.kind_zone": ("vùng lõm", "gap zone"),
    "brief.grid_power": ("Điện lưới", "Grid power"),
    "brief.bodies": ("Trách nhiệm", "Who answers"),
    "brief.reach": ("Tình trạng", "State"),
    "brief.sites_annex": ("Phiếu {count} vị trí trạm đề xuất", "Sheets of {count} proposed sites"),
    "brief.sites_note": (
        "Số liệu tính toán, phục vụ khảo sát thực địa. Khoảng cách đến đường và đường dây điện là khoảng cách thẳng.",
        "Computed, for the survey on the spot. Distances to road and power line are straight.",
    ),
    "brief.position": ("WGS84: vĩ độ {latitude}°, kinh độ {longitude}°.", "WGS84: {latitude}° N, {longitude}° E."),
    "brief.sure": ("Độ tin cậy của số liệu ước tính", "Reliability of the estimates"),
    "brief.sure_how": (
        "Để biết mức thu ước tính đáng tin đến đâu, từng phần số liệu đo được giấu đi, ước tính lại từ phần còn lại "
        "rồi so với số đã đo. Không giấu ngẫu nhiên từng dòng, vì dòng ngay bên cạnh sẽ làm kết quả đẹp hơn thật. "
        "RMSE là sai số điển hình của mức thu; CRPS là sai số của cả khoảng dự báo; Brier là sai số bình phương của "
        "xác suất, 0 khi luôn đúng và 0,25 khi đoán như tung đồng xu. Cả ba càng nhỏ càng tốt. Trong biểu đồ, điểm "
        "càng gần đường chéo thì xác suất nói ra càng đúng.",
        "To tell how far the estimated level can be trusted, parts of the survey were hidden, estimated from the rest "
        "and compared with what had been read. Rows are never hidden at random: the row beside each would flatter the "
        "result. RMSE is the typical error of the level; CRPS the error of the whole predicted range; Brier the "
        "squared error of the probability, 0 when always right and 0.25 when a coin is tossed. The smaller, the "
        "better. In the diagram, the nearer a point lies to the diagonal, the truer the probability.",
    ),
    "brief.sure_one": (
        "{scheme}: sai số điển hình {rmse} dB; khoảng 90 % chứa {inside90} số ô.",
        "{scheme}: a typical error of {rmse} dB; 90 % intervals hold {inside90} of the values.",
    ),
    "brief.sure_missed": (
        "Trong số ô thật ra không dùng được, {missed} bị coi là có sóng.",
        "Of the squares that were not usable {missed} are called covered.",
    ),
    "brief.sure_said": (
        "Khi nói chắc là có sóng (xác suất từ 95 % trở lên) thì đúng {sure_right}.",
        "Of those said to be usable for sure (95 % or more) {sure_right} are.",
    ),
    "brief.sure_nothing": (
        "Số liệu đo quá ít để kiểm chứng: xem các con số trên là ước đoán.",
        "There is too little survey to validate: take the figures above as a guess.",
    ),
    "brief.reliability_picture": (
        "Biểu đồ độ tin cậy của {operator}: xác suất đã dự báo và tỷ lệ đo thấy dùng được",
        "Reliability of {operator}: predicted probability and the share found usable",
    ),
}  # fmt: skip
