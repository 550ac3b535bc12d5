"""New rows of the task_trace table: each once in the landing area, whatever happens meanwhile."""

import fcntl
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.traces.database import (
    DatabaseExport,
    DatabaseSettings,
    export_new_rows,
    progress,
)
from dpo_math_assets.traces.database.connection import refusal
from dpo_math_assets.traces.database.table import Table
from dpo_math_assets.traces.landing import LandingArea
from dpo_math_assets_tests.postgresql import PASSWORD, SKIP, Server, binaries
from dpo_math_assets_tests.traces.reading import read

NOW = datetime.now(UTC).replace(microsecond=0)
TABLE = """
    CREATE TABLE task_trace (
        id text PRIMARY KEY, persona_id text, goal text, created_at timestamptz,
        plan_json jsonb, steps jsonb, result_summary text, ok boolean
    )"""


def steps(answer: str, gold: str = "14") -> list[dict[str, Any]]:
    """One solved and verified problem, as the runtime keeps it."""
    problem = {"id": "s:1", "goal": "Solve 2*(3+4)", "context": {"ground_truth": gold}}
    return [
        {
            "id": "s1",
            "kind": "specialist.run",
            "ok": True,
            "output": {"problem": problem, "solver_output": {"summary": f"FINAL ANSWER: {answer}"}},
        },
        {
            "id": "s2",
            "kind": "specialist.verify",
            "ok": answer == gold,
            "output": {"ok": answer == gold, "reason": "pass" if answer == gold else "mismatch"},
        },
    ]


PLAN = [
    {"id": "s1", "kind": "SOLVE", "solver": "math.expr"},
    {"id": "s2", "kind": "VERIFY", "source": "s1", "verifier": "math.sympy.verify"},
]


