#compdef baredot
# Completion of baredot for zsh.  Made by `baredot completion zsh`.

# A list in which $1 stands between words; + and - before a word add and remove.
_baredot_list() {
	local between=$1
	shift
	compset -P "*[$between]"
	compset -P '[+-]'
	compset -S "[$between]*"
	compadd -S '' -- "$@"
}

_baredot_runs() {
	compadd -- last ${(f)"$(baredot runs -f ndjson 2>/dev/null |
	    sed -n 's/^{"type":"run","run":"\([^"]*\)".*/\1/p')"}
}

_baredot() {
	local command curcontext=$curcontext

	if ((CURRENT == 2)); then
		_baredot_commands
		return
	fi
	command=$words[2]
	shift words
	((CURRENT--))
	curcontext=${curcontext%:*:*}:baredot-$command:
	_baredot_arguments $command
}

