/*
 * What Linux offers and POSIX does not, under names that say what it does;
 * and reads and writes that are whole.  By descriptor and plain name, so
 * that no path is walked twice.  -1: errno, if nothing else is said.
 *
 * An error of a call that changes names means "unknown": it may have been
 * done.  The caller looks at what is there (reliability: an NFS reply that was
 * lost, a signal, a full journal of the file system).
 */
#ifndef BAREDOT_KERNEL_CALLS_H
#define BAREDOT_KERNEL_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* That errno is one of a file system which does not have such a call. */
bool call_lacks(int error);

/* Swap two names at once.  renameat2(2), RENAME_EXCHANGE. */
int call_swap(int dir_a, const char *a, int dir_b, const char *b);

/* Move; EEXIST if `to` is there.  renameat2(2), RENAME_NOREPLACE. */
int call_move(int from_dir, const char *from, int to_dir, const char *to);

/*
 * Move to a name that nobody knows of, with random digits in it; what has it
 * all the same is replaced.  renameat(2).
 */
int call_take(int from_dir, const char *from, int to_dir, const char *to);

/* One more name for a file, or a link; EEXIST if `to` is there.  linkat(2). */
int call_link(int from_dir, const char *from, int to_dir, const char *to);

/*
 * Take the name of anything but a folder away.  unlink(2).  A file of FUSE is
 * held open meanwhile: its program hears late of a close, and when it hears of
 * one while it takes a name away, libfuse before 3.15 keeps the file for good,
 * as .fuse_hidden* (its issue 746).
 */
int call_remove(int dir, const char *name);

/* Open rel below root: through no link, not out of it.  openat2(2). */
int call_open_beneath(int root, const char *rel, int flags);

/* The same, and not onto another file system either. */
int call_open_here(int root, const char *rel, int flags);

/*
 * A name as it is, without waiting, without following a link, and without
 * touching what it is (a device, a FIFO): an O_PATH descriptor.
 */
int call_pin(int dir, const char *name);

/*
 * How many names an open file has, asked of the server where there is one and
 * not of what was kept since the last time.  statx(2).
 */
int call_count_names(int fd, nlink_t *out);

/* Read what is pinned; its access time stays where that is allowed. */
int call_open_pinned(int pin);

/* The same for reading and writing. */
int call_open_pinned_rw(int pin);

/* The same, to write behind its end. */
int call_open_to_append(int pin);

/* A folder that is pinned or open, for listing and syncing. */
int call_open_folder(int dir);

/* A new file without a name, for reading and writing.  O_TMPFILE. */
int call_new_unnamed(int dir);

/* The same with a name from the start; EEXIST if that is taken. */
int call_new_named(int dir, const char *name);

/*
 * Begin to write to the disk what the file has, and do not wait: the sync that
 * comes later waits less.  Promises nothing.  sync_file_range(2).
 */
void call_start_sync(int fd);

/*
 * The same, while n more bytes are written at off: now and then, of what is
 * whole, so that the disk has something to do.
 */
void call_start_sync_upto(int fd, uint64_t off, size_t n);

/*
 * For the last one who reads it, or writes it when nobody will, after n more
 * bytes at off: what is long before that and on the disk leaves the memory, so
 * that a large file takes no place there from others.  posix_fadvise(2).
 */
void call_forget_upto(int fd, uint64_t off, size_t n);

/*
 * About size bytes are going to be written: let the file system look for all of
 * their blocks at once.  The size of the file stays; the blocks behind its end
 * must be given back (ftruncate).  Promises nothing.  fallocate(2).
 */
void call_reserve(int fd, uint64_t size);

/* Give it a name; EEXIST if that is taken. */
int call_give_name(int fd, int dir, const char *name);

/*
 * Whether some process has the file open for writing; false where leases
 * cannot tell.  fcntl(2), F_SETLEASE; fd is open for reading only.
 */
bool call_has_writer(int fd);

/*
 * All of n bytes, to off, or -1.  What is written a second time, because an
 * error lied, is written to the same place.
 */
int call_write(int fd, const void *, size_t n, uint64_t off);

/* Up to n bytes at off; fewer only at the end of the file. */
ssize_t call_read(int fd, void *, size_t n, uint64_t off);

/*
 * Whether reads pass the page cache by; O_DIRECT.  Then only whole units, from
 * memory and to places that are multiples of one, and one call for each read.
 */
#define CALL_DIRECT_UNIT 4096u
int call_set_direct(int fd, bool on);
ssize_t call_read_direct(int fd, void *, size_t n, uint64_t off);

/* n random bytes as 2 n digits and a NUL. */
int call_random_hex(char *out, size_t n);

#endif
