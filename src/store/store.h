// The store on folders of the caller's choice: what Store::open() does, and tests on a faulty disk.
#pragma once

#include "store/wal/folder.h"
#include "store/writer.h"

namespace tarsier::store {

struct Folders {
  std::unique_ptr<FolderLock> lock;  // may be null
  std::unique_ptr<Folder> log, parts;
  std::unique_ptr<Catalog> catalog;  // may be null, catalog() may then not be called
};

Result<std::unique_ptr<Store>> open_store(Folders&& folders, const Options& options,
                                          const Clock& clock);

}  // namespace tarsier::store
