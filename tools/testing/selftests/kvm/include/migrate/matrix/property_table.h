/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The properties of a move, a row each.  A case is a row of the contract with a property that
 * applies to it; act_ACT() in lib/migrate/matrix/property_*.c is the case.
 *
 *   idle                 the pages are not in use; afterwards both sides write them, they move
 *                        back, and both sides write them again
 *   running              a guest reads and writes all pages all the time
 *   running_uaddr        running, with the migrated mapping as the memslot's userspace_addr: the
 *                        MMU notifier of the mapping zaps the guest's mappings, too
 *   running_two_slots    running, with two memslots and a part of the file in neither, so that a
 *                        range cannot be right by chance
 *   running_large_offset the same at file offsets whose page numbers exceed 32 bits
 *   move_again           the pages move several times in a row, untouched in between
 *   soft_offline_later   after the move the host unmaps the pages, and soft offlining moves them
 *                        by frame before anything touches them
 *   soft_offline_clean   the same with pages that were only read: they read zero
 *   partial              only the pages of the range move
 *   no_leak              repeated moves; after close no memory is lost and all counters are as
 *                        before
 *   memcg_charge         the memory cgroup that pays for the pages goes on paying until they are
 *                        freed
 *   memcg_other          the same, moved by a task of another cgroup
 *   shared_mapping       another process maps the pages, too: it sees the same content
 *                        afterwards, or its mapping keeps them from moving (MPOL_MF_MOVE)
 *   already_on_node      pages on the target node keep their frames
 *   pinned               a pipe holds references to some pages: only the others move, until it is
 *                        drained
 *   pinned_longterm      io_uring pins some pages (FOLL_LONGTERM): the same
 *   leaves_zone          pages leave ZONE_MOVABLE for a long-term pin and stay on their node;
 *                        their memory blocks go offline while they are pinned
 *   punch_refault        the policy of the file fills a hole that is punched after the move
 *   punch_race           holes are punched and filled during moves; the two must not deadlock
 *   not_uptodate         pages that were allocated but never written read zero after the move
 *   zap_exact            only guest mappings of the range are zapped
 *   unevictable_disallowed  vm.compact_unevictable_allowed=0: compaction moves no page; with 1
 *                        it moves the same pages
 *   guest_image          the guest's program, stacks and page tables move while it runs and takes
 *                        exceptions
 *   poisoned             pages with a memory error stay poisoned while the others move, and pages
 *                        are poisoned after they moved
 *   poison_race          memory errors hit pages while the others move
 *   poison_moving        memory errors hit pages while they move: no mark is lost
 *   poisoned_offline     pages with a memory error do not keep their memory block online; it stays
 *                        offline until the next boot
 *   retired              the frame that soft offlining took out of use is marked, and is not
 *                        allocated again
 *   not_isolated         compaction does not even isolate unmovable folios
 *   launched             the launch took the pages over, and nothing has written to them since
 *   inaccessible         requests that would change a part of a page are refused, and nothing
 *                        beside holes of whole pages changes: AS_INACCESSIBLE of the mapping
 *   unmovable            holes beside pages make no difference to whether they move: AS_UNMOVABLE
 *   many_pages           more pages than any internal batch of the call
 *   sparse               a few pages between holes that are larger than a huge page: only they
 *                        move, and the holes stay holes
 *   running_host         running, and a thread of the host uses a part of the pages like the guest
 *   host_*               the host's mapping is the same after the move: read-only, PROT_NONE or
 *                        mlocked; two mappings; moved by mremap(); accessed and soft-dirty bits of
 *                        its PTEs; no PTEs at all; PTEs that go away during the move
 *   mixed_targets        a node for each page, with pages between that are absent, unmapped or on
 *                        their node already: the answer for each
 *   bad_node_between     the same with a node without memory for one of the last pages
 *   ordinary_memslot     running, where one vCPU uses the file's memslot and another one an
 *                        ordinary memslot over the host's mapping of the file
 *   ordinary_memslot_other_vm  running, in another VM with an ordinary memslot over the mapping
 *   uaddr_unused         running, where userspace_addr is other memory: the guest never gets it
 *   memslot_refused      KVM refuses memslots over memory that has one, over another VM's file and
 *                        the like; then running: the refusals left the file's memslot alone
 *   prefault             KVM_PRE_FAULT_MEMORY before a move, against moves, and afterwards
 *   prefault_race        holes are punched while KVM_PRE_FAULT_MEMORY maps the pages: the guest
 *                        reads zero
 *   close_race           the last close of the file ends the access of running vCPUs, and its
 *                        frames get a new owner
 *   slot_delete_race     the same for the deletion of the memslot
 *   punch_fault_race     the same for a hole: vCPUs that fault at that moment read zero
 *   vm_exit_race         the process of the VM is killed; another one keeps the file, moves its
 *                        pages before and after, and finds the content
 *   policy_*             each policy of mbind(), on first touch and for existing pages
 *   policy_nested        a policy inside the range of another one leaves both sides of it alone
 *   move_*               mbind() with an interleaving policy moves pages to all of its nodes
 *   many_pinned          many_pages, of which some are held in different batches: the exact count
 *   target_full          many_pages, and the target runs out of memory during the call
 *   signals              many_pages under a storm of signals: the same answer
 *   mover_killed         the process that moves pages of another one is killed in the middle
 *
 * Columns:
 *
 *   triggers   ALL; RANGE: the trigger takes addresses; NODE: it takes a target node; PER_PAGE:
 *              a page that stays does not keep others from moving; ONLY() one; EITHER() of two
 *   pages      ANY; FOUND: the trigger finds folios under at least one contract; MAPPED: host
 *              user space maps the guest_memfd; PRIVATE: private memory; LAUNCHED: private
 *              memory that the launch can take over
 *   memslots   ONE, with userspace_addr elsewhere; UADDR: userspace_addr is the mapping;
 *              TWO; FAR: two at a large file offset (struct gmem_config); MANY, HOLES: one,
 *              with more pages; FEW: one, with a quarter of the pages; LATE: one, and the case
 *              ends the launch
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_TABLE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_TABLE_H

