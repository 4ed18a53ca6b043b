// The kernel as an engine and as a judge.
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "bpftwin/kernel.h"
#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "isa/decode.h"
#include "kernel-backend/object.h"
#include "kernel-backend/target.h"
#include "kernel-backend/test_run.h"
#include "kernel-backend/vm.h"

namespace bpftwin {
namespace kernel {
namespace {

/// Of `RunInput::elapse_ns`: a minute.
constexpr std::uint64_t longest_wait_ns = 60'000'000'000;

/// A program of the instance and what the kernel said of it.
struct Entry {
    const ProgramSpec* spec;
    LoadedProgram loaded;
};

/// What the verifier never read says nothing of the program, whatever was missing.
Error refusal(const Entry& entry) {
    const Verdict& verdict = entry.loaded.verdict;
    return {fmt::format("program {}: {} by the kernel: {}", entry.spec->name,
                        name_of(verdict.answer), verdict.reason),
            verdict.answer == Answer::not_loadable ? enotsupp : verdict.error};
}

/// Whether the program can write to the trace, which is slow to read.
bool prints(const ProgramSpec& program) {
    return std::ranges::any_of(program.insns, [](const Insn& insn) {
        return decode(insn) == Op::call_helper &&
               (insn.imm == BPF_FUNC_trace_printk || insn.imm == BPF_FUNC_trace_vprintk);
    });
}

/// What only engines of this process do.
Result<void> check_input(const RunInput& input) {
    if (!input.mocks.empty() || !input.faults.empty())
        return fail("a kernel's helpers cannot be mocked or made to fail", enotsupp);
    if (!input.world.objects.empty()) return fail("a kernel has its own objects", enotsupp);
    for (const ContextField& field : input.fields)
        if (field.memory)
            return fail(fmt::format("field {}: a kernel is given no addresses", field.name),
                        enotsupp);
    return {};
}

/// A map outside its instance needs its kernel all the same.
struct Kept {
    std::shared_ptr<Kernel> kernel;
    std::shared_ptr<KernelMap> map;
};

class KernelInstance final : public Instance {
public:
    KernelInstance(std::shared_ptr<Kernel> kernel, const ObjectSpec& object)
        : kernel_(std::move(kernel)), spec_(ready_for(*kernel_, object)) {}

    Result<void> load(const SharedMaps& shared) {
        auto object = KernelObject::create(*kernel_, spec_, shared);
        if (!object) return std::unexpected(object.error());
        object_ = std::move(*object);
        for (const ProgramSpec& program : spec_.programs)
            if (program.autoload) entries_.push_back({&program, object_->load(program, 0)});
        for (std::size_t i = 0; i < spec_.maps.size(); ++i) {
            if (shared.contains(spec_.maps[i].name)) continue;
            if (auto done = prepare(*object_->maps()[i]); !done) return done;
        }
        prints_ = std::ranges::any_of(spec_.programs, prints);
        // Lines of instances before are not ours.
        if (prints_) (void)kernel_->take_trace();
        return {};
    }

    Result<RunResult> run(std::string_view program, const RunInput& input) override {
        const auto entry = find(program);
        if (!entry) return std::unexpected(entry.error());
        if (auto possible = check_input(input); !possible) return std::unexpected(possible.error());
        auto result =
            test_run(*kernel_, (*entry)->loaded.descriptor.number(), *(*entry)->spec, input);
        if (!result) return result;
        const auto wait = std::min(input.elapse_ns, longest_wait_ns);
        std::this_thread::sleep_for(std::chrono::nanoseconds(wait));
        if (auto done = collect(*result, input.want_maps); !done)
            return std::unexpected(done.error());
        return result;
    }

    MapView* map(std::string_view name) override { return object_->map(name).get(); }

    std::shared_ptr<MapView> shared_map(std::string_view name) override {
        auto map = object_->map(name);
        if (!map) return nullptr;
        auto kept = std::make_shared<Kept>(kernel_, std::move(map));
        return {kept, kept->map.get()};
    }

    [[nodiscard]] Result<CodeInfo> code_info(std::string_view program) const override {
        const auto entry = find(program);
        if (!entry) return std::unexpected(entry.error());
        return program_info(*kernel_, (*entry)->loaded.descriptor.number());
    }

    [[nodiscard]] std::optional<Verdict> verdict(std::string_view program) const override {
        const Entry* entry = entry_of(program);
        return entry ? std::optional(entry->loaded.verdict) : std::nullopt;
    }

private:
    [[nodiscard]] const Entry* entry_of(std::string_view name) const {
        const auto found = std::ranges::find_if(
            entries_, [&](const Entry& entry) { return entry.spec->name == name; });
        return found == entries_.end() ? nullptr : &*found;
    }

