#include "jit/gdb.h"

#include <elf.h>

#include <cstring>
#include <mutex>
#include <utility>

// GDB looks for these by name and layout. Another compiler in the process may bring them, too: all
// use one list then.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier)
struct jit_code_entry {
    jit_code_entry* next_entry;
    jit_code_entry* prev_entry;
    const char* symfile_addr;
    std::uint64_t symfile_size;
};
struct jit_descriptor {
    std::uint32_t version;
    std::uint32_t action_flag;
    jit_code_entry* relevant_entry;
    jit_code_entry* first_entry;
};
[[gnu::weak]] extern jit_descriptor __jit_debug_descriptor;
[[gnu::weak, gnu::used]] jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
[[gnu::weak, gnu::used, gnu::noinline]] void __jit_debug_register_code();
void __jit_debug_register_code() { asm volatile("" ::: "memory"); }
// NOLINTEND(bugprone-reserved-identifier)
}

namespace bpftwin::jit {
namespace {

enum Action : std::uint32_t { register_code = 1, unregister_code = 2 };

std::mutex& list_lock() {
    static std::mutex lock;
    return lock;
}

void tell(jit_code_entry& entry, Action action) {
    __jit_debug_descriptor.relevant_entry = &entry;
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_register_code();
}

void link(jit_code_entry& entry) {
    const std::lock_guard guard(list_lock());
    jit_code_entry*& first = __jit_debug_descriptor.first_entry;
    entry.next_entry = first;
    if (first) first->prev_entry = &entry;
    first = &entry;
    tell(entry, register_code);
}

void unlink(jit_code_entry& entry) {
    const std::lock_guard guard(list_lock());
    if (entry.prev_entry)
        entry.prev_entry->next_entry = entry.next_entry;
    else
        __jit_debug_descriptor.first_entry = entry.next_entry;
    if (entry.next_entry) entry.next_entry->prev_entry = entry.prev_entry;
    tell(entry, unregister_code);
}

// --- The smallest ELF object that names code: section headers, symbols, their names.

enum Section : std::uint16_t { null, text, symbols, strings, section_names, section_count };

constexpr char section_name_bytes[] = "\0.text\0.symtab\0.strtab\0.shstrtab";

/// Where `name` stands in the names of sections.
constexpr std::uint32_t name_offset(std::string_view name) {
    return static_cast<std::uint32_t>(
        std::string_view(section_name_bytes, sizeof section_name_bytes).find(name));
}

constexpr std::uint16_t host_machine() {
#if defined(__aarch64__)
    return EM_AARCH64;
#else
    return EM_X86_64;
#endif
}

class ObjectWriter {
public:
    explicit ObjectWriter(std::span<const CodeName> names) {
        symbols_.push_back({});
        for (const CodeName& one : names) add(one);
    }

    Bytes write(std::uint64_t begin, std::uint64_t size) {
        Elf64_Shdr headers[section_count]{};
        headers[text] = {.sh_name = name_offset(".text"),
                         .sh_type = SHT_NOBITS,
                         .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                         .sh_addr = begin,
                         .sh_size = size,
                         .sh_addralign = 16};
        bytes_.resize(sizeof(Elf64_Ehdr) + sizeof headers);
        headers[symbols] =
            append(".symtab", SHT_SYMTAB, symbols_.data(), symbols_.size() * sizeof(Elf64_Sym));
        headers[symbols].sh_link = strings;
        headers[symbols].sh_info = 1;  // The first symbol that is not local.
        headers[symbols].sh_entsize = sizeof(Elf64_Sym);
        headers[strings] = append(".strtab", SHT_STRTAB, names_.data(), names_.size());
        headers[section_names] =
            append(".shstrtab", SHT_STRTAB, section_name_bytes, sizeof section_name_bytes);
        std::memcpy(bytes_.data() + sizeof(Elf64_Ehdr), headers, sizeof headers);
        write_file_header();
        return std::move(bytes_);
    }

private:
    void add(const CodeName& one) {
        symbols_.push_back({.st_name = static_cast<Elf64_Word>(names_.size()),
                            .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                            .st_other = STV_DEFAULT,
                            .st_shndx = text,
                            .st_value = one.address,
                            .st_size = one.size});
        names_ += one.name;
        names_ += '\0';
    }

    Elf64_Shdr append(std::string_view name, std::uint32_t type, const void* data,
                      std::size_t size) {
        constexpr std::size_t alignment = 8;
        bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
        const Elf64_Shdr header{.sh_name = name_offset(name),
                                .sh_type = type,
                                .sh_offset = bytes_.size(),
                                .sh_size = size,
                                .sh_addralign = alignment};
        const auto* from = static_cast<const std::byte*>(data);
        bytes_.insert(bytes_.end(), from, from + size);
        return header;
    }

    void write_file_header() {
        const Elf64_Ehdr header{
            .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
            .e_type = ET_EXEC,
            .e_machine = host_machine(),
            .e_version = EV_CURRENT,
            .e_shoff = sizeof(Elf64_Ehdr),
            .e_ehsize = sizeof(Elf64_Ehdr),
            .e_shentsize = sizeof(Elf64_Shdr),
            .e_shnum = section_count,
            .e_shstrndx = section_names};
        std::memcpy(bytes_.data(), &header, sizeof header);
    }

    Bytes bytes_;
    std::vector<Elf64_Sym> symbols_;
    std::string names_ = std::string(1, '\0');
};

Bytes object_of(std::span<const CodeName> names) {
    const std::uint64_t begin = names.front().address;
    return ObjectWriter(names).write(begin, names.back().address + names.back().size - begin);
}

}  // namespace

GdbNames::GdbNames(std::span<const CodeName> names)
    : object_(object_of(names)), entry_(std::make_unique<jit_code_entry>()) {
    entry_->symfile_addr = reinterpret_cast<const char*>(object_.data());
    entry_->symfile_size = object_.size();
    link(*entry_);
}

GdbNames::GdbNames() = default;

GdbNames::GdbNames(GdbNames&& other) noexcept = default;

GdbNames& GdbNames::operator=(GdbNames&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(entry_, other.entry_);
    return *this;
}

GdbNames::~GdbNames() {
    if (entry_) unlink(*entry_);
}

}  // namespace bpftwin::jit
