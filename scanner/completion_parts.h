/*
 * The parts of completion scripts that are always the same: the files
 * completion.bash, completion.zsh and completion.fish, in the program.
 * Generated.
 */
#ifndef BAREDOT_COMPLETION_PARTS_H
#define BAREDOT_COMPLETION_PARTS_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t completion_bash[], completion_zsh[], completion_fish[];
extern const size_t completion_bash_size, completion_zsh_size,
    completion_fish_size;

#endif
