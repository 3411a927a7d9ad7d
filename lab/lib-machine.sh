# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# The machine: its initramfs, its QEMU command line, and the watch on it while it runs.
# Uses the options that lab/run has read (opt_*) and kernel_* of lib-kernel.sh.

# lab_accelerator: sets machine_accel.  KVM needs a host that can nest, and that takes the
# device, the CPU flag and the module parameter: none of them alone is enough.
lab_accelerator()
{
	local vendor

	machine_accel=tcg
	[[ $opt_accel != tcg ]] || return 0
	for vendor in amd:svm intel:vmx; do
		[[ -r /dev/kvm && -w /dev/kvm ]] || break
		grep -q -m 1 -w "^flags.*${vendor#*:}" /proc/cpuinfo || continue
		grep -q -s '^[1Y]' "/sys/module/kvm_${vendor%:*}/parameters/nested" || continue
		machine_accel=kvm
	done
	[[ $opt_accel != kvm || $machine_accel == kvm ]] ||
		lab_die "--accel kvm: this host cannot nest (it takes a usable /dev/kvm," \
			"svm or vmx in /proc/cpuinfo and nested=1 in kvm_amd or kvm_intel)"
}

# Tests take so many times as long in a kernel with KASAN or lockdep.
LAB_TIMEOUT_MULTIPLIER=8

lab_kernel_slow()
{
	grep -q -s -E '^CONFIG_(KASAN|PROVE_LOCKING)=y' "$kernel_config"
}

# lab_scale_timeouts: multiplies the limits of the lab by the same number.
lab_scale_timeouts()
{
	opt_silence=$((opt_silence * LAB_TIMEOUT_MULTIPLIER))
	opt_timeout=$((opt_timeout * LAB_TIMEOUT_MULTIPLIER))
}

