# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034,SC2178
#
# Nodes of the machine: translates a line of lab/machines and the options of lab/run to
# QEMU options.  Per node ID: node_cpus[ID], node_absent[ID] (absent CPUs),
# node_memory[ID] and node_plugged[ID] (MiB).  node_ids has the IDs in order.

# lab_machine_names: prints the names in lab/machines.
lab_machine_names()
{
	sed -n 's/^\([a-z][a-z-]*\)[[:blank:]].*/\1/p' "$LAB_DIR/machines"
}

# lab_machine_list: prints each machine with its description, for the usage text.
lab_machine_list()
{
	awk '
		/^#: /		{ about = substr($0, 4); next }
		/^[a-z]/	{ printf "%-13s %s\n", $1, about }' "$LAB_DIR/machines"
}

# lab_machine_read NAME: sets the nodes, machine_append and machine_tiers, and machine_words, all
# words of its line.
lab_machine_read()
{
	local words

	words=$(sed -n "s/^$1[[:blank:]]\{1,\}//p" "$LAB_DIR/machines")
	[[ $1 =~ ^[a-z-]+$ && -n $words ]] ||
		lab_usage_error "no machine '$1'; there are:" \
			"$(lab_machine_names | paste -s -d' ')"
	# shellcheck disable=SC2086 # words
	lab_machine_words $words
}

lab_machine_words()
{
	local word id cpus memory sum

	machine_words=$*
	node_ids=()
	node_cpus=()
	node_absent=()
	node_memory=()
	node_plugged=()
	machine_append=
	machine_tiers=
	machine_virtio_mem=
	for word; do
		case $word in
		[0-9]*:*:*)
			IFS=: read -r id cpus memory <<<"$word"
			node_ids+=("$id")
			node_absent[id]=0
			[[ $cpus != *- ]] || node_absent[id]=${cpus%-}
			[[ $cpus != *- ]] || cpus=0
			node_cpus[id]=$cpus
			[[ $memory == *+* ]] || memory+=+0
			node_memory[id]=${memory%+*}
			node_plugged[id]=${memory#*+}
			;;
		tiers)	machine_tiers=y ;;
		virtio-mem=*:*)
			machine_virtio_mem=${word#*=}
			;;
		*)	machine_append+=" $word" ;;
		esac
	done
	lab_machine_sum node_plugged
	[[ $sum$machine_virtio_mem == 0 ]] ||
		machine_append+=" memhp_default_state=online_movable"
}

# lab_machine_nodes N: sets up a machine with N nodes, without a line in lab/machines.
lab_machine_nodes()
{
	local id words=(cma=64M)

	for ((id = 0; id < $1; id++)); do
		words+=("$id:1:$((1024 / $1 / 2 * 2))+128")
	done
	lab_machine_words "${words[@]}"
}

