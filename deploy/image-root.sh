#!/bin/sh
# Creates the file system of the service's image in ROOT: PROGRAM, the libraries that it is linked with, and
# certificates. It contains no shell.
#
#     deploy/image-root.sh PROGRAM ROOT
set -eu
program=$1
root=$2

install -D -m 0755 "$program" "$root/usr/local/bin/motovaultpro"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    install -D -m 0755 "$library" "$root$library"
done
[ -n "$(find "$root" -name 'libc.so*')" ] || {
    echo "image-root: $program has no C library, or ldd can't find it" >&2
    exit 1
}
# TLS trusts the same authorities as Debian.
install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'nonroot:x:65532:65532::/var/lib/motovaultpro:/sbin/nologin' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"
install -d -m 1777 "$root/tmp"
install -d "$root/var/lib/motovaultpro/data"