class Runtime:
    """The runtime's database with its task_trace table, and the project that reads from it."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        self.url = url.render_as_string(hide_password=False)
        self.engine = sa.create_engine(url)
        self.folder = folder
        (folder / "landing").mkdir()
        self.landing = LandingArea(folder / "landing", folder / "manifest.jsonl")
        self.settings = DatabaseSettings()
        self.execute(TABLE)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def execute(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def write(
        self,
        row_id: str,
        minutes_ago: float = 0,
        ok: bool | None = True,
        answer: str = "14",
        connection: sa.Connection | None = None,
    ) -> None:
        """Insert a row, or overwrite it as the runtime does when a task has run."""
        statement = sa.text(
            "INSERT INTO task_trace VALUES (:id, 'p', 'Solve', :time, :plan, :steps, 'done', :ok)"
            " ON CONFLICT (id) DO UPDATE SET"
            " created_at = excluded.created_at, steps = excluded.steps, ok = excluded.ok"
        )
        values = {
            "id": row_id,
            "time": (NOW - timedelta(minutes=minutes_ago)).isoformat(),
            "plan": json.dumps(PLAN),
            "steps": json.dumps([] if ok is None else steps(answer)),
            "ok": ok,
        }
        if connection is not None:
            connection.execute(statement, values)
        else:
            with self.engine.begin() as own:
                own.execute(statement, values)

    def export(self, **changes: Any) -> DatabaseExport:
        settings = DatabaseSettings.model_validate({**self.settings.model_dump(), **changes})
        return export_new_rows(self.url, self.landing, self.folder / "progress", settings)

    def landed_files(self) -> list[Path]:
        """What a reader of the landing area sees: a file that is being put there is hidden."""
        return sorted((self.folder / "landing").rglob("[!.]*.jsonl"))

    def landed(self) -> list[str]:
        """The ids of all rows in the landing area, file by file."""
        return [
            json.loads(line)["id"]
            for path in self.landed_files()
            for line in path.read_text("utf-8").splitlines()
        ]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = binaries()
    pytest.importorskip("psycopg", reason=SKIP)
    if programs is None:
        pytest.skip(SKIP)
    started = Server(programs)
    yield started
    started.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runtime]:
    if request.param == "sqlite":
        url = sa.URL.create("sqlite", database=str(tmp_path / "runtime.db"))
    else:
        url = request.getfixturevalue("server").new_database()
    made = Runtime(url, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def postgresql(server: Server, tmp_path: Path) -> Iterator[Runtime]:
    made = Runtime(server.new_database(), tmp_path)
    yield made
    made.engine.dispose()


def test_exported_rows_are_read_as_the_attempts_that_they_hold(runtime: Runtime) -> None:
    runtime.write("right", 2)
    runtime.write("wrong", 1, ok=False, answer="15")
    exported = runtime.export()
    assert (exported.files, exported.rows) == (["task_trace/000001.jsonl"], 2)
    export = read(runtime.folder, runtime.folder / "landing" / exported.files[0])
    told = ("trace_id", "prompt", "candidate", "ground_truth", "logged_ok")
    assert [tuple(trace[name] for name in told) for trace in export.traces] == [
        ("right:s1", "Solve 2*(3+4)", "FINAL ANSWER: 14", "14", True),
        ("wrong:s1", "Solve 2*(3+4)", "FINAL ANSWER: 15", "14", False),
    ]
    assert {(trace["verifier"], trace["solver"]) for trace in export.traces} == {
        ("math.sympy.verify", "math.expr")
    }
    assert [trace["created_at"] for trace in export.traces] == [
        NOW - timedelta(minutes=2),
        NOW - timedelta(minutes=1),
    ]


def test_only_what_is_new_is_exported_and_nothing_new_makes_no_file(runtime: Runtime) -> None:
    assert (runtime.export().files, runtime.export().newest) == ([], None)
    runtime.write("a", 30)
    runtime.export()
    assert (runtime.export().files, runtime.export().rows) == ([], 0)
    runtime.write("b", 20)
    exported = runtime.export()
    assert (exported.files, exported.rows, exported.rows_ever) == (
        ["task_trace/000002.jsonl"],
        1,
        2,
    )
    assert runtime.landed() == ["a", "b"]


def test_a_row_is_waited_for_until_its_task_has_run(runtime: Runtime) -> None:
    runtime.write("planned", 24 * 60, ok=None)
    runtime.write("later", 0)
    assert runtime.export().waiting == 1
    assert runtime.landed() == ["later"]
    runtime.write("planned", 24 * 60, ok=False, answer="15")  # long before what is looked at again
    exported = runtime.export()
    assert (exported.rows, exported.waiting) == (1, 0)
    runtime.export()
    assert runtime.landed() == ["later", "planned"]


def test_a_task_that_never_runs_is_exported_as_it_is_after_a_while(runtime: Runtime) -> None:
    runtime.write("abandoned", 60, ok=None)
    runtime.write("deleted", 60, ok=None)
    runtime.write("later", 0)
    assert runtime.export(overlap_minutes=1).waiting == 2
    runtime.execute("DELETE FROM task_trace WHERE id = 'deleted'")
    half_an_hour = 0.5 / 24
    assert runtime.export(overlap_minutes=1, wait_days=half_an_hour).waiting == 0
    runtime.export(overlap_minutes=1, wait_days=half_an_hour)
    assert runtime.landed() == ["later", "abandoned"]


def test_a_row_that_is_committed_after_a_later_one_is_not_lost(postgresql: Runtime) -> None:
    with postgresql.engine.connect() as slow:
        postgresql.write("early", 10, connection=slow)
        postgresql.write("late", 5)
        postgresql.export()
        assert postgresql.landed() == ["late"]
        slow.commit()
    postgresql.export()
    postgresql.export()
    assert postgresql.landed() == ["late", "early"]


def test_a_row_from_a_clock_that_runs_ahead_does_not_hide_later_ones(runtime: Runtime) -> None:
    runtime.write("ahead", -60 * 24 * 365)
    runtime.export()
    runtime.write("now", 0)
    runtime.export()
    runtime.export()
    assert runtime.landed() == ["ahead", "now"]


def test_rows_written_after_the_databases_clock_was_put_back_are_not_lost_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(sa.URL.create("sqlite", database=str(tmp_path / "runtime.db")), tmp_path)
    now = Table.now
    with monkeypatch.context() as ahead:
        ahead.setattr(Table, "now", lambda table: now(table) + timedelta(hours=5))
        runtime.write("ahead", -300)
        runtime.export()
    runtime.write("after", 0)
    told = refused(runtime)
    assert "progress.json" in told and (NOW + timedelta(hours=5)).isoformat() in told
    with monkeypatch.context() as caught_up:  # also then: nothing else would tell of the row
        caught_up.setattr(Table, "now", lambda table: now(table) + timedelta(hours=6))
        assert refused(runtime) == told
    file = runtime.folder / "progress" / "progress.json"
    before = (NOW - timedelta(minutes=1)).isoformat()
    mended = {"newest": before, "seen_from": before, "clock_put_back_to": None}
    file.write_text(json.dumps(json.loads(file.read_text()) | mended))
    runtime.export()
    assert runtime.landed() == ["ahead", "after"]


def test_a_row_whose_time_is_set_anew_is_exported_as_it_is_then(runtime: Runtime) -> None:
    runtime.write("again", 120)
    runtime.write("later", 0)
    runtime.export()
    runtime.write("again", 0, answer="15")
    assert runtime.export().rows == 1
    assert runtime.landed() == ["again", "later", "again"]


def test_a_longer_overlap_does_not_export_old_rows_again(runtime: Runtime) -> None:
    for minutes in (600, 300, 10):
        runtime.write(f"{minutes}", minutes)
    runtime.export(overlap_minutes=30)
    assert runtime.export(overlap_minutes=6000).rows == 0
    runtime.write("new", 0)
    assert runtime.export(overlap_minutes=6000).rows == 1
    assert runtime.export(overlap_minutes=6000).rows == 0


def test_files_are_cut_by_size_and_hold_every_row_once(runtime: Runtime) -> None:
    for number in range(20):
        runtime.write(f"{number:02}", 20 - number, ok=None if number == 7 else True)
    exported = runtime.export(file_mb=0.002)
    assert len(exported.files) > 2 and exported.rows == 19
    assert sorted(runtime.landed()) == [f"{n:02}" for n in range(20) if n != 7]
    assert runtime.export().rows == 0


STEPS_OF_AN_EXPORT = ["atomic_file", "write_json", "put", "unlink"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS_OF_AN_EXPORT)
@pytest.mark.parametrize("time", [1, 2])
def test_an_export_that_dies_at_any_step_loses_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, time: int
) -> None:
    runtime = Runtime(sa.URL.create("sqlite", database=str(tmp_path / "runtime.db")), tmp_path)
    for number in range(9):
        runtime.write(f"{number}", 9 - number)
    owner: Any = {"put": type(runtime.landing.place), "unlink": Path}.get(step, progress)
    done = getattr(owner, step)
    calls = 0

    def dying(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != time:
            return done(*args, **more)
        if after and step != "atomic_file":
            done(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(owner, step, dying)
        with pytest.raises(KeyboardInterrupt):
            runtime.export(file_mb=0.002)
    runtime.write("new", 0)
    runtime.export(file_mb=0.002)
    assert runtime.landed() == [*map(str, range(9)), "new"]
    assert not list((tmp_path / "progress" / "outbox").iterdir())


@pytest.mark.slow
def test_a_killed_export_goes_on_where_its_last_whole_file_ended(postgresql: Runtime) -> None:
    postgresql.execute(
        "INSERT INTO task_trace SELECT to_char(n, '00000'), 'p', repeat('x', 1000),"
        f" timestamptz '{NOW.isoformat()}' - n * interval '1 second', '[]', '[]', '', true"
        " FROM generate_series(1, 20000) n"
    )
    program = (
        "import sys; from pathlib import Path;"
        "from dpo_math_assets.traces.database import *;"
        "from dpo_math_assets.traces.landing import LandingArea;"
        "folder = Path(sys.argv[2]); landing = LandingArea(folder / 'landing', folder / 'm');"
        "export_new_rows(sys.argv[1], landing, folder / 'progress', DatabaseSettings(file_mb=1))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, postgresql.url, postgresql.folder])
    while len(postgresql.landed_files()) < 3:
        assert process.poll() is None
    process.kill()
    process.wait()
    assert len(postgresql.landed()) < 20000
    postgresql.export(file_mb=1)
    assert len(postgresql.landed()) == len(set(postgresql.landed())) == 20000


def test_an_export_waits_for_one_that_is_under_way(runtime: Runtime) -> None:
    runtime.write("a", 1)
    (runtime.folder / "progress").mkdir()
    second = threading.Thread(target=runtime.export)
    with (runtime.folder / "progress" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as the first one holds it
        second.start()
        second.join(0.5)
        assert second.is_alive() and runtime.landed() == []
    second.join()
    assert runtime.landed() == ["a"]


def test_text_and_digits_come_through_as_the_database_holds_them(postgresql: Runtime) -> None:
    postgresql.execute("ALTER TABLE task_trace ADD COLUMN pretty json, ADD COLUMN cost numeric")
    text = 'a "quoted" \\frac{1}{2}\n\tnext line, ½ and 🙂'
    postgresql.execute(
        "INSERT INTO task_trace (id, goal, created_at, ok, steps, pretty, cost)"
        " VALUES ('a', :text, now(), true, :steps, :pretty, 0.10)",
        text=text,
        steps='[{"gold": 0.10000000000000000001, "big": 123456789012345678901234567890}]',
        pretty='{\n  "two": "lines"\n}',
    )
    exported = postgresql.export()
    (line,) = (postgresql.folder / "landing" / exported.files[0]).read_text("utf-8").splitlines()
    row = json.loads(line, parse_float=str)
    assert row["goal"] == text
    assert row["steps"] == [
        {"big": 123456789012345678901234567890, "gold": "0.10000000000000000001"}
    ]
    assert (row["pretty"], row["cost"], row["plan_json"]) == ({"two": "lines"}, "0.10", None)


def test_rows_without_a_time_are_counted_and_never_half_exported(runtime: Runtime) -> None:
    runtime.write("a", 1)
    runtime.execute("UPDATE task_trace SET created_at = NULL WHERE id = 'a'")
    runtime.write("b", 1)
    exported = runtime.export()
    assert (exported.rows, exported.rows_without_time) == (1, 1)


@pytest.mark.parametrize("odd", ["12:30", "now", "2026-02-31", "soon"])
def test_a_row_with_an_odd_time_stops_no_other_and_is_counted_by_each_export(
    tmp_path: Path, odd: str
) -> None:
    runtime = Runtime(sa.URL.create("sqlite", database=str(tmp_path / "runtime.db")), tmp_path)
    runtime.write("good", 1)
    runtime.write("odd", 1)
    runtime.execute("UPDATE task_trace SET created_at = :odd WHERE id = 'odd'", odd=odd)
    assert [runtime.export().rows_without_time for _ in range(2)] == [1, 1]
    assert runtime.landed() == ["good"]


@pytest.mark.slow
def test_a_long_history_is_exported_in_bounded_memory(postgresql: Runtime) -> None:
    postgresql.execute(
        "INSERT INTO task_trace SELECT n::text, 'p', repeat('x', 10000),"
        f" timestamptz '{NOW.isoformat()}' - n * interval '1 minute', '[]', '[]', '', true"
        " FROM generate_series(1, 20000) n"
    )
    program = (
        "import resource, sys; from pathlib import Path;"
        "from dpo_math_assets.traces.database import *;"
        "from dpo_math_assets.traces.landing import LandingArea;"
        "folder = Path(sys.argv[2]); landing = LandingArea(folder / 'landing', folder / 'm');"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "settings = DatabaseSettings(table=sys.argv[3]);"
        "exported = export_new_rows(sys.argv[1], landing, folder / sys.argv[3], settings);"
        "print(exported.rows, peak())"
    )

    def run(table: str) -> list[int]:
        done = subprocess.run(
            [sys.executable, "-c", program, postgresql.url, postgresql.folder, table],
            capture_output=True,
            text=True,
            check=True,
        )
        return [int(each) for each in done.stdout.split()]

    postgresql.execute("CREATE TABLE small AS SELECT * FROM task_trace LIMIT 100")
    (few, base), (many, peak) = run("small"), run("task_trace")
    assert (few, many) == (100, 20000)
    assert peak - base < 50, f"200 MB of rows took {peak - base} MB more than 1 MB of them"


# What people export by hand ----------------------------------------------------------------------

BY_HAND = {
    "copy of json": "COPY (SELECT row_to_json(t) FROM task_trace t) TO STDOUT",
    "select of json": "SELECT row_to_json(t) FROM task_trace t",
    "one array": "SELECT json_agg(t) FROM task_trace t",
    "csv": "COPY task_trace TO STDOUT WITH (FORMAT csv, HEADER)",
    "csv of json": "COPY (SELECT row_to_json(t) FROM task_trace t) TO STDOUT WITH (FORMAT csv)",
}


@pytest.mark.parametrize("query", BY_HAND.values(), ids=BY_HAND)
def test_what_psql_exports_reads_like_what_is_exported_here(
    postgresql: Runtime, server: Server, query: str
) -> None:
    postgresql.write("a", 2, answer='\\nabla is "so",\n\\frac{28}{2}')
    postgresql.write("b", 1, ok=False, answer="15")
    exported = postgresql.export()
    ours = read(postgresql.folder, postgresql.folder / "landing" / exported.files[0])
    by_hand = read(postgresql.folder, server.psql(postgresql.engine.url, query), "by_hand.export")
    assert len(ours.traces) == 2

    def told(trace: dict[str, Any]) -> list[Any]:
        return [trace[name] for name in trace if name not in ("line_number", "meta")]

    assert [told(trace) for trace in by_hand.traces] == [told(trace) for trace in ours.traces]


# What people get wrong ---------------------------------------------------------------------------


def refused(runtime: Runtime, url: str | None = None, **changes: Any) -> str:
    """The sentence that an export is refused with."""
    runtime.url = runtime.url if url is None else url
    with pytest.raises(DpoMathError) as caught:
        runtime.export(**changes)
    told = str(caught.value)
    assert PASSWORD not in told and "s3cret" not in told
    return told


def test_a_missing_or_odd_url_says_what_to_set(postgresql: Runtime) -> None:
    assert "DPO_MATH_DATABASE_URL is not set" in refused(postgresql, "")
    assert "cannot be read as the URL" in refused(postgresql, "runtime:s3cret")
    assert "PostgreSQL and SQLite are read" in refused(postgresql, "mysql://u:s3cret@h/d")
    assert "there is none" in refused(postgresql, "sqlite:///nowhere/runtime.db")


def test_a_wrong_password_or_server_is_told_without_the_password(
    postgresql: Runtime, server: Server
) -> None:
    wrong = server.url("postgres", password="s3cret/other@").render_as_string(hide_password=False)
    assert "password authentication failed" in refused(postgresql, wrong)
    nobody = wrong.replace(str(server.port), "1")
    told = refused(postgresql, nobody)
    assert "postgresql://127.0.0.1:1/postgres cannot be read" in told
    assert "Check that the server runs" in told


def test_a_missing_table_or_column_is_named(runtime: Runtime) -> None:
    assert "no table traces" in refused(runtime, table="traces")
    runtime.execute("CREATE TABLE other (id text, made_at text)")
    assert "has no column created_at, ok" in refused(runtime, table="other")


def test_a_user_who_may_not_read_is_told_what_to_grant(postgresql: Runtime, server: Server) -> None:
    postgresql.execute("CREATE ROLE reader LOGIN PASSWORD 's3cret'")
    url = postgresql.engine.url.set(username="reader", password="s3cret")
    told = refused(postgresql, url.render_as_string(hide_password=False))
    assert "GRANT SELECT ON task_trace TO reader" in told


def test_a_slow_answer_is_given_up_and_told(postgresql: Runtime) -> None:
    postgresql.write("a", 1)
    postgresql.execute("CREATE VIEW slow AS SELECT task_trace.* FROM task_trace, pg_sleep(30)")
    assert "longer than database.timeout_s = 1 s" in refused(postgresql, table="slow", timeout_s=1)


def test_a_password_that_the_database_itself_repeats_is_not_told(postgresql: Runtime) -> None:
    postgresql.write("a", 1)
    postgresql.execute(
        "CREATE FUNCTION tell() RETURNS int LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'no entry with {PASSWORD}'; END $$"
    )
    postgresql.execute("CREATE VIEW loud AS SELECT task_trace.*, tell() FROM task_trace")
    assert "no entry with ***" in refused(postgresql, table="loud")


def test_a_url_that_the_database_repeats_tells_no_part_of_an_odd_password() -> None:
    address = sa.URL.create("postgresql", "me", "a b?c d@e", "host", database="db")
    error = sa.exc.DatabaseError("", {}, Exception("no postgresql://me:a b?c d@e@host/db"))
    told = refusal(error, address, DatabaseSettings())
    assert told.startswith("postgresql://host/db cannot be read (no postgresql://host/db).")


def test_reading_can_change_nothing_in_the_database(postgresql: Runtime) -> None:
    postgresql.write("a", 1)
    postgresql.execute(
        "CREATE FUNCTION spoil() RETURNS int LANGUAGE sql AS $$ DELETE FROM task_trace; SELECT 1 $$"
    )
    postgresql.execute("CREATE VIEW trap AS SELECT task_trace.*, spoil() FROM task_trace")
    assert "read-only transaction" in refused(postgresql, table="trap")


def test_lost_progress_is_said_before_every_row_is_exported_again(runtime: Runtime) -> None:
    runtime.write("a", 1)
    runtime.export()
    runtime.landing.register(0)
    (runtime.folder / "progress" / "progress.json").unlink()
    assert "progress.json is missing" in refused(runtime)
    runtime.landing.manifest.unlink()  # the command line registers nothing
    assert "progress.json is missing" in refused(runtime)


def test_another_database_is_not_mixed_up_with_the_one_before(
    runtime: Runtime, server: Server, tmp_path: Path
) -> None:
    runtime.write("a", 1)
    runtime.export()
    (tmp_path / "other").mkdir()
    other = Runtime(server.new_database(), tmp_path / "other")
    assert "change `source`" in refused(runtime, other.url)


def test_progress_is_told(runtime: Runtime) -> None:
    said: list[str] = []
    tell: Callable[[str], None] = said.append
    runtime.write("a", 1)
    export_new_rows(runtime.url, runtime.landing, runtime.folder / "p", runtime.settings, tell)
    assert said and said[-1].startswith("1 new rows of ")
    assert PASSWORD not in said[-1]


def bare_table(runtime: Runtime, unique: str = "") -> None:
    runtime.execute("DROP TABLE task_trace")
    runtime.execute(TABLE.replace("id text PRIMARY KEY", f"id text {unique}"))


def insert(runtime: Runtime, row_id: str | None, time: str, goal: str, ok: bool | None) -> None:
    runtime.execute(
        "INSERT INTO task_trace VALUES (:id, 'p', :goal, :time, '[]', '[]', 'done', :ok)",
        id=row_id,
        goal=goal,
        time=time,
        ok=ok,
    )


def goals(runtime: Runtime) -> list[str]:
    lines = [line for file in runtime.landed_files() for line in file.read_text().splitlines()]
    return sorted(json.loads(line)["goal"] for line in lines)


@pytest.mark.parametrize(
    "time", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00"]
)
def test_a_time_that_python_does_not_know_stops_no_export(runtime: Runtime, time: str) -> None:
    insert(runtime, "odd", time, "odd", True)
    runtime.write("plain", 5)
    assert runtime.export().rows == 2
    (odd,) = [
        json.loads(line)
        for file in runtime.landed_files()
        for line in file.read_text().splitlines()
        if json.loads(line)["id"] == "odd"
    ]
    assert odd["created_at"] == time
    runtime.write("next", 1)
    assert [runtime.export().rows, runtime.export().rows] == [1, 0]


@pytest.mark.parametrize("row_id", [None, "same"])
def test_rows_of_one_id_or_none_are_all_exported_once(runtime: Runtime, row_id: str | None) -> None:
    bare_table(runtime)
    # An index over some of the rows makes no id unique.
    runtime.execute("CREATE UNIQUE INDEX few ON task_trace (id) WHERE goal = 'none'")
    time = (NOW - timedelta(minutes=5)).isoformat()
    insert(runtime, row_id, time, "first", True)
    insert(runtime, row_id, time, "second", True)
    insert(runtime, row_id, (NOW - timedelta(minutes=9)).isoformat(), "earlier", True)
    assert (runtime.export().rows, runtime.export().rows) == (3, 0)
    insert(runtime, row_id, time, "third", True)
    assert (runtime.export(file_mb=0.0001).rows, runtime.export().rows) == (1, 0)
    assert goals(runtime) == ["earlier", "first", "second", "third"]


@pytest.mark.parametrize("row_id", [None, "same"])
def test_a_row_without_an_id_of_its_own_is_waited_for(runtime: Runtime, row_id: str | None) -> None:
    bare_table(runtime)
    insert(runtime, row_id, (NOW - timedelta(minutes=300)).isoformat(), "waits", None)
    insert(runtime, row_id, (NOW - timedelta(minutes=5)).isoformat(), "done", True)
    first = runtime.export()
    assert (first.rows, first.waiting) == (1, 1)
    runtime.execute("UPDATE task_trace SET ok = :ok WHERE goal = 'waits'", ok=True)
    second = runtime.export()
    assert (second.rows, second.waiting) == (1, 0)
    assert goals(runtime) == ["done", "waits"]
