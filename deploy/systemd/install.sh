#!/bin/sh
# Installs portalcrawler of this clone into /opt/portalcrawler, with its systemd units; run again, it is the upgrade.
#
#   sudo deploy/systemd/install.sh [EXTRAS]     EXTRAS as pip knows them; local,schedule,web,photos,export if none are given
#
# It starts nothing, and leaves /etc/portalcrawler/environment alone if it is there.
set -eu
umask 022 # what is in /opt is read by the user portalcrawler, whatever root's umask is

extras=${1:-local,schedule,web,photos,export}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "install: root is needed: sudo $0" >&2; exit 1; }

id portalcrawler >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir /var/lib/portalcrawler --shell /usr/sbin/nologin portalcrawler
install -d -o portalcrawler -g portalcrawler -m 700 /var/lib/portalcrawler /var/lib/portalcrawler/sites \
    /var/lib/portalcrawler-pictures /var/backups/portalcrawler
install -d -m 755 /etc/portalcrawler /usr/local/lib/portalcrawler

[ -x /opt/portalcrawler/bin/python ] || python3 -m venv /opt/portalcrawler
/opt/portalcrawler/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "$root[$extras]"

[ -e /etc/portalcrawler/environment ] ||
    install -o root -g portalcrawler -m 640 "$here/environment" /etc/portalcrawler/environment
install -m 755 "$here/portalcrawler" /usr/local/bin/portalcrawler
install -m 755 "$here/../scripts/backup.sh" /usr/local/lib/portalcrawler/backup.sh
install -m 644 "$here"/*.service "$here"/*.timer /etc/systemd/system/
systemctl daemon-reload
echo "install: $(/opt/portalcrawler/bin/portalcrawler --version) is in /opt/portalcrawler; docs/operator.md says how it is started"
