# What scripts/demo and scripts/test do before their own work: find Python, make virtual environments, get programs.
# Source it with bash. Every function says on stderr what it does, does nothing when it has been done before, and ends
# the script with one sentence and the command that mends it when it cannot do its work.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

# fail SENTENCE COMMAND
fail() {
  say "error: $1"
  say "  try: $2"
  exit 1
}

# python_at_least MINOR: prints a Python 3.MINOR or later; what is on PATH first, then where version managers keep theirs.
python_at_least() {
  local candidate
  for candidate in python3.13 python3.14 python3.12 python3.11 python3 python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python /opt/pyenv/versions/3.*/bin/python \
    "${XDG_DATA_HOME:-$HOME/.local/share}"/uv/python/cpython-3.*/bin/python3; do
    candidate=$(command -v "$candidate") || continue
    if "$candidate" -c "import sys; sys.exit(not (3, $1) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# python_exactly MINOR: prints a Python 3.MINOR, if there is one that runs.
python_exactly() {
  local candidate
  for candidate in "python3.$1" python3 "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$1".*/bin/python; do
    candidate=$(command -v "$candidate") || continue
    if "$candidate" -c "import sys; sys.exit(sys.version_info[:2] != (3, $1))" 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# python_313: prints a Python 3.13, which FraiseQL 1.9.16 needs, installing one where that is easy.
python_313() {
  python_at_least 13 && return
  if apt_offers python3.13-venv; then
    apt_install python3.13-venv
  elif command -v uv >/dev/null; then
    say "Installing Python 3.13 with uv"
    uv python install 3.13 >&2
  elif command -v pyenv >/dev/null; then
    say "Installing Python 3.13 with pyenv; it compiles for some minutes"
    pyenv install --skip-existing 3.13 >&2
  fi
  python_at_least 13 || fail "FraiseQL needs Python 3.13, and there is none on PATH, in pyenv or in uv." \
    "install pyenv or uv and run this again, or put a python3.13 on PATH"
}

# ensure_venv FOLDER PYTHON REQUIREMENT...: a virtual environment with pip's REQUIREMENTs, made again only when they,
# the interpreter or pyproject.toml have changed.
ensure_venv() {
  local folder=$1 python=$2 stamp
  shift 2
  stamp=$({ "$python" --version; printf '%s\n' "$@"; cat "$root/pyproject.toml"; } | sha256sum)
  [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && return
  say "Making ${folder#"$root/"} with $("$python" --version) (about a minute, once)"
  ensure_venv_module "$python"
  rm -rf "$folder"
  "$python" -m venv "$folder"
  if ! (cd "$root" && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --only-binary fraiseql "$@" >"$folder/pip.log" 2>&1); then
    tail -n 15 "$folder/pip.log" >&2
    fail "pip could not install $* into ${folder#"$root/"}." "look above, then run this again"
  fi
  printf '%s\n' "$stamp" >"$folder/.stamp"
}

# ensure_venv_module PYTHON: Debian splits venv's bootstrap off into a package of its own.
ensure_venv_module() {
  "$1" -c 'import ensurepip' 2>/dev/null && return
  apt_install "$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
}

# ensure_programs NAME[,NAME...]:PACKAGE...: what is on PATH under one of its names is used, the rest comes from the
# distribution.
ensure_programs() {
  local pair packages=()
  for pair in "$@"; do
    has_any_program "${pair%%:*}" || packages+=("${pair##*:}")
  done
  [ ${#packages[@]} -eq 0 ] || apt_install "${packages[@]}"
}

has_any_program() {
  local name
  for name in ${1//,/ }; do
    has_program "$name" && return
  done
  return 1
}

# has_program NAME: Debian keeps PostgreSQL's server programs off PATH, and administrators' programs off a user's PATH.
has_program() {
  PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

apt_offers() { command -v apt-cache >/dev/null && apt-cache show "$1" 2>/dev/null | grep -q '^Package:'; }

# apt_install PACKAGE...: without starting services of theirs, which would occupy ports and which nobody asked for.
apt_install() {
  local command="apt-get install --no-install-recommends $*"
  command -v apt-get >/dev/null || fail "Not installed: $*. This is neither Debian nor Ubuntu." "install them by hand"
  if [ "$(id -u)" = 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=(sudo)
  else
    fail "Not installed: $*. They need root." "sudo $command"
  fi
  say "Installing $* (${as_root[*]:-as root}: $command)"
  forbid_services
  apt_get install "$@" || { apt_get_update && apt_get install "$@"; } ||
    fail "apt-get could not install $*." "${as_root[*]} $command"
  allow_services
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$1" --yes -qq --no-install-recommends "${@:2}" \
    </dev/null >/dev/null
}

apt_get_update() {
  say "Refreshing the list of packages (apt-get update)"
  "${as_root[@]}" apt-get update -qq >/dev/null
}

policy=/usr/sbin/policy-rc.d

# forbid_services: Debian's own way to say that packages must not start services. An existing policy is left alone.
forbid_services() {
  policy_is_ours=
  [ -e "$policy" ] && return
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  policy_is_ours=yes
  trap allow_services EXIT
}

allow_services() {
  [ -z "${policy_is_ours:-}" ] && return
  "${as_root[@]}" rm -f "$policy"
  policy_is_ours=
}
