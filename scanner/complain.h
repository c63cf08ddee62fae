/*
 * What goes wrong with the command itself, told on standard error.
 */
#ifndef BAREDOT_COMPLAIN_H
#define BAREDOT_COMPLAIN_H

/*
 * "baredot: " and a line of text.  What the text quotes is made safe to show:
 * a shell's `*` can put any file name where an option is expected.
 */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void complain_va(const char *fmt, __builtin_va_list)
    __attribute__((format(printf, 1, 0)));

#endif
