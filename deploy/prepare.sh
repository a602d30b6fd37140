#!/bin/sh
# Once, before the first `docker compose up`: the secrets in deploy/.env, a file for settings, and the folders that the
# containers write to. What is there already stays as it is, so that it may be run again.
set -eu
umask 077
cd "$(dirname "$0")"

# Whoever runs this owns the folders; root's crawls run as a user that owns nothing else.
owner=$(id -u):$(id -g)
[ "$(id -u)" != 0 ] || owner=10001:10001

secret() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

if [ ! -e .env ]; then
    cat >.env.new <<END
# Made by prepare.sh; only its owner can read it. docs/operator.md says what else may stand here.
PORTALCRAWLER_OWNER=$owner
# An e-mail address or URL that goes into the User-Agent, for the people of the portals.
PORTALCRAWLER_CONTACT=
# What readers of the web pages must send.
PORTALCRAWLER_WEB_TOKEN=$(secret)
MONGODB_PASSWORD=$(secret)
MONGODB_ROOT_PASSWORD=$(secret)
END
    mv .env.new .env
    echo "prepare: deploy/.env has new secrets; keep a copy of it with your backups"
else
    echo "prepare: deploy/.env stays as it is"
fi

if [ ! -e settings ]; then
    cat >settings.new <<END
# Variables of the programs besides those of .env, NAME=VALUE without quotation marks: docs/operation.md has all of them.
#PORTALCRAWLER_PAGES_MAX_MB=2048
END
    mv settings.new settings
fi

owner=$(sed -n 's/^PORTALCRAWLER_OWNER=//p' .env)
for folder in home home/sites pictures backups; do
    [ -d "$folder" ] || install -d -m 700 "$folder"
    [ "$(id -u)" != 0 ] || chown "$owner" "$folder"
done
# The containers' users read these, whatever umask the clone was made under.
for part in mongo scripts; do
    [ ! -d "$part" ] || chmod -R a+rX "$part"
done
echo "prepare: site files go into deploy/home/sites, alerts into deploy/home/alerts.toml"
