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
 *   poisoned             pages with a memory error stay poisoned while the others move, and pages
 *                        are poisoned after they moved
 *   poison_race          memory errors hit pages while the others move
 *   poison_moving        memory errors hit pages while they move: no mark is lost
 *   poisoned_offline     pages with a memory error do not keep their memory block online; it stays
 *                        offline until the next boot
 *   retired              the frame that soft offlining took out of use is marked, and is not
 *                        allocated again
 *   policy_*             each policy of mbind(), on first touch and for existing pages
 *
 * Columns:
 *
 *   triggers   ALL; RANGE: the trigger takes addresses; NODE: it takes a target node; PER_PAGE:
 *              a page that stays does not keep others from moving; ONLY() one; EITHER() of two
 *   pages      ANY; FOUND: the trigger finds folios, see NOT_MAPPED and NO_FOLIO in the
 *              contract; MAPPED: host user space maps the guest_memfd
 *   memslots   ONE, with userspace_addr 0; UADDR: userspace_addr is the mapping; TWO; FAR: two
 *              at a large file offset (struct gmem_config)
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
