#include "tests/differential/search.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <span>
#include <thread>
#include <vector>

#include "bpftwin/error.h"
#include "tests/differential/compare.h"
#include "tests/differential/isolated.h"

namespace bpftwin::differential {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What a worker process tells about itself, in memory that it shares with the parent.
struct Progress {
    std::atomic<std::uint64_t> seed = 0;
    std::atomic<std::uint64_t> cases = 0;
    std::atomic<std::uint64_t> programs = 0;
    std::atomic<std::uint64_t> instructions = 0;
    std::atomic<bool> stop = false;
};

/// An array of these in shared memory, zero at first.
class SharedProgress {
public:
    explicit SharedProgress(unsigned count) : bytes_(count * sizeof(Progress)) {
        void* memory =
            mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) bug("no shared memory");
        all_ = {new (memory) Progress[count], count};
    }
    ~SharedProgress() { munmap(all_.data(), bytes_); }
    SharedProgress(const SharedProgress&) = delete;
    SharedProgress& operator=(const SharedProgress&) = delete;

    [[nodiscard]] std::span<Progress> all() const { return all_; }

private:
    std::size_t bytes_;
    std::span<Progress> all_;
};

constexpr int found_difference = 1;

/// The work of one process: every `step`-th seed.
int work(const SearchOptions& options, Progress& progress, std::uint64_t first,
         std::uint64_t step) {
    const Contender engine(options.engine);
    const Contender against(options.against);
    for (std::uint64_t seed = first; !progress.stop; seed += step) {
        progress.seed = seed;
        const Case one = generate_case(seed);
        if (compare(engine, against, one)) return found_difference;
        std::uint64_t instructions = 0;
        for (const ProgramSpec& program : one.object.programs) instructions += program.insns.size();
        ++progress.cases;
        progress.programs += one.object.programs.size();
        progress.instructions += instructions;
    }
    return 0;
}

struct Worker {
    pid_t process = 0;
    Progress* progress = nullptr;
    std::uint64_t last_seed = 0;
    Clock::time_point since = Clock::now();
};

class Search {
public:
    explicit Search(const SearchOptions& options) : options_(options), shared_(options.jobs) {
        for (unsigned i = 0; i < options.jobs; ++i) workers_.push_back(start(i));
    }

    SearchResult run(const std::function<bool(const SearchResult&)>& progress) {
        constexpr auto interval = std::chrono::milliseconds(100);
        while (!workers_.empty()) {
            std::this_thread::sleep_for(interval);
            look_after_workers();
            count();
            if (result_.failed_seed || is_enough() || !progress(result_)) stop();
        }
        return std::move(result_);
    }

private:
    Worker start(unsigned index) {
        Progress& progress = shared_.all()[index];
        const pid_t process = fork();
        if (process < 0) bug("fork");
        if (process == 0) {
            // Ctrl-C reaches the whole group, but it is for the parent to end the search well.
            std::signal(SIGINT, SIG_IGN);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            _exit(work(options_, progress, options_.first_seed + index, options_.jobs));
        }
        return {process, &progress};
    }

    void look_after_workers() {
        std::erase_if(workers_, [this](Worker& worker) {
            int status = 0;
            if (waitpid(worker.process, &status, WNOHANG) == worker.process) {
                note_end(worker, status);
                return true;
            }
            if (hangs(worker)) {
                kill(worker.process, SIGKILL);
                fail(worker, "an engine does not come to an end");
            }
            return false;
        });
    }

    bool hangs(Worker& worker) const {
        if (const std::uint64_t seed = worker.progress->seed; seed != worker.last_seed) {
            worker.last_seed = seed;
            worker.since = Clock::now();
        }
        return seconds_since(worker.since) > options_.seconds_per_case;
    }

    void note_end(const Worker& worker, int status) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
        const bool differs = WIFEXITED(status) && WEXITSTATUS(status) == found_difference;
        fail(worker,
             differs ? std::string() : "an engine ends the process: " + describe_end(status));
    }

    void fail(const Worker& worker, std::string failure) {
        if (result_.failed_seed) return;
        result_.failed_seed = worker.progress->seed;
        result_.failure = std::move(failure);
    }

    void count() {
        result_.cases = result_.programs = result_.instructions = 0;
        for (const Progress& progress : shared_.all()) {
            result_.cases += progress.cases;
            result_.programs += progress.programs;
            result_.instructions += progress.instructions;
        }
        result_.seconds = seconds_since(begin_);
    }

    [[nodiscard]] bool is_enough() const {
        return (options_.programs != 0 && result_.programs >= options_.programs) ||
               (options_.seconds != 0 && result_.seconds >= options_.seconds);
    }

    void stop() {
        for (Progress& progress : shared_.all()) progress.stop = true;
    }

    const SearchOptions& options_;
    SharedProgress shared_;
    Clock::time_point begin_ = Clock::now();
    std::vector<Worker> workers_;
    SearchResult result_;
};

}  // namespace

SearchResult search(const SearchOptions& options,
                    const std::function<bool(const SearchResult&)>& progress) {
    return Search(options).run(progress);
}

}  // namespace bpftwin::differential
