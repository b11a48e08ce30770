#!/usr/bin/env bash
# Run a command against a PostgreSQL server of its own, thrown away afterwards:
#   tools/throwaway_postgresql.sh COMMAND [ARG …]      (TITULAIRE_DATABASE is set for the command)
# Uses the newest server installed; as root on Debian, installs one when there is none.
set -euo pipefail

find_server() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

bin=$(find_server || true)
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
  bin=$(find_server || true)
fi
if [ -z "$bin" ]; then
  echo "PostgreSQL is not installed: install the package 'postgresql', then run this again." >&2
  exit 1
fi

home=$(mktemp -d)
as_server() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
[ "$(id -u)" = 0 ] && chown postgres "$home"
trap 'as_server "$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$home"' EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as_server "$bin/initdb" -D "$home/data" -U titulaire -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
as_server "$bin/pg_ctl" -D "$home/data" -w -l "$home/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$home -c fsync=off" start >/dev/null
as_server "$bin/createdb" -h 127.0.0.1 -p "$port" -U titulaire titulaire

TITULAIRE_DATABASE="postgresql://titulaire:none@127.0.0.1:$port/titulaire" "$@"
