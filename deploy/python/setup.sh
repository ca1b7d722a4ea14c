#!/bin/sh
# Makes the Python environment in the folder $1 from requirements.lock. The file $1/.ready says that it is complete:
# an environment without it is brought up to date, or made anew when the last attempt was interrupted. Two at once
# take turns: whoever runs holds a lock on this script.
set -eu

venv=$1
uv_version=0.13.8

# Readable for all: PostgreSQL, started as root, runs from here as another user.
umask 022

fail() {
  echo "setup: $*" >&2
  exit 1
}

is_supported() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1
}

find_python() {
  for candidate in ${PYTHON_FOR_SETUP:-python3 python3.13 python3.12 python3.11 python3.14}; do
    if is_supported "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 to 3.14 is needed, and neither python3 nor python3.11 to python3.14 is one. Install it, or name" \
    "one: make setup PYTHON_FOR_SETUP=/path/to/python3.12"
}

make_venv() {
  rm -rf "$venv"
  echo "setup: $venv with $("$python" --version 2>&1)"
  if "$python" -m venv "$venv" >/dev/null 2>&1; then
    return
  fi
  # Debian and Ubuntu keep ensurepip in a package of its own; the system's pip can fill an environment from outside.
  rm -rf "$venv"
  if "$python" -m venv --without-pip "$venv" >/dev/null 2>&1 &&
    "$python" -m pip --python "$venv/bin/python" install --quiet pip >/dev/null 2>&1; then
    return
  fi
  rm -rf "$venv"
  fail "$python cannot make an environment: its venv module lacks ensurepip. On Debian and Ubuntu:" \
    "apt-get install python3-venv"
}

install_locked() {
  if "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version" &&
    "$venv/bin/uv" pip sync --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes requirements.lock
  then
    return
  fi
  # uv does not read pip's configuration: where only pip knows the way to a registry, pip does it, more slowly.
  echo "setup: uv could not install the packages; trying pip"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    -r requirements.lock || fail "the packages could not be installed; see the message above"
}

python=$(find_python)
if [ "${2:-}" != locked ]; then
  exec "$python" -c '
import fcntl, os, sys
script, venv = sys.argv[1:]
lock = os.open(script, os.O_RDONLY)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("setup: another one is running; waiting for it", flush=True)
    fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock, True)
os.execvp("sh", ["sh", script, venv, "locked"])' "$0" "$venv"
fi

if [ "$venv/.ready" -nt requirements.lock ] && [ "$venv/.ready" -nt "$0" ]; then
  exit 0
fi
if [ -e "$venv/.incomplete" ] || ! is_supported "$venv/bin/python"; then
  make_venv
fi
# An environment that uv has made has no pip.
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null 2>&1 || make_venv
touch "$venv/.incomplete"
rm -f "$venv/.ready"
echo "setup: installing the packages of requirements.lock (the first time takes a minute or more)"
install_locked
rm -f "$venv/.incomplete"
touch "$venv/.ready"
