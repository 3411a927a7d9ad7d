# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154,SC2015
#
# Kernels of the lab.  A kernel is a bzImage, or a directory with
#	bzImage		the kernel
#	about		one line: its origin
#	modules/	optional: modules, and a file "order" with the loading order

# lab_bytes FILE OFFSET LENGTH: prints these bytes as one hex number.
lab_bytes()
{
	od -A n -t x1 -j "$2" -N "$3" -- "$1" 2>/dev/null | tr -d ' \n'
}

# lab_bzimage FILE: true if FILE is an x86 kernel that a boot loader can start.
# Documentation/arch/x86/boot.rst: boot flag at 0x1fe, "HdrS" at 0x202.
lab_bzimage()
{
	[[ $(lab_bytes "$1" 510 2) == 55aa && $(lab_bytes "$1" 514 4) == 48647253 ]]
}

# lab_release BZIMAGE: print the release (uname -r) of the image.  boot.rst: 0x20e has a
# 16-bit offset, less 0x200, of the string "release (builder) ...".
lab_release()
{
	local at

	at=$(lab_bytes "$1" 526 2)
	at=$((16#${at:2:2}${at:0:2} + 512))
	dd if="$1" bs=1 skip=$at count=128 status=none | tr '\0' '\n' | head -n 1 | cut -d' ' -f1
}

# lab_kernel_named NAME|PATH: exits unless it is a kernel of lab/kernel or a path.
lab_kernel_named()
{
	[[ $1 == stock || -e $1 ]] || lab_is_series "$1" ||
		lab_usage_error "no kernel named or found at '$1'" \
			"('$LAB_DIR/kernel --list' shows the names)"
}

# lab_kernel_open PATH: sets kernel_image, kernel_release, kernel_about, and
# kernel_config and kernel_modules, which are paths or empty.
lab_kernel_open()
{
	local path=$1

	kernel_modules=
	kernel_config=
	kernel_about=
	if [[ -d $path && -e $path/bzImage ]]; then
		kernel_image=$path/bzImage
		kernel_config=$path/config
		[[ ! -e $path/about ]] || kernel_about=$(<"$path/about")
		[[ ! -e $path/modules/order ]] || kernel_modules=$path/modules
	elif [[ -d $path && -e $path/arch/x86/boot/bzImage ]]; then
		kernel_image=$path/arch/x86/boot/bzImage
		kernel_config=$path/.config
	elif [[ -f $path ]]; then
		kernel_image=$path
		kernel_config=${path%arch/x86/boot/bzImage}.config
	else
		lab_die "no bzImage in the directory $path"
	fi
	[[ -r $kernel_image ]] || lab_die "cannot read $kernel_image"
	lab_bzimage "$kernel_image" ||
		lab_die "$kernel_image is not a bzImage (an x86 kernel as a boot loader takes it)"
	kernel_release=$(lab_release "$kernel_image")
	: "${kernel_about:=$kernel_image}"
}

# lab_module_closure DIR STAGING NAME...: unpack each module and its dependencies from
# Debian's module tree DIR to STAGING/modules, and write the loading order.
lab_module_closure()
{
	local dir=$1 staging=$2 name

	shift 2
	mkdir -p "$staging/modules"
	: >"$staging/modules/order"
	for name; do
		# KVM is required.  Other modules may be built in or missing.
		lab_module_add "$dir" "$staging/modules" "$name" || [[ $name != kvm-* ]] || return 1
	done
}

lab_module_add()
{
	local dir=$1 out=$2 name=${3//-/_} file base dep

	! grep -q -x "$name.ko" "$out/order" || return 0
	file=$(find "$dir" -name "${name//_/[-_]}.ko*" -print -quit)
	if [[ -z $file ]]; then
		lab_say "the kernel's modules lack $name"
		return 1
	fi
	base=$out/$name.ko
	case $file in
	*.xz)	"$(lab_busybox)" xzcat "$file" >"$base" || return 1 ;;
	*.gz)	gzip -dc "$file" >"$base" || return 1 ;;
	*.zst)	lab_need zstd; zstd -dqc "$file" >"$base" || return 1 ;;
	*)	cp "$file" "$base" || return 1 ;;
	esac
	for dep in $(tr '\0' '\n' <"$base" | sed -n 's/^depends=//p' | tr , ' '); do
		lab_module_add "$dir" "$out" "$dep" || return 1
	done
	echo "$name.ko" >>"$out/order"
}