/*	    property              act                triggers            pages   memslots, vCPUs */
#define PROPERTIES(ROW) \
	ROW(idle,                 idle,              ALL,                ANY,    ONE,   1) \
	ROW(running,              running,           ALL,                FOUND,  ONE,   2) \
	ROW(running_uaddr,        running,           ONLY(move_pages),   MAPPED, UADDR, 2) \
	ROW(running_two_slots,    running,           ONLY(move_pages),   MAPPED, TWO,   2) \
	ROW(running_large_offset, running,           ONLY(move_pages),   MAPPED, FAR,   2) \
	ROW(partial,              partial,           RANGE,              FOUND,  ONE,   1) \
	ROW(move_again,           move_again,        RANGE,              FOUND,  ONE,   1) \
	ROW(soft_offline_later,   soft_offline_later, ALL,               MAPPED, ONE,   1, \
	    .skip_reason = soft_offline_later_skip_reason) \
	ROW(soft_offline_clean,   soft_offline_clean, ONLY(move_pages),  MAPPED, ONE,   1, \
	    .skip_reason = soft_offline_later_skip_reason) \
	ROW(no_leak,              no_leak,           EITHER(move_pages, compact), \
									 FOUND,  ONE,   1) \
	ROW(memcg_charge,         memcg_charge,      ONLY(move_pages),   MAPPED, ONE,   1, \
	    .env = &env_memcg) \
	ROW(memcg_other,          memcg_other,       EITHER(move_pages, migrate_pages), \
									 MAPPED, ONE,   1, \
	    .env = &env_memcg) \
	ROW(shared_mapping,       shared_mapping,    ALL,                MAPPED, ONE,   1) \
	ROW(already_on_node,      already_on_node,   NODE,               FOUND,  ONE,   1) \
	ROW(pinned,               pinned,            PER_PAGE,           MAPPED, ONE,   1) \
	ROW(pinned_longterm,      pinned_longterm,   EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1, \
	    .skip_reason = longterm_pin_skip_reason) \
	ROW(leaves_zone,          leaves_zone,       ONLY(longterm_pin), MAPPED, ONE,   1) \
	ROW(punch_refault,        punch_refault,     EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(punch_race,           punch_race,        ONLY(move_pages),   MAPPED, FEW,   1) \
	ROW(not_uptodate,         not_uptodate,      ONLY(compact),      ANY,    ONE,   1) \
	ROW(zap_exact,            zap_exact,         ONLY(move_pages),   MAPPED, TWO,   1) \
	ROW(unevictable_disallowed, unevictable_disallowed, ONLY(compact), \
									 FOUND,  ONE,   1, \
	    .skip_reason = unevictable_disallowed_skip_reason, \
	    .env = &env_unevictable_disallowed) \
	ROW(guest_image,          guest_image,       ONLY(move_pages),   MAPPED, ONE,   1, \
	    .skip_reason = slot0_gmem_skip_reason) \
	ROW(poisoned,             poisoned,          EITHER(move_pages, compact), \
									 MAPPED, ONE,   1, \
	    .skip_reason = poisoned_skip_reason, .env = &env_hwpoison) \
	ROW(poison_race,          poison_race,       ONLY(move_pages),   MAPPED, ONE,   1, \
	    .skip_reason = poisoned_skip_reason, .env = &env_hwpoison) \
	ROW(poison_moving,        poison_moving,     ONLY(move_pages),   MAPPED, ONE,   1, \
	    .skip_reason = poisoned_skip_reason, .env = &env_hwpoison, .unsafe = true) \
	ROW(poisoned_offline,     poisoned_offline,  ONLY(memory_offline), MAPPED, ONE, 1, \
	    .skip_reason = poisoned_skip_reason, .env = &env_hwpoison, .unsafe = true) \
	ROW(retired,              retired,           ONLY(soft_offline_phys), MAPPED, ONE, 1, \
	    .skip_reason = poisoned_skip_reason, .env = &env_hwpoison) \
	ROW(many_pages,           many_pages,        NODE,               MAPPED, MANY,  1) \
	ROW(sparse,               sparse,            EITHER(move_pages, mbind_strict), \
									 MAPPED, HOLES, 1) \
	ROW(uaddr_unused,         uaddr_unused,      ONLY(move_pages),   MAPPED, ONE,   2, \
	    .unsafe = true) \
	ROW(ordinary_memslot,     ordinary_memslot,  ONLY(move_pages),   MAPPED, ONE,   2) \
	ROW(ordinary_memslot_other_vm, ordinary_memslot_other_vm, \
						     ONLY(move_pages),   MAPPED, ONE,   1) \
	ROW(memslot_refused,      memslot_refused,   ONLY(move_pages),   MAPPED, ONE,   2) \
	ROW(prefault,             prefault,          ONLY(move_pages),   MAPPED, ONE,   2, \
	    .skip_reason = prefault_skip_reason) \
	ROW(prefault_race,        prefault_race,     ONLY(move_pages),   MAPPED, FEW,   2, \
	    .skip_reason = prefault_skip_reason) \
	ROW(close_race,           close_race,        ONLY(move_pages),   MAPPED, FEW,   2) \
	ROW(slot_delete_race,     slot_delete_race,  ONLY(move_pages),   MAPPED, FEW,   2) \
	ROW(punch_fault_race,     punch_fault_race,  ONLY(move_pages),   MAPPED, FEW,   2) \
	ROW(vm_exit_race,         vm_exit_race,      ONLY(move_pages),   MAPPED, FEW,   1) \
	ROW(policy_bind,          policy_bind,       ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(policy_preferred,     policy_preferred,  ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(policy_interleave,    policy_interleave, ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(policy_weighted,      policy_weighted,   ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .allocates_on_target = true, \
	    .skip_reason = weighted_interleave_skip_reason, \
	    .env = &env_weighted_interleave) \
	ROW(policy_local,         policy_local,      ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(running_host,         running_host,      EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1) \
	ROW(host_readonly,        host_readonly,     EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1) \
	ROW(host_prot_none,       host_prot_none,    EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1) \
	ROW(host_mlocked,         host_mlocked,      EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1) \
	ROW(host_mapped_twice,    host_mapped_twice, EITHER(move_pages, move_pages_all), \
									 MAPPED, ONE,   1) \
	ROW(host_mremap,          host_mremap,       EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1) \
	ROW(host_unmapped,        host_unmapped,     ONLY(soft_offline_phys), \
									 MAPPED, ONE,   1) \
	ROW(host_unmap_race,      host_unmap_race,   ONLY(move_pages),   MAPPED, ONE,   1) \
	ROW(host_accessed,        host_accessed,     EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1, \
	    .skip_reason = host_accessed_skip_reason) \
	ROW(host_soft_dirty,      host_soft_dirty,   EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1, \
	    .skip_reason = host_soft_dirty_skip_reason) \
	ROW(mixed_targets,        mixed_targets,     ONLY(move_pages),   MAPPED, ONE,   1) \
	ROW(bad_node_between,     bad_node_between,  ONLY(move_pages),   MAPPED, ONE,   1) \
	ROW(policy_nested,        policy_nested,     ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(move_interleave,      move_interleave,   ONLY(mbind_strict), MAPPED, ONE,   1) \
	ROW(move_weighted,        move_weighted,     ONLY(mbind_strict), MAPPED, ONE,   1, \
	    .skip_reason = weighted_interleave_skip_reason, \
	    .env = &env_weighted_interleave) \
	ROW(many_pinned,          many_pinned,       EITHER(move_pages, migrate_pages), \
									 MAPPED, MANY,  1) \
	ROW(target_full,          target_full,       EITHER(move_pages, mbind_strict), \
									 MAPPED, MANY,  1) \
	ROW(signals,              signals,           EITHER(move_pages, mbind_strict), \
									 MAPPED, MANY,  1) \
	ROW(mover_killed,         mover_killed,      ONLY(move_pages_remote), \
									 MAPPED, ONE,   1) \
	ROW(not_isolated,         not_isolated,      EITHER(compact, compact_node), \
									 PRIVATE, ONE,  1) \
	ROW(launched,             launched,          ONLY(soft_offline_phys), \
									 LAUNCHED, LATE, 1, \
	    .unfilled = true) \
	ROW(inaccessible,         inaccessible,      ONLY(move_pages),   MAPPED, ONE,   1, \
	    .group = "mapping_flags") \
	ROW(unmovable,            unmovable,         ONLY(move_pages),   MAPPED, ONE,   1, \
	    .group = "mapping_flags")

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_TABLE_H */
