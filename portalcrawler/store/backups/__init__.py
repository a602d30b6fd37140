"""Backups of an archive: a folder of compressed BSON that is of one moment, and an archive made of it again."""