# lab_initramfs FILE TREE SELECT ENV: packs busybox, init, the modules of the kernel and the
# installed collection TREE.  SELECT has options for run_kselftest.sh, ENV is a file with
# variables for the tests.  The script LAB_SESSION of another program of the lab, if any, runs in
# place of the collection.  Sets machine_token.
lab_initramfs()
{
	local file=$1 tree=$2 select=$3 env=$4 busybox root applet

	! lab_kernel_slow || [[ $select == *" -o "* ]] ||
		select+=" -o $((300 * LAB_TIMEOUT_MULTIPLIER))"
	busybox=$(lab_busybox)
	lab_tmp root
	mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,lab/modules,kselftest}
	# Tests may change their user ID: let every user read the files.
	chmod -R a+rX "$root"
	cp "$busybox" "$root/bin/busybox"
	for applet in $("$busybox" --list); do
		[[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
	done
	echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
	echo 'other:x:65534:65534::/:/bin/sh' >>"$root/etc/passwd"
	cp "$LAB_DIR/init" "$root/init"
	[[ -z ${LAB_SESSION:-} ]] || cp -- "$LAB_SESSION" "$root/lab/session"
	[[ -z $kernel_modules ]] || cp "$kernel_modules"/* "$root/lab/modules/"
	cp -r "$tree/." "$root/kselftest/" || lab_failed_write "$root" "cannot copy the collection"
	machine_token=$(od -A n -N 16 -t x4 /dev/urandom | tr -d ' \n')
	{
		printf "lab_token=%s\nlab_select='%s'\n" "$machine_token" "$select"
		printf "lab_repeat=%d\nlab_spare=%d\n" "$opt_repeat" "$machine_spare"
		! lab_kernel_slow ||
			printf "export KSELFTEST_TIMEOUT_MULTIPLIER=%d\n" "$LAB_TIMEOUT_MULTIPLIER"
		cat "$env"
	} >"$root/lab/env"
	(cd "$root" && find . | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$file" ||
		lab_failed_write "$root" "cannot pack the initramfs"
	rm -rf "$root"
}

# QEMU before 8.1 may translate code while another CPU patches it.  Then it keeps the
# breakpoint that the kernel inserts for a moment ("Oops: int3").  A kernel with jump labels
# patches __schedule() when the first VM is created and when the last one is freed: run all of
# its CPUs in one thread.  Kernels without jump labels, as ours, run in parallel.
lab_threads()
{
	local version

	version=$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9]*[.][0-9]*\).*/\1/p')
	if printf '%s\n' 8.1 "$version" | sort -C -V; then
		echo multi
	elif [[ -r $kernel_config ]] && ! grep -q '^CONFIG_JUMP_LABEL=y' "$kernel_config"; then
		echo multi
	else
		echo single
	fi
}

# lab_spare: gives the first node machine_spare more CPUs, before those that run tests.
# QEMU TCG: keep CPU 0 idle.  When a CPU restores its FPU, QEMU also writes to the hflags2 of
# CPU 0, for a pin of the 80486 (cpu_clear_ignne(), up to 10.0 at least).  The write is not
# atomic, and reverts a bit that VMRUN, #VMEXIT or STGI of CPU 0 changes at that moment.  CPU 0
# then runs a guest without nested paging, or the host with it, or takes no interrupt.
lab_spare()
{
	machine_spare=0
	[[ $machine_accel != tcg ]] || machine_spare=1
	node_cpus[node_ids[0]]=$((node_cpus[node_ids[0]] + machine_spare))
}

# lab_machine_args DIR: sets machine_args, the QEMU command line.
# cma_pernuma=0: kernels with CONFIG_CMA_SIZE_PERNUMA reserve the size of cma= once more on each
# node, and a small machine then cannot boot.  no_timer_check: on a busy host the kernel may find no
# timer interrupt in time, and panics.  init_on_alloc=0: Debian's kernel writes zeroes to memory
# that it allocates, also to huge pages that a test only reserves, and QEMU then takes it from the
# host.
lab_machine_args()
{
	local dir=$1 always="panic=-1 cma_pernuma=0 no_timer_check init_on_alloc=0"

	machine_args=(qemu-system-x86_64 -name lab -nodefaults -no-user-config -no-reboot
		-display none -machine q35)
	case $machine_accel in
	tcg)	machine_args+=(-accel "tcg,thread=$(lab_threads)" -cpu max) ;;
	kvm)	machine_args+=(-accel kvm -cpu host) ;;
	esac
	lab_node_args
	machine_args+=(-serial "file:$dir/console.log"
		-chardev "file,id=results,path=/proc/self/fd/1" -serial chardev:results
		-chardev "pipe,id=monitor,path=$dir/monitor" -mon "chardev=monitor,mode=readline"
		-device virtio-balloon-pci -device virtio-serial-pci
		-chardev "file,id=balloon,path=$dir/balloon"
		-device "virtserialport,chardev=balloon,name=balloon.mib"
		-kernel "$kernel_image" -initrd "$dir/initramfs"
		-append "console=ttyS0 $always$machine_append $opt_append")
	lab_virtio_mem_args "$dir"
}

# lab_ports DIR: passes the sizes in MiB that a test writes to the ports balloon.mib and
# virtio-mem.mib to QEMU, and nothing else.  QEMU expects the size that a balloon leaves.
lab_ports()
{
	local dir=$1 sum total

	lab_machine_sum node_memory
	total=$sum
	lab_machine_sum node_plugged
	total=$((total + sum))
	mkfifo "$dir/balloon" "$dir/virtio-mem" "$dir/monitor.in"
	ln -s /dev/null "$dir/monitor.out"
	machine_port_pids=()
	# shellcheck disable=SC2016 # expanded there
	lab_port "$dir" balloon 'echo "balloon $(($2 - mib))"' "$total"
	# shellcheck disable=SC2016 # expanded there
	lab_port "$dir" virtio-mem 'echo "qom-set /machine/peripheral/vmem requested-size ${mib}M"'
}

