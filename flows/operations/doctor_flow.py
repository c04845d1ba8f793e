"""The flow by which the doctor sees whether a worker takes a run, a task runs and a result is kept."""

from prefect import flow, task


@task(name="Add up")
def add_up(numbers: list[int]) -> int:
    """The sum of `numbers`."""
    return sum(numbers)


@flow(name="Self-check", description="Started by depthcase doctor; adds up a few numbers and returns the sum.")
def self_check(numbers: list[int]) -> dict[str, int]:
    """The sum of `numbers`, from one task."""
    return {"sum": add_up(numbers)}
