#!/bin/sh
# Finds an #include that goes upwards or sideways between the folders of src/.
set -eu

cd "$(dirname "$0")/../src"

# What each folder may include besides itself. Calls go downwards only; types that two layers need lie in meeting/.
allowed() {
	case $1 in
	api) echo "http auth service meeting base" ;;
	ctl) echo "job service auth meeting base" ;;
	job) echo "service meeting base" ;;
	gate) echo "auth provider meeting base" ;;
	service) echo "meeting store provider archive base" ;;
	store | provider | archive) echo "meeting base" ;;
	auth | media) echo "meeting base" ;;
	meeting | http) echo "base" ;;
	base) echo "" ;;
	*) return 1 ;;
	esac
}

wrong=0
for folder in */; do
	folder=${folder%/}
	may=$(allowed "$folder") || {
		echo "src/$folder: tests/includes.sh does not know this folder"
		wrong=1
		continue
	}
	others=$(grep -rhoE '#include "[a-z_]+/' "$folder" | sed 's/.*"//; s,/$,,' | sort -u)
	for other in $others; do
		case " $folder $may " in
		*" $other "*) ;;
		*)
			grep -rn "#include \"$other/" "$folder"
			wrong=1
			;;
		esac
	done
done
exit $wrong
