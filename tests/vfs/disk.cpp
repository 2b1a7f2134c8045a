#include "vfs/disk.hpp"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

namespace stanchion::test {

namespace {

using what = disk_event::what;

// SQLite knows a VFS by an address without more, and there is one at a time.
struct present_state {
  bool armed = false;
  bool fired = false;
  bool for_good = false;
  bool only_syncs = false;
  std::size_t count = 0;
  disk_fault how = disk_fault::bad_device;
  std::string failed;
  int last_error = 0; // of the system
  bool noting = false;
  std::vector<disk_event> events;
  std::set<std::string> known; // files that `events` says more about
};

present_state now;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs own_vfs;

/// Behind it lies the file of the real system.
struct file {
  sqlite3_file base;
  const std::string* name; // null for one that has none
};

file* own(sqlite3_file* x) {
  return reinterpret_cast<file*>(x);
}

sqlite3_file* real(sqlite3_file* x) {
  return reinterpret_cast<sqlite3_file*>(own(x) + 1);
}

/// The memory that connections share outlives no death.
bool lasts(const std::string& name) {
  return !name.ends_with("-shm");
}

// -- failing ------------------------------------------------------------------

/// Whether the operation that asks is the one to fail.
bool fails(disk_op op, const std::string& name) {
  if (!now.armed || (now.only_syncs && op != disk_op::sync))
    return false;
  if (now.count > 0) {
    --now.count;
    return false;
  }
  if (!now.fired)
    now.failed = std::string{to_string(op)} + " " + name;
  now.fired = true;
  now.armed = now.for_good;
  const auto no_space
    = now.how == disk_fault::no_space
      || (now.how == disk_fault::short_write && op == disk_op::write);
  now.last_error = no_space ? ENOSPC : EIO;
  return true;
}

// -- noting -------------------------------------------------------------------

void add(what kind, const std::string& name, std::uint64_t at = 0,
         std::string bytes = {}) {
  if (now.noting && lasts(name))
    now.events.push_back({kind, name, at, std::move(bytes)});
}

std::string all_of(sqlite3_file* f) {
  sqlite3_int64 size = 0;
  (void)real(f)->pMethods->xFileSize(real(f), &size);
  std::string result(static_cast<std::size_t>(size), '\0');
  if (size > 0)
    (void)real(f)->pMethods->xRead(real(f), result.data(),
                                   static_cast<int>(size), 0);
  return result;
}

void note_opened(sqlite3_file* f, const std::string& name, bool there) {
  if (!now.noting || !lasts(name) || (there && now.known.contains(name)))
    return;
  now.known.insert(name);
  if (there)
    add(what::found, name, 0, all_of(f));
  else
    add(what::made, name);
}

// -- files --------------------------------------------------------------------

int write(sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
  const auto& name = *own(f)->name;
  const auto failed = fails(disk_op::write, name);
  if (failed && now.how != disk_fault::short_write)
    return now.how == disk_fault::no_space ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  const auto done = failed ? size / 2 : size;
  const auto code = real(f)->pMethods->xWrite(real(f), data, done, at);
  add(what::wrote, name, static_cast<std::uint64_t>(at),
      {static_cast<const char*>(data), static_cast<std::size_t>(done)});
  return failed ? SQLITE_FULL : code;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  const auto& name = *own(f)->name;
  if (fails(disk_op::truncate, name))
    return SQLITE_IOERR_TRUNCATE;
  add(what::cut, name, static_cast<std::uint64_t>(size));
  return real(f)->pMethods->xTruncate(real(f), size);
}

int sync(sqlite3_file* f, int flags) {
  const auto& name = *own(f)->name;
  if (fails(disk_op::sync, name)) {
    add(what::forgot, name);
    return SQLITE_IOERR_FSYNC;
  }
  add(what::synced, name);
  return real(f)->pMethods->xSync(real(f), flags);
}

int map_shared(sqlite3_file* f, int page, int size, int extend,
               void volatile** to) {
  if (extend != 0 && fails(disk_op::share, *own(f)->name))
    return SQLITE_IOERR_SHMSIZE;
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, to);
}

int close(sqlite3_file* f) {
  const auto code = real(f)->pMethods->xClose(real(f));
  delete own(f)->name;
  return code;
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
  .xClose = close,
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

// -- the file system ----------------------------------------------------------

std::string short_name(const char* path) {
  return std::filesystem::path{path}.filename().string();
}

bool exists(const char* path) {
  auto there = 0;
  (void)real_vfs->xAccess(real_vfs, path, SQLITE_ACCESS_EXISTS, &there);
  return there != 0;
}

int open(sqlite3_vfs*, sqlite3_filename path, sqlite3_file* f, int flags,
         int* out) {
  f->pMethods = nullptr;
  auto name = path == nullptr ? std::string{"-shm"} : short_name(path);
  if (fails(disk_op::open, name))
    return SQLITE_CANTOPEN;
  const auto there = path != nullptr && exists(path);
  const auto code = real_vfs->xOpen(real_vfs, path, real(f), flags, out);
  if (real(f)->pMethods == nullptr)
    return code;
  f->pMethods = &methods;
  own(f)->name = new std::string{name};
  if (code == SQLITE_OK)
    note_opened(f, name, there);
  return code;
}

int remove(sqlite3_vfs*, const char* path, int durable) {
  const auto name = short_name(path);
  if (!exists(path))
    return SQLITE_IOERR_DELETE_NOENT;
  if (fails(disk_op::remove, name))
    return SQLITE_IOERR_DELETE;
  add(what::removed, name, durable != 0 ? 1 : 0);
  return real_vfs->xDelete(real_vfs, path, durable);
}

int last_error(sqlite3_vfs*, int size, char* text) {
  const auto mine = std::exchange(now.last_error, 0);
  return mine != 0 ? mine : real_vfs->xGetLastError(real_vfs, size, text);
}

template <class Enum, std::size_t N>
std::string_view name_of(Enum x, const std::array<std::string_view, N>& all) {
  return all.at(static_cast<std::size_t>(x));
}

} // namespace

std::string_view to_string(disk_op x) {
  static constexpr auto names = std::array<std::string_view, 6>{
    "open", "write", "truncate", "sync", "share", "remove"};
  return name_of(x, names);
}

std::string_view to_string(disk_fault x) {
  static constexpr auto names
    = std::array<std::string_view, 3>{"no space", "bad device", "short write"};
  return name_of(x, names);
}

disk::disk() {
  now = {};
  real_vfs = sqlite3_vfs_find(nullptr);
  own_vfs = *real_vfs;
  own_vfs.zName = "stanchion-disk";
  own_vfs.pNext = nullptr;
  own_vfs.szOsFile = static_cast<int>(sizeof(file)) + real_vfs->szOsFile;
  own_vfs.xOpen = open;
  own_vfs.xDelete = remove;
  own_vfs.xGetLastError = last_error;
  if (sqlite3_vfs_register(&own_vfs, 1) != SQLITE_OK)
    throw std::runtime_error{"SQLite takes no other VFS"};
}

disk::~disk() {
  sqlite3_vfs_unregister(&own_vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void disk::fail_after(std::size_t count, disk_fault how, bool for_good) {
  now.armed = true;
  now.fired = false;
  now.for_good = for_good;
  now.only_syncs = false;
  now.count = count;
  now.how = how;
}

void disk::fail_sync_after(std::size_t count) {
  fail_after(count, disk_fault::bad_device);
  now.only_syncs = true;
}

void disk::heal() {
  now.armed = false;
}

bool disk::fired() const {
  return now.fired;
}

std::string disk::failed() const {
  return now.failed;
}

void disk::note() {
  now.noting = true;
}

void disk::note(disk_event x) {
  now.events.push_back(std::move(x));
}

const std::vector<disk_event>& disk::events() const {
  return now.events;
}

} // namespace stanchion::test
