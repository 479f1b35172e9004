/* A layer between SQLite and the disk, loaded into a program before its C library (LD_PRELOAD).
 *
 * It records, in order, the program's operations on the files of a folder and its output: writes, truncations, removals,
 * completed syncs, and the bytes written to standard output. From the record a test builds every disk that a power loss
 * could leave: synced writes are there; other writes may be there in whole, in part or not at all.
 *
 * LOQUET_POWER_LOG     the file of the record
 * LOQUET_POWER_FOLDER  the folder to record
 * LOQUET_POWER_FAULT   optional: "sync N"     the Nth sync of the write-ahead log fails, once
 *                                "full N"     after N more bytes no file grows
 *                                "readonly N" after N more writes nothing can be written, as after errors=remount-ro
 *                                "lie 0"      syncs do nothing and report success
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct header {
  uint8_t kind; /* w rite, t runcate, u nlink, s ync that returned, x sync that failed, b egin of a sync, ! output */
  uint8_t file; /* d atabase, w rite-ahead log, j ournal, f older, 0 standard output */
  uint16_t zero;
  uint32_t length;
  uint64_t offset;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;
static const char *folder;
static char fault[16];
static long left;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, ...);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_open = dlsym(RTLD_NEXT, "open64");
  const char *path = getenv("LOQUET_POWER_LOG");
  folder = getenv("LOQUET_POWER_FOLDER");
  const char *wanted = getenv("LOQUET_POWER_FAULT");
  if (wanted) sscanf(wanted, "%15s %ld", fault, &left);
  if (path && folder) record = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_fault(const char *name) { return strcmp(fault, name) == 0; }

static uint8_t named(const char *path) {
  size_t length = strlen(folder);
  if (strncmp(path, folder, length) != 0) return 0;
  if (path[length] == 0) return 'f';
  if (path[length] != '/') return 0;
  size_t all = strlen(path);
  if (all > 4 && strcmp(path + all - 4, "-wal") == 0) return 'w';
  /* The index of the log is a cache that is rebuilt after a restart. */
  if (all > 4 && strcmp(path + all - 4, "-shm") == 0) return 0;
  if (all > 8 && strcmp(path + all - 8, "-journal") == 0) return 'j';
  return 'd';
}

static uint8_t file_of(int fd) {
  char link[32], path[4096];
  if (record < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return named(path);
}

static void note(uint8_t kind, uint8_t file, uint64_t offset, const void *bytes, size_t length) {
  struct header header = {kind, file, 0, (uint32_t)length, offset};
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)bytes, length}};
  if (writev(record, parts, length ? 2 : 1) < 0) abort();
}

/* Returns the errno with which this write is refused, or 0. */
static int refused(int fd, uint64_t offset, size_t length) {
  struct stat now;
  if (is_fault("readonly")) {
    if (left <= 0) return EROFS;
    left--;
  } else if (is_fault("full") && fstat(fd, &now) == 0 && offset + length > (uint64_t)now.st_size) {
    long growth = (long)(offset + length - (uint64_t)now.st_size);
    if (growth > left) return ENOSPC;
    left -= growth;
  }
  return 0;
}

static ssize_t write_at(int fd, const void *bytes, size_t length, uint64_t offset, uint8_t file, int positioned) {
  pthread_mutex_lock(&lock);
  int why = refused(fd, offset, length);
  ssize_t done = -1;
  if (!why) {
    done = positioned ? real_pwrite(fd, bytes, length, (off64_t)offset) : real_write(fd, bytes, length);
    why = errno;
    if (done > 0) note('w', file, offset, bytes, (size_t)done);
  }
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  uint8_t file = file_of(fd);
  if (!file) return real_pwrite(fd, bytes, length, offset);
  return write_at(fd, bytes, length, (uint64_t)offset, file, 1);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
  if (!real_write) return -1;
  if (fd == 1 && record >= 0) {
    /* Recorded before it is printed, so that no reader sees it earlier. */
    pthread_mutex_lock(&lock);
    note('!', 0, 0, bytes, length);
    ssize_t done = real_write(fd, bytes, length);
    pthread_mutex_unlock(&lock);
    return done;
  }
  uint8_t file = file_of(fd);
  if (!file) return real_write(fd, bytes, length);
  return write_at(fd, bytes, length, (uint64_t)lseek64(fd, 0, SEEK_CUR), file, 0);
}

int ftruncate64(int fd, off64_t length) {
  uint8_t file = file_of(fd);
  if (!file) return real_ftruncate(fd, length);
  pthread_mutex_lock(&lock);
  int done = real_ftruncate(fd, length);
  if (done == 0) note('t', file, (uint64_t)length, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_file(int fd, int (*real)(int)) {
  uint8_t file = file_of(fd);
  if (!file) return real(fd);
  pthread_mutex_lock(&lock);
  note('b', file, 0, NULL, 0);
  int fails = is_fault("sync") && file == 'w' && --left == 0;
  pthread_mutex_unlock(&lock);
  /* Syncs of one file never overlap here: one thread writes. Its writes since the last 'b' are not covered. */
  int done = fails ? -1 : is_fault("lie") ? 0 : real(fd);
  int why = fails ? EIO : errno;
  pthread_mutex_lock(&lock);
  if (!is_fault("lie")) note(done == 0 ? 's' : 'x', file, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}

int fsync(int fd) { return sync_file(fd, real_fsync); }
int fdatasync(int fd) { return sync_file(fd, real_fdatasync); }

int unlink(const char *path) {
  uint8_t file = record < 0 ? 0 : named(path);
  if (!file) return real_unlink(path);
  pthread_mutex_lock(&lock);
  int done = real_unlink(path);
  if (done == 0) note('u', file, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

static int open_as(const char *path, int flags, mode_t mode) {
  if (record >= 0 && is_fault("readonly") && left <= 0 && (flags & O_ACCMODE) != O_RDONLY && named(path)) {
    errno = EROFS;
    return -1;
  }
  return real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (!real_open) real_open = dlsym(RTLD_NEXT, "open64");
  return open_as(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (!real_open) real_open = dlsym(RTLD_NEXT, "open64");
  return open_as(path, flags, mode);
}
