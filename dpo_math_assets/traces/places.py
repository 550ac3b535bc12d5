"""Where log exports lie: a local folder, or an object store that fsspec reaches by its URL.

Both list their exports, fingerprint one, give one as a local file and take a new one. A file of a
folder grows while it is written; an object appears whole, and its listing is asked for once a look.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.storage import atomic_file
from dpo_math_assets.traces.texts import moment

EXPORT_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json", ".csv", ".parquet"})
COMPRESSION_SUFFIXES = frozenset({".gz", ".zst"})
# Names that writers give to what they have not finished.
UNFINISHED_SUFFIXES = frozenset({".tmp", ".part", ".partial", ".crdownload", ".filepart"})

# What stores call the time of an object's last change, and what names its content.
_MODIFIED_FIELDS = ("LastModified", "last_modified", "updated", "mtime", "created")
_VERSION_FIELDS = ("ETag", "etag", "md5Hash", "generation")

# User and password before a URL's host. A password may hold `/` and `@`, as it should not.
_USER = r"[^\s/:]*:\S*@|[^\s/]*@"


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing area as a scan sees it."""

    path: str  # relative to the landing area, with slashes
    size: int
    modified_ns: int
    version: str = ""  # an object store's own name for the content; empty in a folder


@dataclass
class Scan:
    """What lies in the landing area."""

    files: list[LandedFile] = field(default_factory=list)  # exports by their names, oldest first
    unreadable: dict[str, str] = field(default_factory=dict)  # path to what the system said
    ignored: list[str] = field(default_factory=list)  # files whose names are no export's

    def sorted(self) -> "Scan":
        """The same, oldest file first."""
        self.files.sort(key=lambda file: (file.modified_ns, file.path))
        return self


def is_export(path: PurePosixPath | Path) -> bool:
    """Whether the name is that of a finished log export."""
    if any(part.startswith((".", "_")) for part in path.parts):
        return False
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not suffixes or suffixes[-1] in UNFINISHED_SUFFIXES:
        return False
    if suffixes[-1] in COMPRESSION_SUFFIXES:
        return len(suffixes) > 1 and suffixes[-2] in EXPORT_SUFFIXES
    return suffixes[-1] in EXPORT_SUFFIXES


def _is_worth_a_word(path: PurePosixPath | Path) -> bool:
    """Whether a file that is no export may have been meant as one."""
    hidden = any(part.startswith((".", "_")) for part in path.parts[:-1])
    return (
        not (hidden or path.name.startswith(".")) and path.suffix.lower() not in UNFINISHED_SUFFIXES
    )


