#!/bin/sh
# Writes a backup into a folder of its own and deletes those that are older than KEEP_DAYS, but only once the new one is whole.
set -eu
folder=${1:?usage: backup.sh FOLDER}
portalcrawler db backup "$folder/$(date -u +%Y%m%dT%H%M%SZ)"
find "$folder" -mindepth 1 -maxdepth 1 -type d -name '20??????T??????Z' -mtime "+${KEEP_DAYS:-14}" -exec rm -rf {} +
