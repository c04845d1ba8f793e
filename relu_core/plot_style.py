"""One look for every picture: a colour and a marker for each family, and the words on axes in two languages.

The colours keep apart for the common kinds of colour blindness and have at least 4.5 : 1 contrast on white, so that a
label may wear the colour of its line. Dashboards and pages take them from here: a family looks the same anywhere.
"""

INK = "#1f2a37"
QUIET = "#5f6b7a"
RULE = "#dfe4ea"
PAPER = "#fefefe"
GOOD = "#0a7d52"
BAD = "#b4232a"
EXACT = "#007a6c"
BASELINE = "#6b6f76"
FAMILY = {1: "#c2500a", 2: "#0b66a8", 3: "#46176e", 4: "#b20059", 5: "#6b5d00", 6: "#3c4f9e"}
MARKERS = {1: "o", 2: "s", 3: "^", 4: "D", 5: "v", 6: "P"}

# Generic names come last: a reader's system finds its own Japanese font, nothing is embedded and nothing is fetched.
FONTS = (
    "Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", "Meiryo", "IPAexGothic", "DejaVu Sans",
)  # fmt: skip

WORDS = {
    "en": {
        "parameters": "parameters (weights and biases of one network)",
        "regions": "linear pieces of the function",
        "target": "target",
        "kill": "dead below",
        "today": "today",
        "linear": "linear model",
        "trees": "boosted trees",
        "dummy": "no model",
        "exact": "proven optimum",
        "rows": "rows to train on",
        "rows_to_target": "rows to target",
        "currency_a_year": "{currency} a year",
        "unit_after": ", ",
        "saving": "saving",
        "cost": "cost",
        "project": "project, once",
        "success": "share of training runs that reach the target",
        "minutes": "minutes",
        "seconds": "seconds",
        "bound": "upper bound",
        "one_layer": "1 hidden layer",
        "layers": "{k} hidden layers",
        "is_defect": "is a defect",
        "is_good": "is good",
        "said_defect": "said defect",
        "said_good": "said good",
        "miss": "missed",
        "false_alarm": "false alarm",
        "caught": "caught",
        "passed": "passed",
        "rows_unit": "rows",
        "screen": "Screen",
        "compare": "Compare",
        "confirm": "Confirm",
        "deliver": "Deliver",
        "threshold": "threshold: alarm from this score on",
        "chosen": "chosen",
        "always": "← alarm always",
        "never": "alarm never →",
        "rows_counted": "{rows} rows",
        "rows_reached": "reached with {rows} rows",
        "rows_wanted": "about {rows} rows needed",
        "simple": "simple model",
        "shallow": "shallow network",
        "deep": "deep network",
        "data": "data rows",
        "direction": "direction {i} through the data, standard deviations",
        "nothing": "nothing was measured",
        "hidden_layers": "hidden layers",
        "units": "hidden units",
        "at_least": "needed at least",
        "suffice": "known to suffice",
        "construction": "the construction",
    },
    "ja": {
        "parameters": "パラメータ数(1つのネットワークの重みとバイアス)",
        "regions": "線形領域の数",
        "target": "目標",
        "kill": "中止ライン",
        "today": "現状",
        "linear": "線形モデル",
        "trees": "勾配ブースティング木",
        "dummy": "モデルなし",
        "exact": "証明済み最適値",
        "rows": "学習に使う行数",
        "rows_to_target": "目標到達に必要な行数",
        "currency_a_year": "{currency}/年",
        "unit_after": "、単位:",
        "saving": "効果額",
        "cost": "費用",
        "project": "導入費用(1回)",
        "success": "目標に到達した学習の割合",
        "minutes": "分",
        "seconds": "秒",
        "bound": "上限",
        "one_layer": "隠れ層1層",
        "layers": "隠れ層{k}層",
        "is_defect": "実際は不良",
        "is_good": "実際は良品",
        "said_defect": "判定:不良",
        "said_good": "判定:良品",
        "miss": "見逃し",
        "false_alarm": "過検出",
        "caught": "検出",
        "passed": "良品通過",
        "rows_unit": "行",
        "screen": "予備評価",
        "compare": "比較",
        "confirm": "確認",
        "deliver": "報告",
        "threshold": "しきい値(スコアがこの値以上なら不良と判定)",
        "chosen": "採用値",
        "always": "← すべて不良と判定",
        "never": "すべて良品と判定 →",
        "rows_counted": "{rows}行",
        "rows_reached": "{rows}行で到達",
        "rows_wanted": "約{rows}行必要",
        "simple": "単純なモデル",
        "shallow": "浅いネットワーク",
        "deep": "深いネットワーク",
        "data": "データ行",
        "direction": "データを通る方向{i}(標準偏差)",
        "nothing": "測定値なし",
        "hidden_layers": "隠れ層の数",
        "units": "隠れユニット数",
        "at_least": "最低限必要",
        "suffice": "十分と分かっている数",
        "construction": "構成法",
    },
}