def fingerprint_file(path: Path) -> str:
    """32 hex digits of BLAKE2b over the file's bytes as they lie on disk.

    Raises OSError where it cannot be read, and for what is no plain file: a pipe would be waited
    for, and a device has no end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(_NO_FILE)
    with path.open("rb") as file:
        return _fingerprint(file)


def _fingerprint(file: IO[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    while piece := file.read(1024 * 1024):
        digest.update(piece)
    return digest.hexdigest()


_NO_FILE = "it is a pipe, a socket or a device and no file. Put a file there, or remove it"


def _why_no_export(path: Path, name: str, status: os.stat_result, root: Path) -> str | None:
    """Why what lies in the folder `root` is not taken for an export, and what to do."""
    if not stat.S_ISREG(status.st_mode):
        return _NO_FILE
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        return "it is a link that leads out of the landing area. Copy the file there instead"
    if _shown(name) != name:
        return "its name is not UTF-8. Rename it"
    return None


def _shown(name: str) -> str:
    """A name that can be printed and stored: bytes that are not UTF-8 as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Folder:
    """A landing area that is a local folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def scan(self) -> Scan:
        """Every file under the folder; files that vanish meanwhile are left out."""
        if not self.path.is_dir():
            raise LogFormatError(f"the landing folder {self.path} does not exist: create it")
        found = Scan()
        root = self.path.resolve()

        def unreadable(error: OSError) -> None:
            found.unreadable[_shown(str(error.filename))] = _shown(str(error))

        for parent, folders, names in os.walk(self.path, onerror=unreadable):
            folders[:] = [name for name in folders if not name.startswith((".", "_"))]
            for name in names:
                path = Path(parent, name)
                relative = path.relative_to(self.path)
                shown = _shown(relative.as_posix())
                if not is_export(relative):
                    if _is_worth_a_word(relative):
                        found.ignored.append(shown)
                    continue
                try:
                    status = path.stat()
                    why = _why_no_export(path, relative.as_posix(), status, root)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    unreadable(error)
                    continue
                if why:
                    found.unreadable[shown] = why
                    continue
                found.files.append(
                    LandedFile(relative.as_posix(), status.st_size, status.st_mtime_ns)
                )
        return found.sorted()

    def fingerprint(self, name: str) -> str:
        """The fingerprint of a file. Raises OSError where it cannot be read."""
        return fingerprint_file(self.path / name)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """The file as a path to read."""
        yield self.path / name

    def put(self, source: Path, name: str) -> None:
        """Let a copy of `source` appear under the name, whole, replacing what is there."""
        target = self.path / name
        with atomic_file(target) as temporary:
            shutil.copyfile(source, temporary)


class ObjectStore:
    """A landing area that is a prefix of an object store, as `s3://bucket/exports`.

    Credentials are those that the store's own client finds (environment, profile, role).
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def __str__(self) -> str:
        return without_secrets(self._url)

    def scan(self) -> Scan:
        """Every object under the prefix."""
        files, root = self._files_and_root()
        try:
            files.invalidate_cache()
            listed = files.find(root, detail=True)
        except Exception as error:
            raise self._refused(f"{self} cannot be listed", error) from None
        found = Scan()
        for name, about in listed.items():
            relative = name[len(root) :].lstrip("/")
            if not relative or name.endswith("/") or about["type"] != "file":
                continue
            if is_export(PurePosixPath(relative)):
                found.files.append(_object(relative, about))
            elif _is_worth_a_word(PurePosixPath(relative)):
                found.ignored.append(relative)
        return found.sorted()

    def fingerprint(self, name: str) -> str:
        """The fingerprint of an object. Raises OSError where it cannot be read."""
        files, root = self._files_and_root()
        try:
            with files.open(f"{root}/{name}", "rb") as file:
                return _fingerprint(file)
        except Exception as error:
            raise OSError(self._said(error)) from None

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """The object as a path to read: a copy that is removed afterwards."""
        files, root = self._files_and_root()
        with tempfile.TemporaryDirectory(prefix="dpo-math-") as folder:
            # Its path ends as the URL does, so that what is said of it tells which object it is.
            copy = Path(folder) / str(self).replace("://", "/") / name
            copy.parent.mkdir(parents=True)
            try:
                files.get_file(f"{root}/{name}", str(copy))
            except FileNotFoundError:
                raise LogFormatError(
                    f"{self}/{name} is gone before it was read; put it back, under any name"
                ) from None
            except Exception as error:
                raise self._refused(f"{self}/{name} cannot be read", error) from None
            yield copy

    def put(self, source: Path, name: str) -> None:
        """Let a copy of `source` appear under the name, whole, replacing what is there."""
        files, root = self._files_and_root()
        try:
            files.put_file(str(source), f"{root}/{name}")
        except Exception as error:
            raise self._refused(f"{self}/{name} cannot be written", error) from None

    def _files_and_root(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        try:
            files, root = url_to_fs(self._url)
        except Exception as error:  # a client may look for its server already here
            raise self._refused(f"{self} cannot be reached", error) from None
        return files, root.rstrip("/")

    def _refused(self, what: str, error: Exception) -> LogFormatError:
        return LogFormatError(
            f"{what} ({self._said(error)}). Check the URL in DPO_MATH_LANDING, and that the "
            "credentials in this environment may list, read and write there."
        )

    def _said(self, error: Exception) -> str:
        """The client's own words, without what the URL holds besides the address."""
        said = without_secrets(f"{type(error).__name__}: {error}")
        for secret in _secrets(self._url):
            said = said.replace(secret, "***")
        return said


def place_at(location: str | Path) -> Folder | ObjectStore:
    """The place that a path or an fsspec URL names; `file://` is a local folder."""
    text = str(location)
    if text.startswith("file://"):
        return Folder(Path(text.removeprefix("file://")))
    protocol, slashes, path = text.partition("://")
    return ObjectStore(f"{protocol}://{path.rstrip('/')}") if slashes else Folder(Path(text))


def without_secrets(text: str) -> str:
    """The text with what stands before the host, and after the path, of every URL left out."""
    return re.sub(rf"((?<!\w)\w++://)(?:{_USER})?([^\s?]*)(?:\?\S*)?", r"\1\2", text)


def _secrets(url: str) -> list[str]:
    """What may be secret in a URL, longest first: user and password, options after the path.

    A password that holds `/`, `?` or `#` also in parts: a client takes the URL apart there, and
    repeats one of them.
    """
    user = re.search(rf"(?<=://)(?:{_USER})", url)
    options = re.search(r"(?<=\?)\S+", url[user.end() :] if user else url)
    found = {options.group()} if options else set()
    if user:
        given = user.group().removesuffix("@")
        password = given.partition(":")[2] or given
        found |= {given, password, unquote(password)}
        if re.search(r"[/?#]", password):
            found.update(re.split(r"[/?#@]", password))
    return sorted(found - {""}, key=len, reverse=True)


def _object(path: str, about: dict[str, Any]) -> LandedFile:
    times = (moment(about[name]) for name in _MODIFIED_FIELDS if about.get(name) is not None)
    modified = next((time for time in times if time is not None), None)
    version = next((str(about[name]) for name in _VERSION_FIELDS if about.get(name)), "")
    # Without a time it is taken as old: an object that is listed is whole.
    modified_ns = int(modified.timestamp() * 1e6) * 1000 if modified else 0
    return LandedFile(path, int(about["size"]), modified_ns, version.strip('"'))
