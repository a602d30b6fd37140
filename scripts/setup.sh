#!/bin/sh
# Makes .venv with what `make demo` or `make test` needs, on a machine that has nothing but python3 >= 3.11.
#
#   scripts/setup.sh EXTRAS     EXTRAS as pip knows them: local   or   local,dev
#
# Does nothing when .venv already has these extras for this pyproject.toml. Works as root on Debian and Ubuntu without
# any preparation; elsewhere it says what to install.
set -eu

extras=${1:?usage: scripts/setup.sh EXTRAS}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/.venv
stamp=$venv/.installed-$(printf '%s' "$extras" | tr , -)

say() { printf '%s\n' "setup: $*" >&2; }
give_up() { say "$*"; exit 1; }

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

install_packages() {
    say "installing with apt-get: $*"
    # What dpkg does with each package is of no interest; errors come on standard error.
    apt-get update -qq >/dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >/dev/null
}

# The newest Python on PATH that is new enough.
find_python() {
    best= best_number=0
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        number=$("$name" -c 'import sys; print(sys.version_info.major * 1000 + sys.version_info.minor)' 2>/dev/null) ||
            continue
        if [ "$number" -ge 3011 ] && [ "$number" -gt "$best_number" ]; then
            best=$name best_number=$number
        fi
    done
    printf '%s' "$best"
}

make_venv() {
    # A virtual environment whose Python has gone or was never finished is no use.
    if [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    rm -rf "$venv"
    python=$(find_python)
    [ -n "$python" ] || give_up "Python 3.11 or newer is needed and none is on PATH; on Debian: apt-get install python3 python3-venv"
    # Debian's python3 has the venv module, but not the ensurepip that fills it.
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        can_install || give_up "$python lacks its venv module; install it (Debian, Ubuntu: sudo apt-get install python$version-venv) and run make again"
        install_packages "python$version-venv" || install_packages python3-venv ||
            give_up "python$version-venv could not be installed; see above"
    fi
    say "making $venv with $("$python" --version)"
    "$python" -m venv "$venv" || give_up "the virtual environment $venv could not be made; see above"
}

install_project() {
    say "installing portalcrawler with its extras $extras (a minute or two the first time)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root[$extras]" >&2 ||
        give_up "pip could not install the project; see above"
}

why_no_mongod() {
    "$venv/bin/python" -c '
import sys
from portalcrawler.store.errors import StoreError
from portalcrawler.store.local_binary import find_binary
try:
    find_binary()
except StoreError as error:
    sys.exit(str(error))
' 2>&1
}

# The mongod of the extra `local` needs libcurl4 and libssl3, which a small system may lack.
check_mongod() {
    # The demo can do with a server of one's own; the tests stop and kill theirs.
    case ,$extras, in *,dev,*) ;; *) [ -z "${PORTALCRAWLER_MONGODB_URI:-}" ] || return 0 ;; esac
    why=$(why_no_mongod) && return
    if can_install; then
        install_packages libcurl4 libssl3 || give_up "libcurl4 and libssl3 could not be installed; see above"
        why=$(why_no_mongod) && return
    fi
    give_up "$why"
}

has_chinese_font() {
    "$venv/bin/python" -c '
import sys
from matplotlib import font_manager
chinese = ("WenQuanYi Micro Hei", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")
sys.exit(set(chinese).isdisjoint(font_manager.get_font_names()))
'
}

# The tests draw the plots of docs/analysis.md, with Chinese labels.
check_font() {
    case ,$extras, in *,dev,*) ;; *) return ;; esac
    has_chinese_font && return
    if can_install; then
        install_packages fonts-wqy-microhei || give_up "fonts-wqy-microhei could not be installed; see above"
        rm -f "$("$venv/bin/python" -c 'import matplotlib as m; print(m.get_cachedir())')"/fontlist-*.json
        has_chinese_font && return
    fi
    give_up "there is no Chinese font, which the tests draw plots with; install one (Debian, Ubuntu: sudo apt-get install fonts-wqy-microhei) and run make again"
}

has_browser() {
    command -v chromedriver >/dev/null 2>&1 &&
        { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null 2>&1
}

# The tests open the web pages in a browser.
check_browser() {
    case ,$extras, in *,dev,*) ;; *) return ;; esac
    has_browser && return
    if can_install; then
        install_packages chromium chromium-driver || give_up "chromium and chromium-driver could not be installed; see above"
        has_browser && return
    fi
    give_up "there is no Chromium with its ChromeDriver, which the tests open the web pages in; install both (Debian: sudo apt-get install chromium chromium-driver) and run make again"
}

fingerprint=$(cksum <"$root/pyproject.toml")
make_venv
if [ "$(cat "$stamp" 2>/dev/null)" != "$fingerprint" ]; then
    install_project
    check_mongod
    check_font
    check_browser
    printf '%s\n' "$fingerprint" >"$stamp"
fi