METRICS = {
    "en": {
        "roc_auc": "area under the ROC curve",
        "average_precision": "average precision",
        "f1": "F1",
        "macro_f1": "macro F1",
        "recall_at_precision": "recall at high precision",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "log_loss": "log loss",
        "expected_cost": "expected cost a row",
        "rmse": "root mean squared error",
        "mae": "mean absolute error",
        "r2": "explained variance (R²)",
    },
    "ja": {
        "roc_auc": "ROC曲線下面積",
        "average_precision": "平均適合率",
        "f1": "F1値",
        "macro_f1": "マクロF1値",
        "recall_at_precision": "高適合率での再現率",
        "accuracy": "正解率",
        "balanced_accuracy": "均衡正解率",
        "log_loss": "対数損失",
        "expected_cost": "1行あたりの期待費用",
        "rmse": "二乗平均平方根誤差",
        "mae": "平均絶対誤差",
        "r2": "決定係数(R²)",
    },
}


# Units that people count money in, the largest first.
MONEY_UNITS = {
    "en": ((1e9, "billion {currency}"), (1e6, "million {currency}")),
    "ja": ((1e8, "億{currency}"), (1e4, "万{currency}")),
}
CURRENCIES = {"ja": {"JPY": "円", "EUR": "ユーロ", "USD": "ドル"}}


def currency_name(currency: str, language: str = "en") -> str:
    """The currency as people write it beside an amount; one without words keeps its letters."""
    return CURRENCIES.get(language, {}).get(currency, currency)


TASKS = {
    "Ingest data": "データの取り込み",
    "Screen · Which training counts": "予備評価・有効な学習の確認",
    "Screen · Find the data set": "予備評価・データセットの検索",
    "Screen · Is it answered already?": "予備評価・既存の判定の確認",
    "Screen · Check the charter and the data": "予備評価・計画書とデータの確認",
    "Screen · Make rows, set some aside": "予備評価・行の作成と取り分け",
    "Screen · Try simple models": "予備評価・単純なモデル",
    "Screen · Is the answer sure already?": "予備評価・早期判定の確認",
    "What is known so far": "途中経過のまとめ",
    "Screen · Coarse sweep": "予備評価・粗い探索",
    "Compare · Tune the recipe": "比較・学習条件の調整",
    "Compare · Find the smallest network": "比較・最小ネットワークの探索",
    "Compare · Draw the learning curve": "比較・学習曲線",
    "Compare · Prove the best shallow network": "比較・最適値の証明",
    "Confirm · Open the untouched rows": "確認・未使用データの開封",
    "Confirm · Count regions": "確認・線形領域の数え上げ",
}


def task_name(name: str, hidden_layers: int, language: str = "en") -> str:
    """A task of the evaluation in words, with its family where it has one; a name without words stays as it is."""
    shown = TASKS.get(name, name) if language == "ja" else name
    if not hidden_layers:
        return shown
    family = family_name(hidden_layers, language)
    return f"{shown}({family})" if language == "ja" else f"{shown}, {family}"


def metric_name(metric: str, language: str = "en") -> str:
    """The metric in words; a name without words stays as it is."""
    return METRICS[language].get(metric, metric.replace("_", " "))


def family_color(hidden_layers: int) -> str:
    """Hex colour of the family with this many hidden layers; the palette repeats after six."""
    return FAMILY[(hidden_layers - 1) % len(FAMILY) + 1]


def family_marker(hidden_layers: int) -> str:
    """Marker of the family, a second sign beside the colour."""
    return MARKERS[(hidden_layers - 1) % len(MARKERS) + 1]


def family_name(hidden_layers: int, language: str = "en") -> str:
    """The family in words: "1 hidden layer", "2 hidden layers"."""
    words = WORDS[language]
    return words["one_layer"] if hidden_layers == 1 else words["layers"].format(k=hidden_layers)
