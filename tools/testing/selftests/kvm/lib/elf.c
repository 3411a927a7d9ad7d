// SPDX-License-Identifier: GPL-2.0-only
/* Copies an ELF program into a guest. */
#include <elf.h>

#include "kvm_util.h"

static void elf_read(int fd, const char *filename, void *buf, size_t size, off_t offset)
{
	ssize_t got;

	for (; size; size -= got, buf = (char *)buf + got, offset += got) {
		got = pread(fd, buf, size, offset);
		TEST_ASSERT(got > 0, "%s: cannot read %zu bytes at %#lx", filename, size,
			    (unsigned long)offset);
	}
}

/* Opens @filename and reads its ELF header; the caller closes the file. */
static int elf_open(const char *filename, Elf64_Ehdr *hdr)
{
	const unsigned int endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB :
										ELFDATA2MSB;
	int fd = open(filename, O_RDONLY | O_CLOEXEC);

	TEST_ASSERT(fd >= 0, "cannot open %s", filename);
	elf_read(fd, filename, hdr, sizeof(*hdr), 0);
	TEST_ASSERT(!memcmp(hdr->e_ident, ELFMAG, SELFMAG) &&
		    hdr->e_ident[EI_CLASS] == ELFCLASS64 && hdr->e_ident[EI_DATA] == endian &&
		    hdr->e_phentsize == sizeof(Elf64_Phdr),
		    "%s is not a 64-bit ELF file of this machine", filename);
	TEST_ASSERT(hdr->e_type == ET_EXEC,
		    "%s is position-independent: link with -static -no-pie", filename);
	return fd;
}

/* Reads program header @i; returns false if the segment takes no memory. */
static bool elf_segment(int fd, const char *filename, const Elf64_Ehdr *hdr, unsigned int i,
			Elf64_Phdr *phdr)
{
	elf_read(fd, filename, phdr, sizeof(*phdr), hdr->e_phoff + i * sizeof(*phdr));
	return phdr->p_type == PT_LOAD && phdr->p_memsz;
}

void kvm_vm_elf_load(struct kvm_vm *vm, const char *filename)
{
	Elf64_Ehdr hdr;
	Elf64_Phdr phdr;
	unsigned int i;
	int fd = elf_open(filename, &hdr);

	for (i = 0; i < hdr.e_phnum; i++) {
		u64 start, size, offset, len;
		gva_t gva;

		if (!elf_segment(fd, filename, &hdr, i, &phdr))
			continue;
		start = align_down(phdr.p_vaddr, vm->page_size);
		size = vm_page_align(vm, phdr.p_vaddr + phdr.p_memsz) - start;
		gva = __vm_alloc(vm, size, start, MEM_REGION_CODE);
		TEST_ASSERT(gva == start, "%s: gva %#lx is mapped already", filename,
			    start);

		/* New guest memory is zero: .bss needs no write. */
		for (offset = 0; offset < phdr.p_filesz; offset += len) {
			gva = phdr.p_vaddr + offset;
			len = min(vm->page_size - gva % vm->page_size, phdr.p_filesz - offset);
			elf_read(fd, filename, addr_gva2hva(vm, gva), len, phdr.p_offset + offset);
		}
	}
	kvm_close(fd);
}

u64 kvm_vm_elf_size(const char *filename)
{
	Elf64_Ehdr hdr;
	Elf64_Phdr phdr;
	unsigned int i;
	u64 size = 0, page = getpagesize();
	int fd = elf_open(filename, &hdr);

	for (i = 0; i < hdr.e_phnum; i++)
		if (elf_segment(fd, filename, &hdr, i, &phdr))
			size += align_up(phdr.p_vaddr % page + phdr.p_memsz, page);
	kvm_close(fd);
	return size;
}
