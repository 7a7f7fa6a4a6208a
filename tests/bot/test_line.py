"""The line is bounded, fair and honest about its length."""

import asyncio

from bot.line import Line


async def stay(line: Line, name: str, entered: list[str], told: dict[str, list[int]], leave: asyncio.Event) -> None:
    async with line.place(told.setdefault(name, []).append):
        entered.append(name)
        await leave.wait()


async def let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_places_go_to_whoever_came_first_and_all_are_told_their_number() -> None:
    line, entered, told = Line(1), list[str](), dict[str, list[int]]()
    doors = {name: asyncio.Event() for name in "abcd"}
    async with asyncio.TaskGroup() as tasks:
        waiting = {name: tasks.create_task(stay(line, name, entered, told, door)) for name, door in doors.items()}
        await asyncio.sleep(0)
        assert (entered, told) == (["a"], {"a": [], "b": [1], "c": [2], "d": [3]})
        waiting["c"].cancel()
        await let_others_run()
        assert told["d"] == [3, 2]
        doors["a"].set()
        await let_others_run()
        assert told["d"] == [3, 2, 1]
        doors["b"].set()
        doors["d"].set()
    assert entered == ["a", "b", "d"]


async def test_a_place_given_to_someone_who_leaves_in_the_same_moment_goes_on() -> None:
    line, entered, told = Line(1), list[str](), dict[str, list[int]]()
    doors = {name: asyncio.Event() for name in "abc"}
    async with asyncio.TaskGroup() as tasks:
        waiting = {name: tasks.create_task(stay(line, name, entered, told, door)) for name, door in doors.items()}
        await asyncio.sleep(0)
        waiting["a"].cancel()
        await asyncio.sleep(0)  # a leaves and gives b the place; b has not run yet
        waiting["b"].cancel()
        doors["c"].set()
    assert entered == ["a", "c"]
    async with asyncio.timeout(1), line.place(lambda _: None):
        pass
