// Counts its runs, in steps that user space chooses.
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
const volatile unsigned step = 1;
unsigned long long count;

__attribute__((section("socket"), used)) int counter(void* ctx) {
    count += step;
    return 0;
}
