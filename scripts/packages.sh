#!/bin/sh
# Installs the named Debian or Ubuntu packages that are missing. If none is missing, it changes
# nothing. On other systems it says what is needed and goes on. The build then shows
# what is missing.
set -eu

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "This is not Debian or Ubuntu. If the build fails, install what these packages hold: $*" \
		>&2
	exit 0
fi

missing=
for package in "$@"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Ask an administrator to install:$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "Installing:$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # the list is meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
