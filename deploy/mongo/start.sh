#!/usr/bin/env bash
# Starts the image's own entry point, with a key for the replica set's members: 1,008 characters that nobody else knows.
set -euo pipefail
umask 077
key=/data/configdb/key
if [ ! -s "$key" ]; then
    head -c 756 /dev/urandom | base64 -w 0 >"$key.new"
    mv "$key.new" "$key"
fi
exec docker-entrypoint.sh "$@"