# lab_machine_share WHAT TOTAL: share TOTAL evenly among the nodes that have any of WHAT
# (node_cpus or node_memory); fails if a remainder is left.
lab_machine_share()
{
	local -n what=$1
	local id having=()

	for id in "${node_ids[@]}"; do
		((what[id] == 0)) || having+=("$id")
	done
	(($2 % ${#having[@]} == 0)) || return 1
	for id in "${having[@]}"; do
		what[id]=$(($2 / ${#having[@]}))
	done
}

# lab_machine_sum WHAT: sets sum to the sum of WHAT over all nodes.
lab_machine_sum()
{
	local -n what=$1
	local id

	sum=0
	for id in "${node_ids[@]}"; do
		sum=$((sum + what[id]))
	done
}

# lab_machine_set: set up the nodes that the options of lab/run ask for.
lab_machine_set()
{
	if [[ -n $opt_nodes ]]; then
		[[ -z $opt_machine ]] ||
			lab_usage_error "--nodes replaces the machine: not with --machine"
		((opt_nodes <= 8)) || lab_usage_error "at most 8 nodes"
		lab_machine_nodes "$opt_nodes"
		machine_name="$opt_nodes nodes"
	else
		machine_name=${opt_machine:-two-node}
		lab_machine_read "$machine_name"
	fi
	if [[ -n $opt_cpus ]]; then
		((opt_cpus <= 64)) || lab_usage_error "at most 64 CPUs"
		lab_machine_share node_cpus "$opt_cpus" ||
			lab_usage_error "--cpus $opt_cpus cannot be shared evenly among the nodes"
	fi
	[[ -z $opt_memory ]] || lab_machine_set_memory
	lab_machine_sum node_cpus
	machine_cpus=$sum
}

# The memory of a node must be a multiple of 2 MiB and large enough to boot.
lab_machine_set_memory()
{
	local id

	lab_machine_share node_memory "$opt_memory" ||
		lab_usage_error "--memory ${opt_memory}M cannot be shared evenly among the nodes"
	for id in "${node_ids[@]}"; do
		((node_memory[id] == 0 || (node_memory[id] >= 64 && node_memory[id] % 2 == 0))) ||
			lab_usage_error "--memory: each node gets an even share of at least 64M"
	done
}

# lab_machine_about: sets machine_about to a short description.
lab_machine_about()
{
	local sum total

	lab_machine_sum node_memory
	total=$sum
	lab_machine_sum node_plugged
	machine_about="$machine_name, $machine_cpus CPUs, ${total}M"
	((sum == 0)) || machine_about+=" and ${sum}M movable"
}

# lab_memory_backend ID MEMORY: adds a memory backend.  QEMU takes memory from the host when the
# machine first touches it; without reserve=off the host refuses more than it has.
lab_memory_backend()
{
	machine_args+=(-object "memory-backend-ram,id=$1,size=${2}M,reserve=off")
}

# lab_host_memory: exits if the host has not the memory that the machine touches in any case: at
# boot the 64 bytes that describe each page of 4 KiB, later its kernel and the tests, which take a
# small part of a large machine.
lab_host_memory()
{
	local sum total available touched

	lab_machine_sum node_memory
	total=$sum
	lab_machine_sum node_plugged
	total=$((total + sum))
	touched=$((total / 64 + (total < 768 ? total : 768)))
	available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	((touched <= available)) ||
		lab_die "this host has ${available}M of available memory:" \
			"a machine with ${total}M takes ${touched}M at least"
}

# lab_node_args: adds the QEMU options of the nodes to machine_args.  Each CPU is a socket:
# the kernel warns at boot if a socket spans nodes.
lab_node_args()
{
	local id first=0 sum present sockets memory plugged

	lab_machine_sum node_cpus
	present=$sum
	lab_machine_sum node_absent
	sockets=$((present + sum))
	lab_machine_sum node_memory
	memory=$sum
	lab_machine_sum node_plugged
	plugged=$sum
	[[ -z $machine_virtio_mem ]] || plugged=$((plugged + ${machine_virtio_mem#*:}))
	machine_args+=(-smp "cpus=$present,sockets=$sockets,cores=1,threads=1,maxcpus=$sockets"
		-m "${memory}M$( ((plugged == 0)) ||
			echo ",slots=${#node_ids[@]},maxmem=$((memory + plugged + 1024))M")")
	for id in "${node_ids[@]}"; do
		lab_node_arg "$id" "$first"
		first=$((first + node_cpus[id] + node_absent[id]))
	done
	[[ -z $machine_tiers ]] || lab_tier_args
}

# lab_node_arg ID FIRST: adds the options of one node, whose first CPU is FIRST.
lab_node_arg()
{
	local id=$1 first=$2 node=node,nodeid=$1 cpus=$((node_cpus[$1] + node_absent[$1]))

	if ((node_memory[id])); then
		lab_memory_backend "m$id" "${node_memory[id]}"
		node+=,memdev=m$id
	fi
	((cpus == 0)) || node+=,cpus=$first-$((first + cpus - 1))
	[[ -z $machine_tiers ]] || ((cpus)) || node+=,initiator=0
	machine_args+=(-numa "$node")
	((node_plugged[id])) || return 0
	lab_memory_backend "p$id" "${node_plugged[id]}"
	machine_args+=(-device "pc-dimm,memdev=p$id,node=$id")
}

# ACPI HMAT: latency in ns and bandwidth from the CPUs of node 0.  Memory of nodes without
# CPUs must be much slower, so that mm/memory-tiers.c puts it in a lower tier.
lab_tier_args()
{
	local id latency bandwidth lb

	machine_args+=(-machine hmat=on)
	for id in "${node_ids[@]}"; do
		latency=10 bandwidth=20480M
		((node_cpus[id])) || { latency=800 bandwidth=1024M; }
		lb=hmat-lb,initiator=0,target=$id,hierarchy=memory
		machine_args+=(-numa "$lb,data-type=access-latency,latency=$latency"
			-numa "$lb,data-type=access-bandwidth,bandwidth=$bandwidth")
	done
}

# lab_virtio_mem_args DIR: adds the virtio-mem device, all of it plugged, and the port on which a
# test asks for its size.
lab_virtio_mem_args()
{
	local node=${machine_virtio_mem%:*} size=${machine_virtio_mem#*:}

	[[ -n $machine_virtio_mem ]] || return 0
	lab_memory_backend v "$size"
	machine_args+=(-device "virtio-mem-pci,id=vmem,memdev=v,node=$node,requested-size=${size}M"
		-chardev "file,id=virtio-mem,path=$1/virtio-mem"
		-device "virtserialport,chardev=virtio-mem,name=virtio-mem.mib")
}