# lab_stock: prepares Debian's prebuilt kernel of the newest backports suite; sets
# lab_kernel_dir.  The chosen package stays until --update, or until this list of modules
# changes: KVM, hwpoison-inject (returns page frames that tests poisoned), zram and virtio-balloon
# (own movable_ops pages), and virtio-mem (memory that is unplugged).
LAB_STOCK_MODULES="kvm-amd kvm-intel hwpoison-inject zram virtio-balloon virtio-mem"
lab_stock()
{
	local staging entry choice

	lab_lock stock
	lab_stock_choice choice
	if [[ -z ${lab_update:-} && -s $choice ]]; then
		entry=$(<"$choice")
		if lab_cached "$entry"; then
			lab_kernel_dir=$LAB_CACHE/$entry
			lab_unlock stock
			return
		fi
	fi
	lab_need_space "$LAB_CACHE" 250 "the kernel packages"
	lab_apt_setup
	lab_need dpkg-deb busybox.static
	lab_stock_choose
	entry=stock-$(lab_hash <<<"$stock_image $stock_modules $stock_version $LAB_STOCK_MODULES")
	if ! lab_cached "$entry"; then
		lab_staging stock staging
		lab_stock_make "$staging"
		lab_commit "$staging" "$entry"
	fi
	lab_put "$choice" "$entry"
	lab_kernel_dir=$LAB_CACHE/$entry
	lab_unlock stock
}

# lab_stock_choice VAR: set VAR to the file that names the prepared kernel.
lab_stock_choice()
{
	printf -v "$1" '%s' "$LAB_CACHE/stock-$(lab_hash <<<"$LAB_STOCK_MODULES").choice"
}

# The package of the image has several names: linux-binary if another package has the
# modules, linux-image or linux-image-unsigned if it contains the modules.
lab_stock_choose()
{
	local name best=

	lab_suite 'linux-(binary|image)-[0-9].*-cloud-amd64(-unsigned)?'
	best=$(lab_names 'linux-(binary|image)-[0-9].*-cloud-amd64(-unsigned)?' |
		sed -E 's/^linux-(binary|image)-//; s/-unsigned$//' | sort -u -V | tail -n 1)
	for name in "linux-binary-$best" "linux-image-$best" "linux-image-$best-unsigned"; do
		[[ -n $(lab_names "${name//+/[+]}") ]] || continue
		stock_image=$name
		break
	done
	stock_modules=
	[[ -z $(lab_names "linux-modules-${best//+/[+]}") ]] || stock_modules=linux-modules-$best
	stock_version=$(lab_version "$stock_image")
	lab_say "stock: $stock_image $stock_version from $lab_suite_name"
}

lab_stock_make()
{
	local staging=$1 package vmlinuz

	mkdir -p "$staging/deb" "$staging/tree"
	for package in "$stock_image" ${stock_modules:+"$stock_modules"}; do
		lab_fetch "$staging/deb" "$package"
	done
	for package in "$staging"/deb/*.deb; do
		lab_do dpkg-deb -x "$package" "$staging/tree" ||
			lab_failed_write "$LAB_CACHE" "cannot unpack $(basename "$package")"
	done
	vmlinuz=$(find "$staging/tree" -name 'vmlinuz*' -type f -print -quit)
	[[ -n $vmlinuz ]] || lab_die "$stock_image holds no kernel image"
	mv "$vmlinuz" "$staging/bzImage"
	lab_bzimage "$staging/bzImage" || lab_die "the kernel in $stock_image is not a bzImage"
	# shellcheck disable=SC2086 # a list of names
	lab_module_closure "$staging/tree" "$staging" $LAB_STOCK_MODULES ||
		lab_failed_write "$LAB_CACHE" "cannot unpack the modules of $stock_image"
	echo "Debian $stock_image $stock_version ($lab_suite_name)" >"$staging/about"
	rm -rf "${staging:?}/deb" "${staging:?}/tree"
}

lab_stock_ready()
{
	local choice

	lab_stock_choice choice
	[[ -s $choice && -e $LAB_CACHE/$(<"$choice")/SHA256SUMS ]]
}

# lab_stock_state: print a line for --list.
lab_stock_state()
{
	local choice

	lab_stock_choice choice
	if lab_stock_ready; then
		lab_state stock ready "$(<"$LAB_CACHE/$(<"$choice")/about")"
	else
		lab_state stock "not ready" "to be fetched"
	fi
}

# lab_state NAME STATE ABOUT
lab_state()
{
	printf '%-16s %-10s %s\n' "$@"
}
