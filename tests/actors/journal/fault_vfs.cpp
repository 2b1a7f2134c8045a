#include "actors/journal/fault_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <stdexcept>

namespace stanchion::test {

namespace {

struct plan {
  bool armed = false;
  bool fired = false;
  bool for_good = false;
  std::size_t count = 0;
  fault_vfs::fault how = fault_vfs::fault::bad_device;
};

plan now;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs own_vfs;

/// Whether the operation that asks is the one to fail.
bool fails() {
  if (!now.armed)
    return false;
  if (now.count > 0) {
    --now.count;
    return false;
  }
  now.fired = true;
  now.armed = now.for_good;
  return true;
}

bool no_space() {
  return now.how == fault_vfs::fault::no_space;
}

/// Behind it lies the file of the real system.
struct file {
  sqlite3_file base;
};

sqlite3_file* real(sqlite3_file* x) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<file*>(x) + 1);
}

int write(sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
  if (fails()) {
    // What a torn write leaves behind.
    (void)real(f)->pMethods->xWrite(real(f), data, size / 2, at);
    return no_space() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  }
  return real(f)->pMethods->xWrite(real(f), data, size, at);
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  return fails() ? SQLITE_IOERR_TRUNCATE
                 : real(f)->pMethods->xTruncate(real(f), size);
}

int sync(sqlite3_file* f, int flags) {
  return fails() ? SQLITE_IOERR_FSYNC
                 : real(f)->pMethods->xSync(real(f), flags);
}

int map_shared(sqlite3_file* f, int page, int size, int extend,
               void volatile** to) {
  if (extend != 0 && fails())
    return SQLITE_IOERR_SHMSIZE;
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, to);
}

template <auto Method, class... Ts>
int pass(sqlite3_file* f, Ts... xs) {
  return (real(f)->pMethods->*Method)(real(f), xs...);
}

void barrier(sqlite3_file* f) {
  real(f)->pMethods->xShmBarrier(real(f));
}

using m = sqlite3_io_methods;

const sqlite3_io_methods methods{
  .iVersion = 2,
  .xClose = pass<&m::xClose>,
  .xRead = pass<&m::xRead, void*, int, sqlite3_int64>,
  .xWrite = write,
  .xTruncate = truncate,
  .xSync = sync,
  .xFileSize = pass<&m::xFileSize, sqlite3_int64*>,
  .xLock = pass<&m::xLock, int>,
  .xUnlock = pass<&m::xUnlock, int>,
  .xCheckReservedLock = pass<&m::xCheckReservedLock, int*>,
  .xFileControl = pass<&m::xFileControl, int, void*>,
  .xSectorSize = pass<&m::xSectorSize>,
  .xDeviceCharacteristics = pass<&m::xDeviceCharacteristics>,
  .xShmMap = map_shared,
  .xShmLock = pass<&m::xShmLock, int, int, int>,
  .xShmBarrier = barrier,
  .xShmUnmap = pass<&m::xShmUnmap, int>,
  .xFetch = nullptr,
  .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* f, int flags,
         int* out) {
  f->pMethods = nullptr;
  const auto code = real_vfs->xOpen(real_vfs, name, real(f), flags, out);
  if (real(f)->pMethods != nullptr)
    f->pMethods = &methods;
  return code;
}

} // namespace

fault_vfs::fault_vfs() {
  now = {};
  real_vfs = sqlite3_vfs_find(nullptr);
  own_vfs = *real_vfs;
  own_vfs.zName = "stanchion-faults";
  own_vfs.pNext = nullptr;
  own_vfs.szOsFile = static_cast<int>(sizeof(file)) + real_vfs->szOsFile;
  own_vfs.xOpen = open;
  if (sqlite3_vfs_register(&own_vfs, 1) != SQLITE_OK)
    throw std::runtime_error{"SQLite takes no other VFS"};
}

fault_vfs::~fault_vfs() {
  sqlite3_vfs_unregister(&own_vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void fault_vfs::fail_after(std::size_t count, fault how, bool for_good) {
  now = {.armed = true, .for_good = for_good, .count = count, .how = how};
}

void fault_vfs::heal() {
  now.armed = false;
}

bool fault_vfs::fired() const {
  return now.fired;
}

} // namespace stanchion::test
