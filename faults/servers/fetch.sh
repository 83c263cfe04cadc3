#!/usr/bin/env bash
# `faults/servers/fetch.sh valkey-server/forky redis-server/trixie …`: server programs of other Debian releases beside this machine's own, for
# `npm run faults -- --server NAME`. Each goes with the libraries of its release to .stepwell/servers/NAME, and nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$PWD/.stepwell/servers
work=$(mktemp -d)
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n 1p)
trap 'rm -rf "$work"' EXIT

for wanted in "$@"; do
  package=${wanted%/*} release=${wanted#*/}
  state=$work/$release
  mkdir -p "$state"/{lists/partial,archives/partial}
  touch "$state/status"
  for suite in "$release" "${release%-backports}"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
  done | sort -u >"$state/sources.list"
  # An apt with nothing installed: so it brings the release's own C library along.
  options=(
    -qq -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists"
    -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" -o Dir::Etc::sourcelist="$state/sources.list"
    -o Dir::Etc::sourceparts=/nonexistent -o Acquire::Languages=none -o APT::Sandbox::User=root
  )
  [ -e "$state/updated" ] || apt-get "${options[@]}" update
  touch "$state/updated"
  rm -f "$state"/archives/*.deb
  apt-get "${options[@]}" -y --download-only --no-install-recommends -t "$release" install "$package" libc6 >/dev/null
  root=$work/root-$package-$release
  for file in "$state"/archives/{lib*,zlib*,"$package"*,redis-tools*,valkey-tools*}.deb; do
    [ -e "$file" ] && dpkg -x "$file" "$root"
  done
  loader=$(find "$root" -name 'ld-linux-*.so.*' | head -n 1)
  program=$(ls "$root"/usr/bin/*-check-rdb)
  libraries=$(find "$root" -name 'libc.so.6' -printf '%h\n' | head -n 1)
  version=$("$loader" --argv0 redis-server --library-path "$libraries" "$program" --version | sed -E 's/.*v=([0-9.]+).*/\1/')
  name=${package%-server}-$version
  rm -rf "${target:?}/$name"
  mkdir -p "$target/$name/bin"
  mv "$root" "$target/$name/root"
  moved() { echo "${1/#$root/$target/$name/root}"; }
  printf '#!/bin/sh\nexec %s --argv0 redis-server --library-path %s %s "$@"\n' \
    "$(moved "$loader")" "$(moved "$libraries")" "$(moved "$program")" >"$target/$name/bin/redis-server"
  chmod +x "$target/$name/bin/redis-server"
  echo "$name"
done