# lab_port DIR PORT COMMAND [ARGUMENT]: runs COMMAND for each number mib that a test writes to PORT;
# its output goes to QEMU's monitor.  Both pipes are open for reading and writing: an open does not
# wait for QEMU, and a read does not end before it.
lab_port()
{
	# shellcheck disable=SC2016 # expanded there
	lab_start bash -c 'exec <>"$1" 1<>"${1%/*}/monitor.in"
		while read -r mib; do
			[[ $mib =~ ^[0-9]{1,6}$ ]] || continue
			mib=$((10#$mib))
			'"$3"'
		done' "$2" "$1/$2" "${@:4}"
	machine_port_pids+=("$lab_pid")
}

# lab_watch DIR: boots the machine of machine_args and passes its results on to stdout and
# DIR/ktap.log at once.  DIR/gcov.base64 gets the counters of a kernel with gcov.  Sets
#	machine_end	why it ended; the tests ran to their end only if this is "end"
#	machine_status	exit status of run_kselftest.sh, with machine_end = end
#	machine_taint, machine_taint_after, machine_boot (s, fraction), machine_seconds,
#	machine_failed (s, fraction; empty where nothing failed)
lab_watch()
{
	local dir=$1 fd both pid

	machine_end=silent
	machine_status=255
	machine_taint=0
	machine_taint_after=0
	machine_boot=
	machine_failed=
	machine_error=
	machine_oom_kills=$(lab_oom_kills)
	: >"$dir/ktap.log"
	: >"$dir/times.log"
	mkfifo "$dir/results"
	lab_ports "$dir"
	lab_watch_began=$EPOCHREALTIME
	machine_time=$lab_watch_began
	machine_program=
	# Open it for reading and writing first: then no open waits for the other side.
	exec {both}<>"$dir/results"
	lab_start "${machine_args[@]}" >"$dir/results" 2>"$dir/qemu.log"
	machine_pid=$lab_pid
	exec {fd}<"$dir/results"
	exec {both}>&-
	lab_watch_lines "$dir" "$fd"
	exec {fd}<&-
	if [[ $machine_end == end ]]; then
		# The machine switches itself off, which takes a moment.
		lab_off_or_kill "$machine_pid"
	else
		[[ $machine_end == quit ]] || lab_end_child "$machine_pid"
		lab_why "$dir"
	fi
	for pid in "${machine_port_pids[@]}"; do
		lab_end_child "$pid"
	done
	machine_seconds=$(lab_since "$lab_watch_began")
	rm -f "$dir"/{results,initramfs,balloon,virtio-mem,monitor.in,monitor.out}
}

lab_off_or_kill()
{
	local tries=100

	while ((tries-- > 0)) && kill -0 "$1" 2>/dev/null; do
		sleep 0.02
	done
	lab_end_child "$1"
}

# lab_since T: seconds since T, an EPOCHREALTIME, with one decimal.
lab_since()
{
	local us=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))

	printf '%d.%d' $((us / 1000000)) $((us % 1000000 / 100000))
}

# lab_watch_lines DIR FD: reads until the machine ends or a line ends the watch.  After each
# second without a line, looks at the clock and at the console.
lab_watch_lines()
{
	local dir=$1 fd=$2 line part='' got quiet_since=$SECONDS began=$SECONDS

	while :; do
		IFS= read -r -t 1 line <&"$fd"
		got=$?
		if ((got == 0)); then
			quiet_since=$SECONDS
			lab_watch_line "$dir" "$part$line" && return
			part=
		elif ((got > 128)); then
			part+=$line
			lab_status_draw
			lab_watch_panic "$dir" && return
		else
			if [[ -n $part$line ]] && lab_watch_line "$dir" "$part$line"; then
				return
			fi
			machine_end=quit
			return
		fi
		if ((SECONDS - began >= opt_timeout)); then
			machine_end=timeout
			return
		elif ((SECONDS - quiet_since >= opt_silence)); then
			machine_end=silent
			return
		fi
	done
}

