// The catalog in one SQLite file (WAL mode, STRICT tables).
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "store/catalog.h"

namespace tarsier::store {

Result<std::unique_ptr<Catalog>> open_catalog(const std::filesystem::path& file,
                                              const Clock& clock);

}  // namespace tarsier::store
