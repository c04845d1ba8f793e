"""What the flows refuse, drawn as a tree: every message says what was wrong, where, and what to do.

DepthcaseError
├── SourceError       a file, sheet or query cannot be read
├── DatasetError      a data set of the lake is missing, damaged or not fit for the question
├── CharterError      the charter promises what cannot be kept
└── ServiceError      a Prefect, MLflow or database server does not answer as it should
"""


class DepthcaseError(Exception):
    """Base of every error that depthcase raises on purpose; its text is shown to the user as it is."""


class SourceError(DepthcaseError):
    """A file, sheet or query cannot be read."""


class DatasetError(DepthcaseError):
    """A data set of the lake is missing, damaged or not fit for the question."""


class CharterError(DepthcaseError):
    """The charter promises what cannot be kept."""


class ServiceError(DepthcaseError):
    """A server does not answer as it should."""
