# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# lab_need: the programs that this project uses, and their Debian packages.
# lib.sh sources this file.

# lab_package NAME: prints the Debian package of NAME; most have the same name.
lab_package()
{
	case $1 in
	qemu-system-x86_64)	echo qemu-system-x86 ;;
	busybox.static)		echo busybox-static ;;
	libc.a)			echo libc6-dev ;;
	linux/kvm.h)		echo linux-libc-dev ;;
	spatch)			echo coccinelle ;;
	gelf.h)			echo libelf-dev ;;
	openssl/evp.h)		echo libssl-dev ;;
	uuid/uuid.h)		echo uuid-dev ;;
	pahole)			echo dwarves ;;
	ld)			echo binutils ;;
	xz)			echo xz-utils ;;
	script)			echo bsdutils ;;
	setpriv | setsid | flock) echo util-linux ;;
	ld.lld)			echo lld ;;
	llvm-ar)		echo llvm ;;
	gcov)			echo gcc ;;
	*)			echo "$1" ;;
	esac
}

lab_header()
{
	printf '#include <%s>\n' "$1" | "${CC:-gcc}" -E -x c - >/dev/null 2>&1
}

# lab_busybox: prints the path of a busybox that needs no shared library.
lab_busybox()
{
	local path

	for path in busybox-static busybox; do
		path=$(command -v "$path") || continue
		path=$(readlink -f "$path")
		ldd "$path" >/dev/null 2>&1 && continue
		echo "$path"
		return 0
	done
	return 1
}

# lab_has NAME: whether this machine has NAME, a program, a header or a library.
lab_has()
{
	case $1 in
	busybox.static)	lab_busybox >/dev/null ;;
	*.a)		[[ -e $("${CC:-gcc}" -print-file-name="$1" 2>/dev/null) ]] ;;
	*.h)		lab_header "$1" ;;
	debian-archive-keyring) [[ -e $LAB_KEYRING ]] ;;
	*)		command -v "$1" >/dev/null ;;
	esac
}
LAB_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# lab_missing NAME...: prints the names that this machine lacks.
lab_missing()
{
	local name

	for name; do
		lab_has "$name" || echo "$name"
	done
}

# lab_apt_install PACKAGE...: install as root, without a question.  The package lists of a new
# machine are empty or old: after a failure, update them and try once more.
lab_apt_install()
{
	local log ok=

	lab_tmp log
	lab_apt_get "$log/log" install -y --no-install-recommends "$@" && ok=y
	if [[ -z $ok ]]; then
		lab_apt_get "$log/log" update &&
			lab_apt_get "$log/log" install -y --no-install-recommends "$@" && ok=y
	fi
	[[ -z $ok ]] || return 0
	tail -n 30 "$log/log" >&2
	lab_die "apt-get could not install: $*"
}

# lab_apt_get LOG ARGS...: run apt-get to its end; signals to the lab do not reach it.
lab_apt_get()
{
	local log=$1 status pid

	shift
	DEBIAN_FRONTEND=noninteractive setsid apt-get -q -o DPkg::Lock::Timeout=300 "$@" \
		>>"$log" 2>&1 </dev/null &
	pid=$!
	lab_children+=("$pid")
	lab_uninterruptible=$pid
	wait "$pid"
	status=$?
	lab_uninterruptible=
	lab_forget_child "$pid"
	return $status
}

# lab_need NAME...: root installs what is missing.  For other users, print the command that
# installs it, and exit with LAB_ERROR.
lab_need()
{
	local missing packages name

	mapfile -t missing < <(lab_missing "$@")
	((${#missing[@]})) || return 0
	if ! command -v apt-get >/dev/null; then
		lab_die "missing, and there is no apt-get here to install it: ${missing[*]}"
	fi
	mapfile -t packages < <(for name in "${missing[@]}"; do lab_package "$name"; done | sort -u)
	if ((EUID != 0)); then
		lab_say "error: missing: ${missing[*]}.  This installs it:"
		echo "sudo apt-get update && sudo apt-get install -y ${packages[*]}" >&2
		exit "$LAB_ERROR"
	fi
	lab_say "installing ${packages[*]}"
	lab_apt_install "${packages[@]}"
	mapfile -t missing < <(lab_missing "$@")
	((${#missing[@]} == 0)) ||
		lab_die "still missing after installing ${packages[*]}: ${missing[*]}"
}

# lab_need_selftests TREE: need what builds the KVM selftests of a kernel tree.
lab_need_selftests()
{
	local libkvm_needs=(make gcc ld libc.a)

	! grep -q -s -e -luuid "$1/tools/testing/selftests/vfio/lib/libvfio.mk" ||
		libkvm_needs+=(uuid/uuid.h)
	lab_need "${libkvm_needs[@]}"
}