    [[nodiscard]] Result<const Entry*> find(std::string_view name) const {
        const Entry* found = entry_of(name);
        if (!found) return fail(fmt::format("no program '{}' in {}", name, spec_.name));
        if (found->loaded.verdict.answer != Answer::accepted)
            return std::unexpected(refusal(*found));
        return found;
    }

    Result<void> prepare(KernelMap& map) {
        if (map.spec().type == MapType::prog_array) return fill_slots(map);
        return map.open();
    }

    // A program that is not loaded leaves its slot empty; that it was not says its own run.
    Result<void> fill_slots(KernelMap& map) {
        for (const MapSlot& slot : map.spec().slots) {
            const auto target = find(slot.target);
            if (!target) continue;
            const int descriptor = (*target)->loaded.descriptor.number();
            if (auto done = store_descriptor(map, slot.index, descriptor); !done) return done;
        }
        return {};
    }

    Result<void> collect(RunResult& result, bool want_maps) {
        for (std::size_t i = 0; i < spec_.maps.size(); ++i) {
            KernelMap& map = *object_->maps()[i];
            if (auto done = map.drain(result.events); !done) return done;
            if (!want_maps) continue;
            auto entries = map.entries();
            if (!entries) return std::unexpected(entries.error());
            result.maps.push_back({spec_.maps[i].name, spec_.maps[i].type, std::move(*entries)});
        }
        if (prints_) collect_trace(result);
        result.unseen.push_back({Effect::redirect, "a kernel's test-run does not tell it"});
        return {};
    }

    void collect_trace(RunResult& result) {
        auto trace = kernel_->take_trace();
        if (trace)
            result.trace = std::move(*trace);
        else
            result.unseen.push_back({Effect::trace, trace.error().message});
    }

    std::shared_ptr<Kernel> kernel_;
    ObjectSpec spec_;
    bool prints_ = false;
    std::unique_ptr<KernelObject> object_;
    std::vector<Entry> entries_;
};

class KernelEngine final : public Engine {
public:
    KernelEngine(std::shared_ptr<Kernel> kernel, std::string name)
        : kernel_(std::move(kernel)), name_(std::move(name)) {}
    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] std::string release() const override { return kernel_->release(); }
    Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                  const EngineOptions& options) override {
        auto instance = std::make_unique<KernelInstance>(kernel_, object);
        if (auto loaded = instance->load(options.maps); !loaded)
            return std::unexpected(loaded.error());
        return instance;
    }

private:
    std::shared_ptr<Kernel> kernel_;
    std::string name_;
};

class KernelJudge final : public Judge {
public:
    explicit KernelJudge(std::unique_ptr<Kernel> kernel) : kernel_(std::move(kernel)) {}
    [[nodiscard]] std::string release() const override { return kernel_->release(); }
    [[nodiscard]] bool alive() override { return kernel_->alive().has_value(); }

    Result<std::vector<Verdict>> judge(const ObjectSpec& object,
                                       std::span<const std::string> programs,
                                       std::uint32_t log_level) override {
        std::vector<Verdict> verdicts;
        const ObjectSpec ready = ready_for(*kernel_, object);
        const auto created = KernelObject::create(*kernel_, ready);
        for (const std::string& name : programs) {
            const ProgramSpec* program = ready.program(name);
            if (program == nullptr)
                return fail(fmt::format("no program '{}' in {}", name, object.name));
            verdicts.push_back(created ? (*created)->load(*program, log_level).verdict
                                       : without_maps(created.error()));
        }
        if (auto alive = kernel_->alive(); !alive) return std::unexpected(alive.error());
        return verdicts;
    }

private:
    static Verdict without_maps(const Error& error) {
        return {.answer = Answer::not_loadable, .error = error.code, .reason = error.message};
    }

    std::unique_ptr<Kernel> kernel_;
};

}  // namespace
}  // namespace kernel

Result<std::unique_ptr<Engine>> make_kernel(std::string_view name) {
    auto kernel = kernel::kernel_named(name);
    if (!kernel) return std::unexpected(kernel.error());
    return std::make_unique<kernel::KernelEngine>(std::move(*kernel), std::string(name));
}

Result<Target> target_for(const ObjectSpec& object, std::string_view kernel) {
    if (kernel == "kernel") return kernel::target_of(*kernel::local_kernel_unasked(), object);
    auto machine = kernel::kernel_named(kernel);
    if (!machine) return std::unexpected(machine.error());
    return kernel::target_of(**machine, object);
}

Result<std::unique_ptr<Judge>> make_kernel_judge(std::string_view name) {
    auto kernel = kernel::kernel_named(name);
    if (!kernel) return std::unexpected(kernel.error());
    return std::make_unique<kernel::KernelJudge>(std::move(*kernel));
}

}  // namespace bpftwin
