"""What the columns of the tables that readers take away mean, in Chinese; tables.py says it in
English."""

from __future__ import annotations

COLUMNS = {
    "data_year": "计数的发表年份",
    "scope": "领域：overall为总体，其余为学科或产业",
    "rank": "名次，1为份额最大；并列取最小",
    "city_id": "城市编号",
    "city": "城市英文名",
    "city_zh": "城市中文名；不详则空",
    "country": "国家和地区代码（ISO 3166-1）；不详则空",
    "latitude": "纬度（北纬为正，WGS84）",
    "longitude": "经度（东经为正，WGS84）",
    "share": "份额：分数计数，单位为篇；机构份额表以表为准",
    "count": "篇数：整数计数；机构份额表无此数则空",
    "adjusted_share": "调整份额：份额×最新年总数÷当年总数",
    "world_share": "占全部的比例，0～1",
    "n_eff": "有效论文数，(Σw)²/Σw²；未算区间则空",
    "share_low": "份额稳定区间下限",
    "share_high": "份额稳定区间上限",
    "rank_low": "稳定区间内最好的名次",
    "rank_high": "稳定区间内最差的名次",
    "previous_rank": "上一数据年份的名次；没有则空",
    "rank_change": "上年名次减本年名次：正为上升",
    "p_top10": "居前十的概率",
    "p_ahead_next": "领先下一行的概率",
    "p_rose": "名次确实上升的概率（经收缩）；空则见movement_note",
    "p_fell": "名次确实下降的概率（经收缩）；空则见movement_note",
    "method_rank_best": "各种算法中最好的名次",
    "method_rank_worst": "各种算法中最差的名次",
    "raw_p_rose": "重抽中名次上升的比例，未收缩",
    "raw_p_fell": "重抽中名次下降的比例，未收缩",
    "movement_note": "不说升降的原因：年份不完整，或未归入部分变动过大",
    "city_a": "编号较小的城市",
    "city_b": "编号较大的城市",
    "p": "city_a领先city_b的概率；名次相同各计一半",
    "institution_id": "单位编号：ROR编号，没有则为name:加名称",
    "root_institution_id": "最上级单位的编号",
    "institution": "单位名称",
    "works": "论文数",
    "score": "得分：两城在合著论文上的份额之和",
    "reason": "未归入的原因",
    "scheme": "计数方案",
    "cities": "城市口径",
    "journals": "期刊集",
    "documents": "文献类型：论文，或论文和综述",
    "journal_id": "期刊编号",
    "journal": "刊名",
    "rank_without": "不计该刊时的名次",
    "line": "机构份额表的行号",
    "piece": "拆分后的第几部分，从1起",
    "name": "表中所写的机构名称",
    "part": "所占部分；未拆分则空",
    "place_id": "地点编号（GeoNames）；未定则空",
    "method": "单位与地点的判定方法",
}
"""By column; of a column that another table means otherwise, see OTHERWISE."""

OTHERWISE = {
    ("collaborations", "works"): "合著论文数",
    ("totals", "works"): "该领域论文总数；机构份额表为份额总和，取整",
    ("journal_influence", "works"): "该刊在该领域的论文数",
    ("journal_influence", "share"): "城市份额中来自该刊的部分，单位为篇",
    ("journal_influence", "rank_change"): "名次减rank_without：正为去掉后名次更好",
    ("institution_places", "score"): "单位匹配的把握，0～1；未匹配则空",
    ("institution_places", "reason"): "没有城市的原因；有城市则空",
    ("institution_places", "data_year"): "表中的年份",
}


def meaning(table: str, column: str) -> str:
    """What a column of a table means; empty where nothing is written down."""
    return OTHERWISE.get((table, column)) or COLUMNS.get(column, "")