# lab_watch_line DIR LINE: returns 0 if the watch ends with this line.
lab_watch_line()
{
	local dir=$1 line=$2 rest

	if [[ $line == *"@lab $machine_token "* ]]; then
		rest=${line##*"@lab $machine_token "}
		case $rest in
		begin\ *)
			machine_taint=${rest##* }
			machine_boot=$(lab_since "$lab_watch_began")
			return 1
			;;
		error\ *)
			machine_end=error
			machine_error=${rest#error }
			return 0
			;;
		gcov\ *)
			printf '%s\n' "${rest#gcov }" >>"$dir/gcov.base64"
			return 1
			;;
		end\ *)
			rest=${rest#end }
			[[ $rest =~ ^[0-9]+\ [0-9]+$ ]] || return 1
			machine_end=end
			machine_status=${rest% *}
			machine_taint_after=${rest#* }
			return 0
			;;
		esac
	fi
	if [[ -n $machine_boot && -n $line ]]; then
		lab_status_line "$line"
		if [[ -z $opt_quiet ]]; then
			lab_status_clear
			printf '%s\n' "$line"
		fi
		lab_status_draw
		printf '%s\n' "$line" >>"$dir/ktap.log"
		lab_watch_time "$dir" "$line"
		if [[ -z $machine_failed && $line =~ $LAB_FAILURE ]] && lab_watch_failure; then
			return 0
		fi
	fi
	return 1
}

# lab_watch_time DIR LINE: if LINE is the result of a case, adds the seconds since the result or
# the start of a program before it, the program and the case to DIR/times.log.
lab_watch_time()
{
	case $2 in
	"# selftests: "*)	machine_program=${2##* } ;;
	"# ok "* | "# not ok "*)
		[[ $2 =~ ok\ [0-9]+\ ([^ ]+) ]] &&
			printf '%s %s %s\n' "$(lab_since "$machine_time")" "$machine_program" \
				"${BASH_REMATCH[1]}" >>"$1/times.log" ;;
	*)			return ;;
	esac
	machine_time=$EPOCHREALTIME
}

# A failed point of a program, a failed program, or one that gave up.
LAB_FAILURE='^(# )?(not ok [0-9]|Bail out!)'

# lab_watch_failure: notes the first failure.  Returns 0 if the machine must end here.
lab_watch_failure()
{
	machine_failed=$(lab_since "$lab_watch_began")
	[[ -n $opt_fail_fast ]] || return 1
	machine_end=failed
	machine_error="switched off at the first failure (--fail-fast)"
}

# lab_watch_panic DIR: with panic=0 on the command line a dead kernel stays up.
lab_watch_panic()
{
	grep -q -a -m 1 'Kernel panic - not syncing' "$1/console.log" 2>/dev/null || return 1
	machine_end=panic
}

# lab_why DIR: the machine ended without an end marker.  Sets machine_end and machine_error to
# the reason.
lab_why()
{
	local dir=$1 panic

	[[ $machine_end != error && $machine_end != failed ]] || return 0
	panic=$(grep -a -m 1 'Kernel panic - not syncing' "$dir/console.log" 2>/dev/null)
	if [[ -n $panic ]]; then
		machine_error="the kernel panicked: ${panic##*syncing: }"
		grep -q -a 'Out of memory: Killed process\|System is deadlocked on memory' \
			"$dir/console.log" &&
			machine_error+=" (out of memory: try a larger --memory)"
		machine_end=panic
		return
	fi
	case $machine_end in
	timeout)
		machine_error="it did not end within $opt_timeout s (--timeout):"
		machine_error+=" it hangs, or the limit is short" ;;
	silent)
		machine_error="not a word for $opt_silence s: it hangs" ;;
	quit)
		lab_why_quit "$dir" ;;
	esac
}

# lab_oom_kills: prints how many processes this host has killed because it ran out of memory.
lab_oom_kills()
{
	awk '$1 == "oom_kill" { print $2 }' /proc/vmstat
}

lab_why_quit()
{
	local dir=$1 status

	lab_wait "$machine_pid"
	status=$?
	if ((status > 128)); then
		machine_error="QEMU was killed by signal $(kill -l $((status - 128)))"
		[[ $machine_oom_kills == "$(lab_oom_kills)" ]] ||
			machine_error+=": this host ran out of memory"
	elif ((status != 0)) && [[ ! -s $dir/console.log ]]; then
		machine_end=qemu
		machine_error="QEMU would not start: $(tail -n 1 "$dir/qemu.log")"
		[[ $machine_accel == tcg ]] || machine_error+=" (--accel tcg does without KVM)"
	elif ((status != 0)); then
		machine_error="QEMU ended with status $status: $(tail -n 1 "$dir/qemu.log")"
	elif [[ -z $machine_boot ]]; then
		machine_error="it switched itself off before the tests began"
	else
		machine_error="it switched itself off or restarted in the middle of the tests"
	fi
}
