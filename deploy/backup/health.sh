#!/bin/sh
# Checks that a backup was made within BACKUP_HOURS and an hour.
set -eu
minutes=$(((${BACKUP_HOURS:-24} + 1) * 60))
find "$MVP__BACKUP__FOLDER" -maxdepth 1 -name '[0-9]*-postgresql' -mmin "-$minutes" | grep -q .
