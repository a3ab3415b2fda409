// Reserving the blocks of a file, which Swift's view of the C library leaves out.
//
// posix_fallocate will not do: where the file system cannot reserve, it writes zeros itself, and these may land on what
// another process has just written.
#ifndef INFWIDTH_FILE_ALLOCATION_H
#define INFWIDTH_FILE_ALLOCATION_H

#include <errno.h>
#include <sys/types.h>

#ifdef __linux__
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
#endif

/// Reserves the first `length` bytes of a file and leaves what is in them; 0, or the error number.
static inline int infwidth_reserve(int descriptor, off_t length) {
#ifdef __linux__
  return fallocate(descriptor, 0, 0, length) == 0 ? 0 : errno;
#else
  (void)descriptor;
  (void)length;
  return EOPNOTSUPP;
#endif
}

#endif
