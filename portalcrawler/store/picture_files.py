"""Where the bytes of pictures are kept: a folder, or a bucket of an S3-compatible store."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from portalcrawler.store.errors import StoreError
from portalcrawler.store.folders import sync_folder

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z]{3,4}")
_INCOMING = "incoming"
_ABANDONED_SECONDS = 86_400
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_NOT_THERE = ("404", "NoSuchKey", "NotFound", "NoSuchBucket")
_FORBIDDEN = ("403", "AccessDenied", "Forbidden")


class PictureFilesError(StoreError):
    """A picture cannot be kept, or nothing can: ``full`` says that trying another one would be in vain."""

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class PictureFiles(Protocol):
    """A place for files that are named by what is in them. Its methods block; all raise :class:`PictureFilesError`."""

    def check(self) -> None:
        """Raise unless files can be kept here."""

    def has(self, name: str, size: int) -> bool:
        """Whether the file is there, with that many bytes."""

    def save(self, name: str, data: bytes, content_type: str) -> None:
        """Keep a file; when this returns it is there whole, and before that it is not there at all."""

    def read(self, name: str) -> bytes | None:
        """What is in the file of that name; ``None`` where there is none."""

    def describe(self) -> str:
        """Where this is, for people."""


def picture_name(sha256: str, extension: str) -> str:
    """``ab/abcdef….jpg``: the name of a file by its content, relative to the folder or bucket."""
    return f"{sha256[:2]}/{sha256}.{extension}"


def open_files(place: str, aws: Mapping[str, Any]) -> PictureFiles:
    """The folder, or the bucket of ``s3://BUCKET/PREFIX``; ``aws`` holds Scrapy's settings of that name.

    Raises :class:`PictureFilesError` for a place that is neither.
    """
    if place.startswith("s3://"):
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        if not bucket:
            raise PictureFilesError(f"{place} names no bucket; write s3://BUCKET/PREFIX.")
        return PictureBucket(bucket, prefix.strip("/"), aws)
    if "://" in place:
        raise PictureFilesError(f"Pictures cannot be kept in {place}; allowed: a folder, or s3://BUCKET/PREFIX.")
    return PictureFolder(Path(place).expanduser())


class PictureFolder:
    """A folder on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def check(self) -> None:
        try:
            incoming = self.folder / _INCOMING
            incoming.mkdir(parents=True, exist_ok=True)
            for left in incoming.iterdir():  # by a process that was killed
                if left.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    left.unlink(missing_ok=True)
            with tempfile.TemporaryFile(dir=incoming):
                pass
        except OSError as error:
            raise self._error(error) from error

    def has(self, name: str, size: int) -> bool:
        try:
            return self.path(name).stat().st_size == size
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._error(error) from error

    def save(self, name: str, data: bytes, content_type: str) -> None:  # noqa: ARG002  # a folder has names only
        path = self.path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            incoming = self.folder / _INCOMING
            incoming.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=incoming, delete=False) as file:
                try:
                    file.write(data)
                    file.flush()
                    os.fchmod(file.fileno(), 0o644)  # mkstemp makes files that only their owner can read
                    os.fsync(file.fileno())
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
            sync_folder(path.parent)  # the new name is on disk only when its folder is
        except OSError as error:
            raise self._error(error) from error

    def read(self, name: str) -> bytes | None:
        try:
            return self.path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._error(error, "read") from error

    def describe(self) -> str:
        return str(self.folder)

    def path(self, name: str) -> Path:
        """Where the file of that name is or would be, below the folder. Raises for what is no such name."""
        return self.folder / _checked(name)

    def _error(self, error: OSError, what: str = "written") -> PictureFilesError:
        words = error.strerror or str(error)
        return PictureFilesError(
            f"The folder of pictures {self.folder} cannot be {what}: {words}.", full=error.errno in _NO_ROOM
        )


class PictureBucket:
    """A bucket of an S3-compatible store; Scrapy's settings ``AWS_…`` and ``FILES_STORE_S3_ACL`` say how to reach it.

    What they leave out is taken as botocore does: from the environment, ``~/.aws`` or the machine's role.
    """

    def __init__(self, bucket: str, prefix: str, aws: Mapping[str, Any]) -> None:
        try:
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
            from botocore.session import get_session
        except ImportError as error:
            raise PictureFilesError(
                "Pictures in an S3 bucket need botocore: pip install 'portalcrawler[s3]'."
            ) from error
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self._acl = aws.get("FILES_STORE_S3_ACL")
        self._errors = (BotoCoreError, ClientError)
        pool = aws.get("AWS_MAX_POOL_CONNECTIONS")
        limits = {"max_pool_connections": int(pool)} if pool else {}
        retries = {"max_attempts": 3, "mode": "standard"}
        try:
            self._client: Any = get_session().create_client(
                "s3",
                aws_access_key_id=aws.get("AWS_ACCESS_KEY_ID"),
                aws_secret_access_key=aws.get("AWS_SECRET_ACCESS_KEY"),
                aws_session_token=aws.get("AWS_SESSION_TOKEN"),
                endpoint_url=aws.get("AWS_ENDPOINT_URL"),
                region_name=aws.get("AWS_REGION_NAME"),
                use_ssl=aws.get("AWS_USE_SSL"),
                verify=aws.get("AWS_VERIFY"),
                config=Config(connect_timeout=10, read_timeout=60, retries=retries, **limits),
            )
        except (*self._errors, ValueError) as error:  # ValueError: an endpoint that is no URL
            raise self._error(error) from error

    def check(self) -> None:
        try:
            self._client.head_bucket(Bucket=self.bucket)
        except self._errors as error:
            # Who may write files may not be allowed to ask for the bucket.
            if _code(error) not in _FORBIDDEN:
                raise self._error(error) from error

    def has(self, name: str, size: int) -> bool:
        try:
            answer = self._client.head_object(Bucket=self.bucket, Key=self.prefix + _checked(name))
        except self._errors as error:
            # S3 says "forbidden" of a file that is not there to who may not list the bucket.
            if _code(error) in (*_NOT_THERE, *_FORBIDDEN):
                return False
            raise self._error(error) from error
        return bool(answer["ContentLength"] == size)

    def save(self, name: str, data: bytes, content_type: str) -> None:
        extra = {"ACL": self._acl} if self._acl else {}
        try:
            self._client.put_object(
                Bucket=self.bucket, Key=self.prefix + _checked(name), Body=data, ContentType=content_type, **extra
            )
        except self._errors as error:
            raise self._error(error) from error

    def read(self, name: str) -> bytes | None:
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=self.prefix + _checked(name))
            return bytes(answer["Body"].read())
        except self._errors as error:
            if _code(error) in (*_NOT_THERE, *_FORBIDDEN):
                return None
            raise self._error(error) from error

    def describe(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def _error(self, error: Exception) -> PictureFilesError:
        return PictureFilesError(f"The bucket of pictures {self.describe()} cannot be used: {str(error).rstrip('.')}.")


def _checked(name: str) -> str:
    """Names come from the database too: none may lead out of the folder."""
    if not _NAME.fullmatch(name):
        raise PictureFilesError(f"{name!r} is not the name of a picture's file.")
    return name


def _code(error: Exception) -> str:
    answer: Mapping[str, Any] = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code", ""))
