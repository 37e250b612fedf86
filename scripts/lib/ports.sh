# shellcheck shell=sh
# The TCP ports of this machine.

has_ipv6() {
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null
}

port_used() {
	hex=$(printf ':%04X' "$1")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port="$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
			END { exit !found }'
}

# port_check PORT SETTING
port_check() {
	! port_used "$1" || fail "port $1 is in use by another program ($2)"
}

# port_free: prints a free port, from a range that people seldom choose.
port_free() {
	while :; do
		port=$((13000 + $(od -An -N2 -tu2 /dev/urandom) % 7000))
		port_used "$port" || break
	done
	printf '%s\n' "$port"
}
