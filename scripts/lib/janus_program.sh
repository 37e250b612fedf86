# shellcheck shell=sh
# Chooses the Janus of an instance: JANUS, else the system's if it is recent enough, else the one that confab-janus
# fetches. For scripts/up.
#
# janus_choose sets
#   JANUS_COMMAND    the program, with its first arguments
#   JANUS_LIBRARIES  the folder of its plugins, transports, event handlers and loggers; empty: the program's own
#   JANUS_FILES      text that changes when the program does

JANUS_OLDEST=1.4.1 # a guest who sends can attack earlier versions
JANUS_UPDATE_DAYS=7

# janus_version PROGRAM: prints "1.4.1"; nothing if it is not a Janus that runs here.
janus_version() {
	run_as "$JANUS_USER" "$1" --version 2>/dev/null </dev/null | sed -n 's/^Janus version: [0-9]* (\([0-9.]*\).*/\1/p'
}

# janus_program PROGRAM: chooses this one.
janus_program() {
	JANUS_COMMAND=$1
	JANUS_LIBRARIES=
	JANUS_FILES="$1 $(stat -Lc '%Y %s %i' "$1")"
	conf_put CONFAB_JANUS_DIR ''
}

# janus_tool COMMAND: runs confab-janus. Everybody can read what it fetches.
janus_tool() {
	(umask 022 && CONFAB_JANUS_DIR=$JANUS_DIR "$JANUS_TOOL" "$@" 2>&1)
}

# janus_tool_update: runs the update, with its messages in $told.
janus_tool_update() {
	told=$(janus_tool update)
}

janus_fetched_is_there() {
	[ -x "$JANUS_DIR/current/usr/bin/janus" ]
}

# janus_update_is_due: is there no Janus, or an old one? With --only an old one is good enough.
janus_update_is_due() {
	janus_fetched_is_there || return 0
	[ -z "$only" ] || return 1
	[ -z "$(find "$JANUS_DIR/updated" -mtime "-$JANUS_UPDATE_DAYS" 2>/dev/null)" ]
}

# janus_folder_make: makes $JANUS_DIR, with the same checks as $VAR.
janus_folder_make() {
	instance=$VAR
	VAR=$JANUS_DIR
	PLACE_SETTING=CONFAB_JANUS_DIR
	umask 022
	place_walk make
	umask 077
	PLACE_SETTING=CONFAB_VAR
	JANUS_DIR=$VAR
	VAR=$instance
}

# janus_update: fetches or updates Janus. Fails when there is none after it; without a network an older one goes on.
janus_update() {
	janus_update_is_due || return 0
	janus_fetched_is_there || say "fetching Janus from Debian's archive (40 MB) into $JANUS_DIR"
	! working "fetching Janus" janus_tool_update || return 0
	told=$(printf '%s\n' "$told" | tail -n 1)
	janus_fetched_is_there || return 1
	say "Janus was not updated ($told). This one goes on: $(janus_tool status)"
}

# janus_fetched: chooses the Janus that confab-janus fetched.
janus_fetched() {
	run_as "$JANUS_USER" test -x "$JANUS_DIR/current/usr/bin/janus" ||
		fail "the user $JANUS_USER cannot reach $JANUS_DIR: name another folder in CONFAB_JANUS_DIR"
	JANUS_COMMAND="/usr/bin/env CONFAB_JANUS_DIR=$JANUS_DIR $JANUS_TOOL run"
	JANUS_LIBRARIES=$(janus_tool libraries)
	JANUS_FILES="$JANUS_DIR $(readlink "$JANUS_DIR/current")"
	conf_put CONFAB_JANUS_DIR "$JANUS_DIR"
}

janus_choose() {
	[ "$(setting PROVIDER)" = janus ] || return 0
	own_janus=$(setting_checked JANUS off)
	if [ "$own_janus" != off ]; then
		[ -n "$(janus_version "$own_janus")" ] || fail "JANUS: $own_janus is not a Janus that runs here"
		janus_program "$own_janus"
		return 0
	fi
	system_janus=$(command -v janus) || system_janus=
	system_version=
	[ -z "$system_janus" ] || system_version=$(janus_version "$system_janus")
	if [ -n "$system_version" ] && dpkg --compare-versions "$system_version" ge "$JANUS_OLDEST"; then
		janus_program "$system_janus"
		return 0
	fi
	JANUS_DIR=$(setting_checked CONFAB_JANUS_DIR "$VAR/confab-janus")
	janus_folder_make
	if janus_update; then
		janus_fetched
	elif [ -n "$system_version" ]; then
		say "Janus cannot be fetched ($told). The system's Janus $system_version goes on."
		janus_program "$system_janus"
	else
		fail "Janus cannot be fetched ($told); JANUS=/path names a Janus of your own"
	fi
}
