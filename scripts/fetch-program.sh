#!/bin/sh
# Fetch other releases of a program from Debian's suites, without touching the machine's own packages:
#
#     scripts/fetch-program.sh PACKAGE PROGRAM FOLDER [SUITE...]      default suites: trixie forky
#     scripts/fetch-program.sh promtool promtool .programs/promtool
#
# Prints the paths as one colon-separated list, as FRAISEQL_OBSERVE_PROMTOOLS and FRAISEQL_OBSERVE_ALERTMANAGERS want
# them. The mirror is the one that this machine's apt already uses.
set -eu

package=$1 program=$2 folder=$3
shift 3
[ $# -gt 0 ] || set -- trixie forky

if ! command -v apt-get > /dev/null; then
    echo "fetch-program: needs apt-get (Debian or Ubuntu); without it only the installed $program is tested." >&2
    exit 1
fi
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | grep -v -e security | head -n 1)
if [ -z "$mirror" ]; then
    echo "fetch-program: apt knows no Debian mirror. Run 'apt-get update'." >&2
    exit 1
fi

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
paths=
for suite in "$@"; do
    here=$folder/$suite
    if [ ! -x "$here/usr/bin/$program" ]; then
        mkdir -p "$here/lists/partial" "$here/archives/partial"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$here/sources.list"
        private="-o Dir::Etc::sourcelist=$here/sources.list -o Dir::Etc::sourceparts=/dev/null
            -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::lists=$here/lists -o Dir::State::status=/dev/null
            -o Dir::Cache=$here -o Acquire::Languages=none"
        # $private is a list of options, split on purpose.
        # shellcheck disable=SC2086
        (cd "$here" && apt-get $private -qq update && apt-get $private -qq download "$package") >&2
        dpkg -x "$here"/"$package"_*.deb "$here"
        rm -rf "$here/lists" "$here/archives" "$here"/*.deb "$here"/*.bin "$here/sources.list"
    fi
    paths=$paths${paths:+:}$here/usr/bin/$program
done
echo "$paths"
