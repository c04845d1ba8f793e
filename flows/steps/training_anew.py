"""Which training of a charter counts: its first, or the one that a person asked for with 'Train again'."""

from flows.charter import Charter
from flows.settings import Settings
from flows.whole_files import write_whole


def training_that_counts(charter: Charter, run: str, settings: Settings) -> str:
    """A name that goes into the key of every result of the charter: empty until it is trained again.

    run: the id of the flow run. A run that trains again does so once: when it is continued after an interruption or an
    approval, what it has trained counts. Later runs of the same charter use what it trained.
    """
    place = settings.results / "trainings" / f"{charter.content_hash()}.txt"
    if charter.retrain:
        write_whole(place, run)
        return run
    return place.read_text(encoding="utf-8").strip() if place.is_file() else ""
