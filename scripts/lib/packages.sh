# shellcheck shell=sh
# Installs Debian packages. Its log is $VAR/log/apt.log.

# What scripts/up needs to build and run an instance.
PACKAGES_UP="gcc make autoconf automake pkg-config libfcgi-dev libjson-c-dev libjose-dev libwslay-dev libmariadb-dev
	libcurl4-openssl-dev libssl-dev libexpat1-dev libicu-dev libavformat-dev libavcodec-dev libavutil-dev
	libpango1.0-dev libseccomp-dev ffmpeg fonts-noto-core nginx=nginx-light spawn-fcgi multiwatch mariadb-server libjs-webrtc-adapter openssl curl ca-certificates
	acl debian-archive-keyring"

package_there() {
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# packages_missing NAME...: prints those that are not installed. For PROGRAM=NAME it is enough that the program exists.
packages_missing() {
	for package in "$@"; do
		case $package in
		*=*) [ -n "$(PATH=$PATH:/usr/sbin command -v "${package%%=*}")" ] || printf '%s ' "${package#*=}" ;;
		*) package_there "$package" || printf '%s ' "$package" ;;
		esac
	done
}

# packages_script: prints the script that root runs. policy-rc.d keeps Debian from starting the new services.
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

# packages_run [sudo]: installs $missing.
packages_run() {
	# shellcheck disable=SC2086
	"$@" sh -c "$(packages_script)" install $missing </dev/null >"$log" 2>&1
}

# packages_install NAME...: installs the missing ones. Only this needs root.
packages_install() {
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	log=$VAR/log/apt.log
	if [ "$(id -u)" -eq 0 ]; then
		say "installing packages: $missing"
		working "installing packages" packages_run || fail "packages could not be installed; see $log"
	elif command -v sudo >/dev/null; then
		say "installing packages (this asks for root, nothing else does): $missing"
		sudo true || fail "packages could not be installed: sudo refuses"
		working "installing packages" packages_run sudo || fail "packages could not be installed; see $log"
	else
		fail "these packages are missing, and only root can install them: $missing"
	fi
}
