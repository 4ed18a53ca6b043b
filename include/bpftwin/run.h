// What goes into one run of a program and what comes out of it: the same nouns for every engine.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/kinds.h"
#include "bpftwin/network.h"

namespace bpftwin {

/// A piece of a task's memory in user space, as a line of /proc/PID/maps says it.
struct MemoryArea {
    static constexpr std::uint64_t page_size = 4096;

    std::uint64_t start = 0, end = 0;  ///< Whole pages; `end` is the first address behind it.
    std::uint64_t flags = 0;           ///< VM_* of the kernel's include/linux/mm.h.
    std::uint64_t offset = 0;          ///< In `file`, in bytes.
    std::string file = {};             ///< Its path; empty: none, the memory is anonymous.
    std::uint64_t inode = 0;           ///< The file's number.
};

/// The task that `bpf_get_current_*` reports.
struct Task {
    std::uint32_t pid = 0;   ///< Thread id (the kernel's `pid`).
    std::uint32_t tgid = 0;  ///< Process id (the kernel's `tgid`).
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string comm;  ///< At most 15 bytes are seen.
    /// Addresses of the functions it is in, innermost first, for stack helpers.
    std::vector<std::uint64_t> kernel_stack = {}, user_stack = {};
    /// Ids of its cgroup (the last one) and that one's ancestors from the root; empty: those of
    /// this process.
    std::vector<std::uint64_t> cgroups = {};
    /// Device and inode of its PID namespace; 0: that of this process.
    std::uint64_t pid_ns_dev = 0, pid_ns_ino = 0;
    /// Its memory, in the order of addresses; empty: it has none, as kernel threads.
    std::vector<MemoryArea> areas = {};
};

/// What a performance counter shows.
struct PerfCounter {
    std::uint64_t counter = 0;
    std::uint64_t enabled = 0;  ///< Nanoseconds that it was enabled, and that it ran.
    std::uint64_t running = 0;
};

/// A field of an object of the kernel, set by path, in the layout of `EngineOptions::kernel_types`:
/// `task.real_parent.tgid` of the running task, `tasks[7].comm` of another one, `cgroups[20].level`
/// of a cgroup, `regs.ip` of the running task's registers in user space,
/// `args.file.f_path.dentry.d_name.name` or `args[0].f_flags` of what the program's hook is given.
/// Steps follow pointers and make what null ones lead to; `:STRUCT` behind a pointer says what it
/// points to (`args.sk:tcp_sock.snd_cwnd`), `[N]` chooses an element. What is not set is 0.
struct ObjectField {
    std::string path;
    /// A C initialiser; for a pointer an address, `"text"` or `hex:BYTES` that it points to,
    /// `{.field = value}`, or `&PATH`, the address of another object.
    std::string value;
};

/// What a program can learn of the machine around it.
struct World {
    /// Nanoseconds since boot for ktime helpers; unset: the real clock.
    std::optional<std::uint64_t> ktime_ns;
    /// With `ktime_ns`: added after each time helper call.
    std::uint64_t ktime_step_ns = 0;
    std::uint32_t cpu = 0;  ///< CPU the program runs on; below `EngineOptions::cpu_count`.
    Task task;
    /// Seed of `bpf_get_prandom_u32`; unset: from the system.
    std::optional<std::uint64_t> random_seed;
    /// Interfaces, routes, sockets; null: `Network::loopback()`.
    std::shared_ptr<const Network> network = {};
    /// Cgroups besides those of the running task, each as the ids from the root to it; what has the
    /// same parent is listed in this order. Together they are one tree.
    std::vector<std::vector<std::uint64_t>> other_cgroups = {};
    /// Objects of the kernel. Helpers that tell of the running task agree with its fields.
    std::vector<ObjectField> objects = {};
    /// Counters of the events in perf_event_array maps, and of the event that a perf_event program
    /// belongs to.
    PerfCounter perf = {};
    /// Names and addresses of the kernel's symbols, for bpf_kallsyms_lookup_name.
    std::vector<std::pair<std::string, std::uint64_t>> symbols = {};
    std::uint64_t attach_cookie = 0;  ///< What the program was attached with.
    std::uint64_t func_ip = 0;        ///< Where the function begins that is traced.
    std::int32_t retval = 0;          ///< What a cgroup's hook returns if nobody changes it.
    /// What IMA measured of the file: the algorithm (HASH_ALGO_*) and the digest; empty: nothing.
    std::int32_t ima_algorithm = 0;
    Bytes ima_hash = {};

