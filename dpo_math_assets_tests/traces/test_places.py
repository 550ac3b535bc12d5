"""A landing area in an object store: a local server of Amazon's protocol, and fsspec's memory."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces.landing import LandingArea
from dpo_math_assets.traces.places import ObjectStore, is_export, place_at, without_secrets
from dpo_math_assets_tests.traces.reading import FLAT, lines, read


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The endpoint of an empty store, which the clients of this process then use."""
    pytest.importorskip("moto", reason="needs moto, flask and s3fs: pip install -e .[dev]")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "reader")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=[pytest.param("s3", marks=pytest.mark.server), "memory"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty landing area in an object store."""
    bucket = f"logs-{uuid.uuid4().hex}"
    if request.param == "s3":
        import s3fs

        request.getfixturevalue("store")
        s3fs.S3FileSystem().mkdir(bucket)
    return f"{request.param}://{bucket}/exports"


def put(url: str, name: str, content: bytes) -> None:
    """Let an object appear, as another program does."""
    import fsspec

    with fsspec.open(f"{url}/{name}", "wb") as file:
        file.write(content)


def area_at(url: str, folder: Path) -> LandingArea:
    return LandingArea(url, folder / "manifest.jsonl")


def test_each_object_is_registered_once_also_by_a_restarted_process(
    url: str, tmp_path: Path
) -> None:
    put(url, "day 1/a.jsonl", b"1")
    put(url, "b.jsonl.gz", b"2")
    put(url, "notes.txt", b"3")
    put(url, "_staging/c.jsonl", b"4")
    found = area_at(url, tmp_path).register(0)
    assert sorted(export.path for export in found.registered) == ["b.jsonl.gz", "day 1/a.jsonl"]
    assert found.ignored == ["notes.txt"]
    assert area_at(url, tmp_path).register(0).registered == []


def test_a_new_object_is_seen_by_the_next_look(url: str, tmp_path: Path) -> None:
    area = area_at(url, tmp_path)
    assert area.register(0).registered == []
    put(url, "a.jsonl", b"1")
    assert [export.path for export in area.register(0).registered] == ["a.jsonl"]


def test_a_changed_object_of_the_same_size_and_second_is_registered_again(
    url: str, tmp_path: Path
) -> None:
    area = area_at(url, tmp_path)
    put(url, "a.jsonl", b"1")
    (first,) = area.register(0).registered
    put(url, "a.jsonl", b"2")
    (second,) = area.register(0).registered
    assert (first.key, second.key) == ("000001-a.jsonl", "000001-a.jsonl")
    assert first.fingerprint != second.fingerprint


def test_a_copy_is_not_counted_twice_and_stands_in_for_a_removed_original(
    url: str, tmp_path: Path
) -> None:
    import fsspec

    area = area_at(url, tmp_path)
    put(url, "a.jsonl", b"same")
    area.register(0)
    put(url, "b.jsonl", b"same")
    assert [copy.duplicate_of for copy in area.register(0).duplicates] == ["000001-a.jsonl"]
    files, root = fsspec.core.url_to_fs(url)
    files.rm(f"{root}/a.jsonl")
    area.register(0)
    assert [export.path for export in area.partitions().values()] == ["b.jsonl"]


def test_an_object_settles_before_it_is_registered(url: str, tmp_path: Path) -> None:
    put(url, "a.jsonl", b"1")
    found = area_at(url, tmp_path).register(3600)
    assert (found.registered, found.unfinished) == ([], ["a.jsonl"])


def test_an_object_is_read_through_a_copy_that_is_removed(url: str, tmp_path: Path) -> None:
    put(url, "a.jsonl", lines(FLAT))
    place = place_at(url)
    with place.local("a.jsonl") as path:
        assert read(tmp_path, path).trace["candidate"] == FLAT["candidate"]
        assert str(path).endswith(f"{url.replace('://', '/')}/a.jsonl")
    assert not path.exists()


def test_an_export_is_put_into_the_store_whole(url: str, tmp_path: Path) -> None:
    source = tmp_path / "source.jsonl"
    source.write_bytes(lines(FLAT, FLAT))
    place = place_at(url)
    place.put(source, "task_trace/000001.jsonl")
    with place.local("task_trace/000001.jsonl") as path:
        assert path.read_bytes() == source.read_bytes()


def test_an_object_that_is_gone_is_named_with_its_url(url: str) -> None:
    with (
        pytest.raises(LogFormatError, match=r"/exports/a\.jsonl is gone before it was read"),
        place_at(url).local("a.jsonl"),
    ):
        pass


def test_a_store_that_cannot_be_reached_is_told_without_secrets(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ""
    for url in ("s3://nowhere/exports", "s3://key:s3cret@nowhere/exports?token=s3cret"):
        with pytest.raises(LogFormatError) as caught:
            ObjectStore(url).scan()
        told += str(caught.value)
    assert "s3://nowhere/exports cannot be listed" in told
    assert "s3cret" not in told
    with pytest.raises(LogFormatError, match="cannot be reached"):
        ObjectStore("nosuch://bucket/exports").scan()


def test_a_client_that_finds_no_server_is_told_like_one_that_finds_no_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fsspec = pytest.importorskip("fsspec")

    def unreachable(url: str) -> None:
        raise ConnectionRefusedError(f"no {url}")

    monkeypatch.setattr(fsspec.core, "url_to_fs", unreachable)
    with pytest.raises(LogFormatError, match=r"sftp://host/x cannot be reached \(Connection"):
        place_at("sftp://me:s3cret@host/x").scan()


def test_the_root_of_a_store_is_looked_into_or_refused_and_is_no_local_folder(store: str) -> None:
    put("memory://", "root-of-a-test/a.jsonl", b"1")
    scan = place_at("memory://").scan()
    assert "root-of-a-test/a.jsonl" in [file.path for file in scan.files]
    with pytest.raises(LogFormatError, match="s3:// cannot be listed"):
        place_at("s3://").scan()


def test_a_file_url_is_a_local_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(FLAT))
    os.utime(tmp_path / "a.jsonl", (0, 0))
    scan = place_at(f"file://{tmp_path}").scan()
    assert [file.path for file in scan.files] == ["a.jsonl"]


def test_secrets_of_a_url_are_left_out_of_what_is_shown() -> None:
    assert without_secrets("s3://key:secret@bucket/a?token=secret") == "s3://bucket/a"
    assert without_secrets("at http://u:p@host:80/x y@z") == "at http://host:80/x y@z"
    assert without_secrets("no url, just a?b") == "no url, just a?b"


@pytest.mark.parametrize("password", ["p@ss", "pa/ss", "pa?ss", "a/b@c?d"])
def test_no_part_of_an_odd_password_is_shown(password: str) -> None:
    assert without_secrets(f"at sftp://user:{password}@host/x now") == "at sftp://host/x now"
    assert without_secrets("s3://bucket/exports@v2/a") == "s3://bucket/exports@v2/a"


def test_a_client_that_takes_a_url_apart_at_a_wrong_place_tells_no_part_of_the_password() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(LogFormatError) as caught:
        place_at("ftp://user:S3cr/t0k@127.0.0.1:1/x").scan()
    assert "S3cr" not in str(caught.value) and "t0k" not in str(caught.value)
    assert "ftp://127.0.0.1:1/x" in str(caught.value)
    with pytest.raises(LogFormatError, match="Connection refused"):  # still legible
        place_at("ftp://user:S3cre@t@127.0.0.1:1/x").scan()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.jsonl", True),
        ("x.NDJSON", True),
        ("x.json.gz", True),
        ("x.csv.zst", True),
        ("x.parquet", True),
        ("x.jsonl.part", False),
        ("x.jsonl.tmp", False),
        (".x.jsonl", False),
        ("_staging/x.jsonl", False),
        ("notes.txt", False),
        ("x.gz", False),
    ],
)
def test_only_finished_exports_are_picked_up(name: str, expected: bool) -> None:
    assert is_export(PurePosixPath(name)) is expected
