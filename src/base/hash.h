// Hashes: XXH3 for tables in memory, CRC-32C for bytes on disk.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarsier {

uint64_t hash64(std::string_view bytes, uint64_t seed = 0);
uint32_t crc32c(std::string_view bytes, uint32_t crc = 0);

}  // namespace tarsier
