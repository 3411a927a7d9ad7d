// SPDX-License-Identifier: GPL-2.0-only
/* Looks up function names in the symbol table of the running program. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/types.h>

#include "symbol.h"

/* Maps the program's file; returns NULL if that fails. */
static const char *map_program(size_t *size)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	void *mem = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && (size_t)st.st_size >= sizeof(Elf64_Ehdr)) {
		*size = st.st_size;
		mem = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	return mem == MAP_FAILED ? NULL : mem;
}

/* Returns the symbol table, or NULL for a stripped program. */
static const Elf64_Shdr *find_symtab(const char *elf)
{
	const Elf64_Ehdr *hdr = (const void *)elf;
	const Elf64_Shdr *section = (const void *)(elf + hdr->e_shoff);
	unsigned int i;

	for (i = 0; i < hdr->e_shnum; i++)
		if (section[i].sh_type == SHT_SYMTAB)
			return &section[i];
	return NULL;
}

/* A symbol without a size, as in assembly code, covers only its first byte. */
static bool covers(const Elf64_Sym *sym, unsigned long addr)
{
	if (ELF64_ST_TYPE(sym->st_info) == STT_FUNC)
		return addr - sym->st_value < (sym->st_size ? sym->st_size : 1);
	return false;
}

const char *symbol_name(unsigned long addr, char *buf, size_t size)
{
	const Elf64_Shdr *sections, *symtab;
	const Elf64_Sym *sym, *end;
	size_t elf_size;
	const char *elf;

	snprintf(buf, size, "%#lx", addr);
	elf = map_program(&elf_size);
	if (!elf)
		return buf;
	symtab = find_symtab(elf);
	if (symtab) {
		sections = (const void *)(elf + ((const Elf64_Ehdr *)elf)->e_shoff);
		sym = (const void *)(elf + symtab->sh_offset);
		end = sym + symtab->sh_size / sizeof(*sym);
		for (; sym < end; sym++) {
			if (!covers(sym, addr))
				continue;
			snprintf(buf, size, "%#lx %s+%#lx", addr,
				 elf + sections[symtab->sh_link].sh_offset + sym->st_name,
				 addr - sym->st_value);
			break;
		}
	}
	munmap((void *)elf, elf_size);
	return buf;
}
