#!/bin/sh
# Runs a script (standard input) as root on a copy of this machine with its own files, processes and network.
set -eu

usage() {
	cat <<'END'
Usage: unshare --mount --pid --net --fork --kill-child sandbox.sh FOLDER PLACE... <SCRIPT

FOLDER is an empty folder, where the copy of / is mounted. What the script writes is in memory, and is gone after it. Each
PLACE (a folder, or FROM=TO) is in the copy even if it is on another file system; it is the folder itself, not a copy.
END
}

[ $# -ge 1 ] || {
	usage >&2
	exit 2
}
folder=$1
shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/changes" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/changes,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
for place in "$@"; do
	mkdir -p "$root${place#*=}"
	mount --bind "${place%%=*}" "$root${place#*=}"
done
ip link set lo up
cat >"$root/tmp/script"
exec chroot "$root" sh -eu /tmp/script </dev/null
