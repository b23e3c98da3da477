#!/usr/bin/env bash
# What the benchmarks compare with: Prometheus Alertmanager, from the system's packages. Installed when it may be; where
# it may not, the figures stand alone and their rows say so.
set -uo pipefail

has() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null; }
has prometheus-alertmanager && exit 0
without() { echo "without Prometheus Alertmanager: $1 (apt-get install prometheus-alertmanager)" >&2; exit 0; }

as_root=()
if [[ $EUID -ne 0 ]]; then
    has sudo && sudo -n true 2>/dev/null || without "not root"
    as_root=(sudo -n)
fi
has apt-get || without "no apt-get"

echo "installing for the benchmarks: prometheus-alertmanager …"
# A benchmark starts its own: the package must not start one.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >/dev/null 2>&1; }
{ apt update && apt install --no-install-recommends prometheus-alertmanager; } || without "apt-get could not install it"
if has systemctl; then
    "${as_root[@]}" systemctl --quiet disable prometheus-alertmanager 2>/dev/null || true
fi
