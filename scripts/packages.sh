# shellcheck shell=sh
# Installing Debian packages for scripts/up and scripts/check. Needs say, fail and VAR of instance.sh.

package_there() {
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# packages_missing NAME...: those that are not there. PROGRAM=NAME is there when the program is, whichever
# package it came with.
packages_missing() {
	for package in "$@"; do
		case $package in
		*=*) [ -n "$(PATH=$PATH:/usr/sbin command -v "${package%%=*}")" ] || printf '%s ' "${package#*=}" ;;
		*) package_there "$package" || printf '%s ' "$package" ;;
		esac
	done
}

# Debian starts a service when its package is installed, unless policy-rc.d forbids it.
packages_script() {
	cat <<'END'
set -eu
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	made=1
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "$@"
END
}

# packages_install NAME...: installs what is missing; only this needs root.
packages_install() {
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	log=$VAR/log/apt.log
	if [ "$(id -u)" -eq 0 ]; then
		say "installing packages: $missing"
		# shellcheck disable=SC2086
		sh -c "$(packages_script)" install $missing </dev/null >"$log" 2>&1 ||
			fail "packages could not be installed; see $log"
	elif command -v sudo >/dev/null; then
		say "installing packages (this asks for root, nothing else does): $missing"
		# shellcheck disable=SC2086,SC2024
		sudo sh -c "$(packages_script)" install $missing >"$log" 2>&1 ||
			fail "packages could not be installed; see $log"
	else
		fail "these packages are missing, and only root can install them: $missing"
	fi
}
