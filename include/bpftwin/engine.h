// Engines run programs: the interpreter, JIT compilers, a kernel. One interface for all.
#pragma once

#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/claims.h"
#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"

namespace bpftwin {

/// What a batch command did: many elements of a map at once.
struct MapBatch {
    std::vector<MapEntry> entries = {};  ///< Found by lookups, in iteration order.
    Bytes cursor = {};                   ///< Of lookups: where the next one goes on.
    std::uint32_t count = 0;             ///< Elements done.
    int error = 0;  ///< What ended it early: ENOENT behind the last element, or of one element.
};

/// User space's side of one map of an instance: what the bpf(2) map commands offer.
class MapView {
public:
    virtual ~MapView() = default;

    [[nodiscard]] virtual const MapSpec& spec() const = 0;
    /// Values (one, or one per possible CPU) of `key`; an Error with `code` ENOENT if absent. Of a
    /// queue or stack the value that comes next; a bloom filter is asked for a value as key.
    [[nodiscard]] virtual Result<std::vector<Bytes>> lookup(ByteView key) = 0;
    /// Sets the value(s) of `key`. One value for a per-CPU map is stored for every CPU.
    /// @param flags BPF_ANY, BPF_NOEXIST, BPF_EXIST.
    virtual Result<void> update(ByteView key, const std::vector<Bytes>& values,
                                std::uint64_t flags) = 0;
    virtual Result<void> erase(ByteView key) = 0;
    /// Puts a record into a user_ringbuf, as its producer in user space does; programs get it by
    /// bpf_user_ringbuf_drain. @return an Error: ENOSPC where there is no room now, E2BIG where
    /// there never is, EOPNOTSUPP for other types.
    virtual Result<void> send(ByteView /*record*/) {
        return fail("map " + spec().name + ": only a user_ringbuf takes records", EOPNOTSUPP);
    }
    /// The value(s) of `key`, which is then gone (BPF_MAP_LOOKUP_AND_DELETE_ELEM); what a queue or
    /// stack, whose keys have no bytes, gives next.
    virtual Result<std::vector<Bytes>> take(ByteView key) = 0;
    /// The key behind `key` in iteration order, or the first one; an Error with `code` ENOENT at
    /// the end. What is no key of the map comes before the first.
    [[nodiscard]] virtual Result<Bytes> key_after(std::optional<ByteView> key) = 0;

    /// Batches, where the type offers them (ENOTSUPP): an Error is what refused all of it.
    /// @param cursor empty, or that of the batch before.
    [[nodiscard]] virtual Result<MapBatch> lookup_batch(ByteView cursor, std::uint32_t count) = 0;
    virtual Result<MapBatch> take_batch(ByteView cursor, std::uint32_t count) = 0;
    /// @param flags BPF_F_LOCK or 0.
    virtual Result<MapBatch> update_batch(const std::vector<MapEntry>& entries,
                                          std::uint64_t flags) = 0;
    virtual Result<MapBatch> erase_batch(const std::vector<Bytes>& keys) = 0;
    /// All entries in iteration order. Maps that cannot be iterated give none.
    [[nodiscard]] virtual Result<std::vector<MapEntry>> entries() = 0;
};

/// What an engine made of a program so that it can run.
struct CodeInfo {
    std::size_t bytes = 0;         ///< Size of what is executed: machine code or internal code.
    std::uint64_t compile_ns = 0;  ///< Wall time from instructions to that.
};

/// A loaded object: owns maps and executable programs. Instances share nothing but what they are
/// told to (`EngineOptions::maps`). One instance, or several with common maps, may run programs and
/// be asked for maps from several threads at once: the programs share the maps as on several CPUs,
/// and a ring buffer's record is among the events of the run that is the first to look for it.
class Instance {
public:
    virtual ~Instance() = default;

