"""An archive becomes a backup."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from portalcrawler import __version__
from portalcrawler.store.backups.errors import BackupError
from portalcrawler.store.backups.files import BsonWriter
from portalcrawler.store.backups.folder import draft, write_synced
from portalcrawler.store.backups.manifest import COLLECTIONS, MANIFEST, Manifest, Part, Progress, no_progress
from portalcrawler.store.backups.moment import Moment, no_crawl, one_moment
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.schema import check_version, stored_version


def back_up(store: Store, folder: Path, *, snapshot: bool = True, progress: Progress = no_progress) -> Manifest:
    """Write all that is in the archive into a new folder, as it is at one moment; crawls go on meanwhile.

    The folder is there when it is whole, and else not. Without ``snapshot`` the server need not be able to show a
    moment, and crawls must not run. Nothing is written to the archive.

    Raises :class:`BackupError`, :class:`~portalcrawler.store.errors.StoreError` and, without ``snapshot``,
    :class:`~portalcrawler.store.errors.LeaseHeld`.
    """
    check_version(store)
    with store.plain_errors():
        if stored_version(store) is None:
            raise BackupError(f"There is nothing to back up in {store.describe()}.")
        listed = {entry["name"]: entry.get("options", {}) for entry in store.database.list_collections()}
        names = [name for name in COLLECTIONS if name in listed]
        indexes = {name: [dict(index) for index in store.collection(name).list_indexes()] for name in names}
    with draft(folder) as made, (one_moment if snapshot else no_crawl)(store) as moment:
        parts = tuple(_write(store, moment, made, name, listed[name], indexes[name], progress) for name in names)
        schema = store.collection("meta").find_one({"_id": "schema"}, session=moment.session) or {}
        manifest = Manifest(
            database=store.database_name,
            taken_at=moment.at,
            cluster_time=f"{moment.cluster_time.time}.{moment.cluster_time.inc}" if moment.cluster_time else None,
            schema=int(schema["version"]),
            program=__version__,
            server=moment.server.version,
            parts=parts,
        )
        # Last: a folder that has it is whole.
        write_synced(made / MANIFEST, manifest.text())
    return manifest


def _write(
    store: Store,
    moment: Moment,
    folder: Path,
    name: str,
    options: Document,
    indexes: list[Document],
    progress: Progress,
) -> Part:
    collection = store.collection(name)
    about = collection.estimated_document_count()
    # As the server sends them: no document is decoded, so that each byte stays what it is.
    with (
        BsonWriter(folder / f"{name}.bson.gz") as file,
        collection.find_raw_batches({}, session=moment.session) as batches,
    ):
        for batch in batches:
            file.add(cast(bytes, batch))  # whatever pymongo's types say
            progress(name, file.documents, max(about, file.documents))
    return Part(name, file.documents, file.bytes, file.size, file.sha256, options, indexes)