    /// This process and this machine.
    static World real();
    /// The same on every machine: clock 1 s and 1 µs per call, CPU 0, pid 1000 "bpftwin" of uid and
    /// gid 1000 in cgroup 1000 below the root, two functions on each stack, seed 1.
    static World fixed();
};

/// One context field given by name ("ingress_ifindex" = 3).
struct ContextField {
    std::string name;
    std::uint64_t value = 0;
    /// Given: the field is the address of these bytes, such as a user's string.
    std::optional<Bytes> memory = {};
};

/// One call of a helper or kernel function by a program.
struct CallRecord {
    std::string function;                    ///< As in `Mock`.
    std::array<std::uint64_t, 5> args = {};  ///< r1 to r5.
    std::uint64_t result = 0;                ///< r0.
    bool replaced = false;                   ///< A mock or fault answered.
};

/// What answers the calls of a helper or kernel function in its place, also of one that is not
/// implemented here. A mock's word is taken: where it gives what the function never gives, a
/// program without checks (`Safety::unsafe`) may access any memory.
struct Mock {
    std::string function;  ///< A helper without "bpf_" ("map_update_elem"), or a kernel function.
    /// r0 of the calls in order, the last one of all that follow; nothing: the real function.
    std::vector<std::optional<std::uint64_t>> values = {};
    /// Answers instead of `values` where it is set. Addresses in the record are those of the
    /// program's memory and may be read and written through.
    std::function<std::optional<std::uint64_t>(const CallRecord&)> answer = {};
};

/// A call that fails instead of doing anything.
struct Fault {
    std::string function;    ///< As in `Mock`; empty: counts all calls that can fail.
    std::uint64_t call = 1;  ///< Which one, from 1.
    /// r0; nothing: the error that helpers/failures.def documents, or null.
    std::optional<std::int64_t> result = {};
};

/// A signal that a program sent.
struct SignalSent {
    std::uint32_t pid = 0;  ///< Thread, or process where `thread` is not set.
    std::uint32_t signal = 0;
    bool thread = false;

    friend bool operator==(const SignalSent&, const SignalSent&) = default;
};

/// What a program that decodes an infrared remote control reported (bpf_rc_*).
struct RemoteEvent {
    enum class Kind : std::uint8_t { repeat, keydown, pointer } kind = Kind::repeat;
    std::uint32_t protocol = 0;  ///< Kind::keydown: RC_PROTO_* of <linux/lirc.h>, and what follows.
    std::uint64_t scancode = 0;
    bool toggle = false;
    std::int32_t x = 0, y = 0;  ///< Kind::pointer: how far it moves.

    friend bool operator==(const RemoteEvent&, const RemoteEvent&) = default;
};

/// Input of one run.
struct RunInput {
    /// Packet for packet program types; absent: an empty one of the kernel's minimum length.
    std::optional<Bytes> packet;
    /// The whole context as raw bytes; absent: zeros of the program type's size.
    std::optional<Bytes> context;
    /// Fields set on top of `context`.
    std::vector<ContextField> fields;
    World world = World::real();
    /// How often the program runs; each run starts from the same packet and context.
    std::uint32_t repeat = 1;
    /// Instructions a single run may execute before it is stopped with `TrapKind::budget`.
    std::uint64_t budget = 100'000'000;
    /// Time that passes when the program has ended, in which its timers and work queues call back
    /// what is due, in order; 0: what is due at once does. A kernel is waited for so long, a
    /// minute at most.
    std::uint64_t elapse_ns = 0;
    /// Asked between repetitions; true ends them early.
    std::function<bool()> cancelled = {};
    /// Whether `RunResult::maps` is filled.
    bool want_maps = true;
    /// Whether `RunResult::writes` is filled, which only the checked interpreter does.
    bool want_writes = false;
    /// Engines of this process only: what replaces helpers and kernel functions, and which calls
    /// fail. A mock of the same function comes before a fault.
    std::vector<Mock> mocks = {};
    std::vector<Fault> faults = {};
    /// Whether `RunResult::calls` is filled; it is with mocks and faults, too.
    bool want_calls = false;
};

/// Why a run was stopped.
enum class TrapKind : std::uint8_t {
    bad_access,       ///< Memory outside every region, or a write to read-only memory.
    bad_argument,     ///< A helper argument that its prototype forbids.
    bad_instruction,  ///< An instruction that cannot be executed here.
    bad_call,         ///< Call of a helper, kfunc or address that does not exist.
    call_depth,       ///< More than 8 frames.
    budget,           ///< `RunInput::budget` is used up.
    helper,           ///< A helper stopped the program.
    broken_claim,     ///< A value is not what the verifier claims: a bug, of it or of a helper.
};
std::string_view name_of(TrapKind kind);

/// A line of C that an instruction came from.
struct SourceLine {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string text;
};

/// Where and why a program was stopped.
struct Trap {
    TrapKind kind = TrapKind::bad_access;
    std::string reason;   ///< One sentence.
    std::string program;  ///< Program the instruction belongs to.
    std::string function;
    std::uint32_t pc = 0;  ///< Instruction index in that program.
    std::optional<SourceLine> source;
    std::uint64_t address = 0;  ///< bad_access and bad_argument: the address.
    std::uint32_t size = 0;     ///< Bytes accessed.
    bool write = false;
    std::string region;       ///< Nearest region ("stack of frame 0", "packet"), or empty.
    std::int64_t offset = 0;  ///< `address` relative to that region's start.