    /// Runs the program of that name.
    /// @return its effects (a `Trap` is one of them), or an Error for an unknown program or an
    /// input that does not fit its type.
    virtual Result<RunResult> run(std::string_view program, const RunInput& input) = 0;

    /// The map of that name, or null. Valid as long as the instance.
    virtual MapView* map(std::string_view name) = 0;
    /// The same, to be kept: the map lives as long as anyone has it, with or without the instance.
    virtual std::shared_ptr<MapView> shared_map(std::string_view name) = 0;

    /// What the program of that name became, or an Error as `run` would give.
    [[nodiscard]] virtual Result<CodeInfo> code_info(std::string_view program) const = 0;

    /// What the engine's verifier said of the program of that name; nothing without a verifier.
    [[nodiscard]] virtual std::optional<Verdict> verdict(std::string_view) const { return {}; }
};

/// Whether memory accesses are checked while a program runs.
enum class Safety : std::uint8_t {
    checked,  ///< Every access is resolved; a bad one becomes a trap. For unverified programs.
    unsafe,   ///< No checks: the caller vouches for the program. A bad access ends the process in
              ///< the interpreter and is a trap in the JIT, if the processor notices it.
};

/// Live maps by the name of the map that each stands for.
using SharedMaps = std::map<std::string, std::shared_ptr<MapView>, std::less<>>;

struct EngineOptions {
    Safety safety = Safety::checked;
    /// Possible CPUs: values per key of per-CPU maps; 0: as many as this machine has.
    std::uint32_t cpu_count = 0;
    /// Whether `RunInput::budget` can stop a run. The interpreter always counts; the JIT only if
    /// asked, at loop heads, calls and entries, where it counts whole loops and functions: it may
    /// stop earlier than the interpreter, never later.
    bool metered = true;
    /// JIT: whether perf gets the names of BPF functions, by /tmp/perf-PID.map, which stays.
    bool perf_map = false;
    /// JIT: whether GDB gets the names of BPF functions, by its JIT interface, while the instance
    /// lives.
    bool gdb = false;
    /// Maps of other instances (`Instance::shared_map`) which the object uses in place of new ones,
    /// with what is in them: also a data section gets no contents then (libbpf's
    /// `bpf_map__reuse_fd`, cilium/ebpf's `MapReplacements`). Only between instances that run in
    /// this process, or of one kernel's engine, and of maps that are defined alike; maps that hold
    /// maps or programs belong to one object. Events, redirects and writes name such a map as it
    /// was created.
    SharedMaps maps = {};
    /// What the verifier claims of programs, by name. The checked interpreter holds the values
    /// before each of their instructions against it, and stops a run that is not as claimed.
    ProgramClaims claims = {};
    /// The kernel's types (`Target::types`), which `World::objects` and the objects that programs
    /// are given are laid out by. Null: such objects have no fields and are zeros.
    std::shared_ptr<const Btf> kernel_types = {};
};

/// Something that can run programs.
class Engine {
public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// As uname(2) tells it ("6.18.5"); empty for engines of this process.
    [[nodiscard]] virtual std::string release() const { return {}; }
    /// Creates the object's maps and prepares every program with `autoload`.
    virtual Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                          const EngineOptions& options) = 0;
};

/// The interpreter. Checked, it reads 0 where the kernel would through a BTF pointer that leads
/// nowhere (tracing, lsm, struct_ops and raw tracepoint programs); unsafe, it reads whatever is
/// there.
std::unique_ptr<Engine> make_interpreter();

/// The JIT compiler, for x86-64 and arm64 hosts. Its code does not check accesses, so
/// `instantiate` takes only `Safety::unsafe`; an access to memory that is not there becomes a trap,
/// or reads 0 as in the checked interpreter.
///
/// The first `instantiate` puts a handler in front of the process's actions for SIGSEGV and SIGBUS,
/// which passes on every fault but those of running programs. A handler that is installed later has
/// to do the same.
std::unique_ptr<Engine> make_jit();

}  // namespace bpftwin
