#!/bin/sh
# Fetch other releases of promtool from Debian's suites, without touching the machine's own packages:
#
#     scripts/fetch-promtool.sh [FOLDER] [SUITE...]      default: .promtool trixie forky
#
# Prints the paths as one colon-separated list, ready for FRAISEQL_OBSERVE_PROMTOOLS. The mirror is the one that
# this machine's apt already uses.
set -eu

folder=${1:-.promtool}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- trixie forky

if ! command -v apt-get > /dev/null; then
    echo "fetch-promtool: needs apt-get (Debian or Ubuntu). Put other promtools into FRAISEQL_OBSERVE_PROMTOOLS yourself." >&2
    exit 1
fi
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | grep -v -e security | head -n 1)
if [ -z "$mirror" ]; then
    echo "fetch-promtool: apt knows no Debian mirror. Run 'apt-get update', or set FRAISEQL_OBSERVE_PROMTOOLS yourself." >&2
    exit 1
fi

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
paths=
for suite in "$@"; do
    here=$folder/$suite
    if [ ! -x "$here/usr/bin/promtool" ]; then
        mkdir -p "$here/lists/partial" "$here/archives/partial"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$here/sources.list"
        private="-o Dir::Etc::sourcelist=$here/sources.list -o Dir::Etc::sourceparts=/dev/null
            -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::lists=$here/lists -o Dir::State::status=/dev/null
            -o Dir::Cache=$here -o Acquire::Languages=none"
        # $private is a list of options, split on purpose.
        # shellcheck disable=SC2086
        (cd "$here" && apt-get $private -qq update && apt-get $private -qq download promtool) >&2
        dpkg -x "$here"/promtool_*.deb "$here"
        rm -rf "$here/lists" "$here/archives" "$here"/*.deb "$here"/*.bin "$here/sources.list"
    fi
    paths=$paths${paths:+:}$here/usr/bin/promtool
done
echo "$paths"