    std::vector<std::string> notes = {};  ///< More lines, of broken_claim: how the run came there.

    /// Everything above in readable lines.
    [[nodiscard]] std::string describe() const;
};

/// A redirect that a program asked for.
struct Redirect {
    enum class Kind : std::uint8_t { device, peer, neighbour, map } kind = Kind::device;
    std::uint32_t ifindex = 0;  ///< Target device; of a devmap: the slot's value.
    std::string map;            ///< Kind::map: the map's name.
    std::uint64_t key = 0;      ///< Kind::map: the key.
    std::uint64_t flags = 0;

    friend bool operator==(const Redirect&, const Redirect&) = default;
};

/// A record sent to user space by a ring buffer or perf event array.
struct Event {
    std::string map;
    std::uint32_t cpu = 0;  ///< perf_event_array: the slot it went to.
    Bytes data;
    bool padded = false;  ///< Up to 7 zero bytes may follow the record, as perf's ring has them.

    friend bool operator==(const Event&, const Event&) = default;
};

/// One entry of a map. Per-CPU maps have one value per possible CPU, others one.
struct MapEntry {
    Bytes key;
    std::vector<Bytes> values;

    friend bool operator==(const MapEntry&, const MapEntry&) = default;
};

/// Contents of a map after the run, in the map's own iteration order.
struct MapContents {
    std::string map;
    MapType type = MapType::unspec;
    std::vector<MapEntry> entries;
};

/// The instruction that wrote some bytes last.
struct LastWrite {
    enum class Place : std::uint8_t { packet, context, map } place = Place::packet;
    std::string map = {};  ///< Place::map: its name, and which element.
    Bytes key = {};
    std::uint32_t offset = 0;  ///< In packet, context or value; values of several CPUs are joined.
    std::uint32_t size = 0;
    std::string program = {};  ///< Whose instruction it is.
    std::uint32_t pc = 0;
    std::optional<SourceLine> source = {};
};

/// What a run may do besides returning a value.
enum class Effect : std::uint8_t { redirect, events, trace, maps };
std::string_view name_of(Effect effect);

/// An effect that an engine cannot show, and why.
struct Unseen {
    Effect effect;
    std::string reason;
};

/// Every effect of a run (of the last one, with `repeat`).
struct RunResult {
    std::uint64_t return_value = 0;  ///< r0; meaningless after a trap.
    unsigned return_bits = 64;       ///< How much of r0 the engine shows.
    std::optional<Trap> trap;
    std::optional<Bytes> packet;  ///< Packet program types: the packet afterwards.
    Bytes context;                ///< Raw context afterwards, pointer fields zeroed.
    /// 0xff for each byte of `context` that the engine shows; empty: all of them.
    Bytes context_mask;
    std::optional<Redirect> redirect;
    std::vector<Clone> clones;        ///< Copies of the packet, in the order they were sent.
    std::optional<TunnelKey> tunnel;  ///< Tunnel that the program chose for its packet.
    SocketEffects socket;             ///< What it did to sockets, messages and settings.
    std::vector<Event> events;        ///< In order of submission, over all runs.
    std::vector<std::string> trace;   ///< `bpf_trace_printk` lines, over all runs.
    std::vector<MapContents> maps;
    /// On request: what the last run wrote to packet, context and map values, each byte once.
    std::vector<LastWrite> writes;
    /// On request: calls of helpers and kernel functions over all runs, in order; the first 65536.
    std::vector<CallRecord> calls;
    std::uint64_t calls_that_can_fail = 0;         ///< With `calls`: how many of them, of all.
    std::vector<SignalSent> signals;               ///< In order, over all runs.
    std::vector<RemoteEvent> remote;               ///< In order, over all runs.
    std::string sequence;                          ///< What an iterator wrote to its seq_file.
    std::optional<std::int32_t> retval;            ///< What bpf_set_retval set last.
    std::optional<std::uint64_t> override_return;  ///< What bpf_override_return set last.
    std::uint64_t duration_ns = 0;                 ///< Wall time of all runs together.
    std::uint64_t insns = 0;  ///< Instructions executed in the last run; 0: not counted.
    /// With `EngineOptions::claims`: instructions before which all values were as claimed.
    std::uint64_t claims_held = 0;
    std::vector<Unseen> unseen;  ///< Effects that were not looked for.
};

}  // namespace bpftwin
