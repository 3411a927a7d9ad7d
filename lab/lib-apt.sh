# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034 source=/dev/null
#
# Kernels from the Debian archive that this machine's apt configuration names.
# apt-get uses its own state in the cache: it does not touch the system's lists,
# needs no root, and checks signatures and hashes.

# lab_archive: prints the URI of the main Debian archive in this machine's apt
# configuration.  apt-get parses both source formats.
lab_archive()
{
	local codename found

	codename=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-none}")
	found=$(apt-get indextargets --no-release-info \
		--format "\$(REPO_URI)|\$(RELEASE)|\$(COMPONENT)" \
		'Created-By: Packages' 2>/dev/null |
		awk -F'|' -v want="^(${codename}|stable|oldstable|testing|unstable|sid)\$" \
			'$2 ~ want && $3 == "main" && $1 !~ /^cdrom:/ { print $1; exit }')
	[[ -n $found ]] && echo "$found"
}

# lab_apt_setup: configure a private apt in the cache.  It has one suite at a time.
lab_apt_setup()
{
	local clear

	command -v apt-get >/dev/null ||
		lab_die "no apt-get here: this kernel is made from Debian packages;" \
			"give a kernel as a path"
	lab_need debian-archive-keyring
	lab_archive_uri=$(lab_archive) ||
		lab_die "the apt configuration of this machine names no main Debian archive" \
			"(sources.list or *.sources): give a kernel as a path instead"
	lab_apt_dir=$LAB_CACHE/apt
	mkdir -p "$lab_apt_dir"/lists/partial "$lab_apt_dir"/cache/archives/partial ||
		lab_failed_write "$LAB_CACHE" "cannot make $lab_apt_dir"
	# The system's hooks are for the system's lists only.
	for clear in APT::Update::{Pre-Invoke,Post-Invoke,Post-Invoke-Success}; do
		printf '#clear %s;\n' "$clear"
	done >"$lab_apt_dir/apt.conf" || lab_failed_write "$LAB_CACHE" "cannot write apt.conf"
	cat >>"$lab_apt_dir/apt.conf" <<-END || lab_failed_write "$LAB_CACHE" "no apt.conf"
	Dir::Etc::sourcelist "$lab_apt_dir/sources.list";
	Dir::Etc::sourceparts "-";
	Dir::State::lists "$lab_apt_dir/lists";
	Dir::State::status "/dev/null";
	Dir::Cache "$lab_apt_dir/cache";
	APT::Sandbox::User "root";
	APT::Architecture "amd64";
	Acquire::Languages "none";
	Acquire::Retries "3";
	END
}

# lab_names REGEX: package names of the chosen suite, lowest version first.
lab_names()
{
	apt-cache -c "$lab_apt_dir/apt.conf" pkgnames linux- | grep -E "^$1\$" | sort -V
}

# lab_suite REGEX: choose the newest suite with a package that matches REGEX.  The
# alias "stable-backports" only provides the codename of the newest release, because
# mirrors may update the alias late.  If that suite has no kernel, try older suites.
lab_suite()
{
	local suite log codename tried=()

	lab_tmp log
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	lab_newest_suite
	for suite in ${LAB_SUITE:-$lab_newest trixie-backports "$codename-backports"}; do
		tried+=("$suite")
		lab_suite_lists "$suite" >"$log/update" 2>&1 || continue
		[[ -n $(lab_names "$1") ]] || continue
		lab_suite_name=$suite
		return 0
	done
	grep -E '^[EW]:' "$log/update" >&2
	lab_need_space "$LAB_CACHE" 8 "the package lists"
	lab_die "no package like '$1' in ${tried[*]} of $lab_archive_uri"
}

# lab_suite_lists SUITE: fetch its package lists; fails if the suite does not exist.
lab_suite_lists()
{
	echo "deb [signed-by=$LAB_KEYRING] $lab_archive_uri $1 main" \
		>"$lab_apt_dir/sources.list" ||
		lab_failed_write "$LAB_CACHE" "cannot write sources.list"
	lab_do apt-get -q -c "$lab_apt_dir/apt.conf" update
}

# lab_newest_suite: sets lab_newest to the codename of the alias, or to nothing.
lab_newest_suite()
{
	lab_newest=
	lab_suite_lists stable-backports >/dev/null 2>&1 || return 0
	lab_newest=$(cat "$lab_apt_dir"/lists/*_stable-backports_InRelease 2>/dev/null |
		sed -n 's/^Codename: //p' | head -n 1)
}

# lab_version PACKAGE: prints the version that lab_fetch() downloads.
lab_version()
{
	apt-cache -c "$lab_apt_dir/apt.conf" show --no-all-versions "$1" |
		sed -n 's/^Version: //p' | head -n 1
}

# lab_fetch DIR PACKAGE: download PACKAGE to DIR with a progress line.
lab_fetch()
{
	local dir=$1 package=$2 tmp fd pid kind share size

	size=$(apt-cache -c "$lab_apt_dir/apt.conf" show --no-all-versions "$package" |
		awk '/^Size: / { print int($2 / 1048576) + 1; exit }')
	lab_need_space "$dir" "$((size + 8))" "$package"
	lab_tmp tmp
	mkfifo "$tmp/status"
	lab_progress_start "downloading $package ($size MiB)"
	(cd "$dir" && exec setsid setpriv --pdeathsig TERM -- \
		apt-get -q -c "$lab_apt_dir/apt.conf" -o APT::Status-Fd=9 download "$package" \
		9>"$tmp/status" >"$tmp/log" 2>&1 </dev/null) &
	pid=$!
	lab_children+=("$pid")
	exec {fd}<"$tmp/status"
	while IFS=: read -r kind _ share _ <&"$fd"; do
		[[ $kind != dlstatus ]] || lab_progress "${share%%.*}"
	done
	exec {fd}<&-
	if ! lab_wait "$pid"; then
		lab_progress_end "failed"
		grep -E '^[EW]:' "$tmp/log" >&2
		lab_failed_write "$dir" "downloading $package from $lab_archive_uri failed"
	fi
	lab_progress_end
}
