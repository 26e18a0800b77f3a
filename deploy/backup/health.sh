#!/bin/sh
# Succeeds if the newest backup is at most BACKUP_HOURS plus one hour old.
set -eu
minutes=$(((${BACKUP_HOURS:-24} + 1) * 60))
find "$MVP__BACKUP__FOLDER" -maxdepth 1 -name '[0-9]*-postgresql' -mmin "-$minutes" | grep -q .
