// Feeds every file of a folder to a fuzz target, in a buffer of exactly its size.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fmt/format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: {} CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    unsigned files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream in(entry.path(), std::ios::binary);
        std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
        content.shrink_to_fit();
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()),
                               content.size());
        ++files;
    }
    fmt::print("{} inputs replayed\n", files);
    return files == 0;
}
