// Atomic access to plain words of map memory, which programs and several threads share. The
// kernel's READ_ONCE, WRITE_ONCE and smp_load_acquire, smp_store_release.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace bpftwin {

template <class T>
T load_relaxed(const T& word) {
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}
template <class T>
T load_acquire(const T& word) {
    return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
template <class T>
void store_relaxed(T& word, T value) {
    __atomic_store_n(&word, value, __ATOMIC_RELAXED);
}
template <class T>
void store_release(T& word, T value) {
    __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

/// Lets the CPU's other thread, or the bus, have a moment.
inline void relax_cpu() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Waits between attempts: briefly at first, then by giving the CPU away, so that a lock holder
/// that was descheduled gets on.
class Backoff {
public:
    void wait() {
        if (++attempts_ > 64) return std::this_thread::yield();
        relax_cpu();
    }

private:
    unsigned attempts_ = 0;
};

/// A lock for a few instructions (BasicLockable).
class SpinLock {
public:
    /// While it is taken it is only read, so that its holder keeps the cache line.
    void lock() {
        Backoff backoff;
        while (taken_.exchange(true, std::memory_order_acquire))
            while (taken_.load(std::memory_order_relaxed)) backoff.wait();
    }
    void unlock() { taken_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> taken_ = false;
};

}  // namespace bpftwin
