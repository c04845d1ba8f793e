"""What the fields of the form let a person choose from."""

from enum import StrEnum


class Task(StrEnum):
    """What is predicted."""

    YES_NO = "yes/no"
    CLASSES = "several classes"
    NUMBER = "a number"


class MetricName(StrEnum):
    """How good a prediction is, by the field's own names."""

    ROC_AUC = "roc_auc"
    AVERAGE_PRECISION = "average_precision"
    F1 = "f1"
    RECALL_AT_PRECISION = "recall_at_precision"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    EXPECTED_COST = "expected_cost"
    MACRO_F1 = "macro_f1"
    RMSE = "rmse"
    MAE = "mae"
    R2 = "r2"


class SplitRule(StrEnum):
    """How rows are kept apart."""

    CHANCE = "by chance"
    GROUP = "by group"
    TIME = "by time"


class WindowFeature(StrEnum):
    """What a window of rows says about a column."""

    LAST = "last value"
    MEAN = "mean"
    DEVIATION = "deviation"
    SLOPE = "slope"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    KURTOSIS = "kurtosis"
    CREST = "crest factor"
    AUTOCORRELATION = "autocorrelation"
    BANDS = "energy in bands"


class Currency(StrEnum):
    """What money is counted in."""

    EUR = "EUR"
    JPY = "JPY"
    USD = "USD"
    GBP = "GBP"
    CNY = "CNY"
    KRW = "KRW"
    INR = "INR"
    CHF = "CHF"


class Language(StrEnum):
    """What the report is written in."""

    ENGLISH = "English"
    JAPANESE = "日本語"
