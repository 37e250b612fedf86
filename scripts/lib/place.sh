# shellcheck shell=sh
# Where an instance is ($VAR), and whether that folder is safe: scripts/up and scripts/down may run as root.

# The setting that names the folder which place_walk checks.
PLACE_SETTING=CONFAB_VAR

# others_write GROUP OWNER MODE: can other users write to a folder with this mode? A group without members that has the
# owner's name is the owner alone.
others_write() {
	[ $((0$3 & 002)) -eq 0 ] || return 0
	[ $((0$3 & 020)) -ne 0 ] || return 1
	[ "$1" != "$2" ] || [ -n "$(getent group "$1" | cut -d: -f4)" ]
}

# place_step PATH: fails unless PATH is a folder that belongs to root or to the caller, and in which no other user can
# replace a folder that was already checked. In a sticky folder (/tmp) no other user can.
place_step() {
	# One stat, which follows no link: type and mode in hexadecimal, then owner and group.
	# shellcheck disable=SC2046
	set -- "$1" $(stat -c '%f %u %U %G %a' "$1")
	case $((0x$2 & 0170000)) in
	$((0120000))) fail "$1 is a link: name the folder itself in $PLACE_SETTING" ;;
	$((0040000))) ;;
	*) fail "$1 is not a folder" ;;
	esac
	[ "$3" -eq 0 ] || [ "$3" -eq "$(id -u)" ] ||
		fail "$1 belongs to $4, who could lead $(id -un) to another folder: choose another $PLACE_SETTING"
	if others_write "$5" "$4" "$6" && { [ "$1" = "$VAR" ] || [ $((0$6 & 01000)) -eq 0 ]; }; then
		fail "$1 can be written by others: choose another $PLACE_SETTING, or remove that right"
	fi
}

# place_walk look|make: place_step for each folder from / down to $VAR. make creates missing folders. Nobody else can
# change what is below a checked folder, so nothing can be exchanged between the check and the use. The folders above
# this script are not checked: a user who can change them can change the script as well.
place_walk() {
	case $VAR/ in
	*/../*) fail "$PLACE_SETTING may not hold ..: $VAR" ;;
	esac
	VAR=$(printf '%s\n' "$VAR" | sed -e ':again' -e 's,/\.\{0\,1\}/,/,' -e 't again' -e 's,/\.\{0\,1\}$,,')
	[ -n "$VAR" ] || fail "$PLACE_SETTING must be a folder of its own, not /"
	walk_at=
	walk_rest=${VAR#/}/
	while [ -n "$walk_rest" ]; do
		walk_at=$walk_at/${walk_rest%%/*}
		walk_rest=${walk_rest#*/}
		if [ ! -e "$walk_at" ] && [ ! -L "$walk_at" ]; then
			[ "$1" = make ] || return 0
			mkdir "$walk_at" || fail "cannot make $walk_at"
		fi
		case $HERE/ in
		"$walk_at"/*) ;;
		*) place_step "$walk_at" ;;
		esac
	done
}

# place_find: sets VAR, from CONFAB_VAR or ./var. ./var may be a link, made by scripts/up (for a clone in /root) or by
# the owner of the clone. The folder behind the link is checked like a CONFAB_VAR.
place_find() {
	VAR=$(absolute "${CONFAB_VAR:-$HERE/var}")
	if [ -z "${CONFAB_VAR:-}" ] && [ -L "$VAR" ]; then
		link_owner=$(stat -c %u "$VAR")
		[ "$link_owner" -eq 0 ] || [ "$link_owner" -eq "$(stat -c %u "$HERE")" ] ||
			fail "$VAR is a link that belongs to another user"
		VAR=$(readlink -f "$VAR")
	fi
}

# lock: one scripts/up or scripts/down at a time.
lock() {
	exec 9>"$VAR/lock"
	flock -w 60 9 || fail "another scripts/up or scripts/down is running in $VAR"
}
