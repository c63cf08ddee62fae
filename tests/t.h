/*
 * cmocka with all that it needs, once.
 */
#ifndef BAREDOT_T_H
#define BAREDOT_T_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif
