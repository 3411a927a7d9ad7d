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
 *   partial              only the pages of the range move
 *   no_leak              repeated moves; after close no memory is lost and all counters are as
 *                        before
 *   memcg_charge         the memory cgroup that pays for the pages goes on paying until they are
 *                        freed
 *   shared_mapping       another process maps the pages, too: it sees the same content
 *                        afterwards, or its mapping keeps them from moving (MPOL_MF_MOVE)
 *   already_on_node      pages on the target node keep their frames
 *   pinned               a pipe holds references to some pages: only the others move, until it is
 *                        drained
 *   pinned_longterm      io_uring pins some pages (FOLL_LONGTERM): the same
 *   punch_refault        the policy of the file fills a hole that is punched after the move
 *   punch_race           holes are punched and filled during moves; the two must not deadlock
 *   not_uptodate         pages that were allocated but never written read zero after the move
 *   zap_exact            only guest mappings of the range are zapped
 *   guest_image          the guest's program, stacks and page tables move while it runs and takes
 *                        exceptions
 *   ordinary_memslot     running, where one vCPU uses the file's memslot and another one an
 *                        ordinary memslot over the host's mapping of the file
 *   ordinary_memslot_other_vm  running, in another VM with an ordinary memslot over the mapping
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
 *
 * Columns:
 *
 *   triggers   ALL; RANGE: the trigger takes addresses; NODE: it takes a target node; PER_PAGE:
 *              a page that stays does not keep others from moving; ONLY() one; EITHER() of two
 *   pages      ANY; FOUND: the trigger finds folios, see NOT_MAPPED and NO_FOLIO in the
 *              contract; MAPPED: host user space maps the guest_memfd
 *   memslots   ONE, with userspace_addr 0; UADDR: userspace_addr is the mapping; TWO; FAR: two
 *              at a large file offset (struct gmem_config); FEW: one, of a quarter of the pages
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
	ROW(no_leak,              no_leak,           EITHER(move_pages, compact), \
									 FOUND,  ONE,   1) \
	ROW(memcg_charge,         memcg_charge,      ONLY(move_pages),   MAPPED, ONE,   1, \
	    .env = &env_memcg) \
	ROW(shared_mapping,       shared_mapping,    ALL,                MAPPED, ONE,   1) \
	ROW(already_on_node,      already_on_node,   NODE,               FOUND,  ONE,   1) \
	ROW(pinned,               pinned,            PER_PAGE,           MAPPED, ONE,   1) \
	ROW(pinned_longterm,      pinned_longterm,   EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1, \
	    .skip_reason = longterm_pin_skip_reason) \
	ROW(punch_refault,        punch_refault,     EITHER(move_pages, mbind_strict), \
									 MAPPED, ONE,   1, \
	    .allocates_on_target = true) \
	ROW(punch_race,           punch_race,        ONLY(move_pages),   MAPPED, ONE,   1) \
	ROW(not_uptodate,         not_uptodate,      ONLY(compact),      ANY,    ONE,   1) \
	ROW(zap_exact,            zap_exact,         ONLY(move_pages),   MAPPED, TWO,   1) \
	ROW(guest_image,          guest_image,       ONLY(move_pages),   MAPPED, ONE,   1, \
	    .skip_reason = slot0_gmem_skip_reason) \
	ROW(ordinary_memslot,     ordinary_memslot,  ONLY(move_pages),   MAPPED, ONE,   2) \
	ROW(ordinary_memslot_other_vm, ordinary_memslot_other_vm, \
						     ONLY(move_pages),   MAPPED, ONE,   1) \
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
	    .allocates_on_target = true)

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_TABLE_H */
