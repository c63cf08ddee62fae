# Completion of baredot for bash.  Made by `baredot completion bash`.

# The words left that begin like the one at hand; $1: all of them.  What they
# stand behind, in $2, comes back with them.
_baredot_words() {
	compopt +o default 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -P "$2" -W "$1" -- "${cur#"$2"}")
	if [[ ${COMPREPLY-} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

# The same of a list in which $2 stands between words; + and - before a word
# add and remove.
_baredot_list() {
	local head=
	[[ $cur != *"$2"* ]] || head=${cur%"$2"*}$2
	[[ ${cur#"$head"} != [+-]* ]] || head+=${cur:${#head}:1}
	_baredot_words "$1" "$head"
	compopt -o nospace 2>/dev/null
}

_baredot_folders() {
	compopt -o filenames +o default 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

_baredot_runs() {
	_baredot_words "$1 $(baredot runs -f ndjson 2>/dev/null |
	    sed -n 's/^{"type":"run","run":"\([^"]*\)".*/\1/p')"
}

_baredot() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local command=${COMP_WORDS[1]}

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_baredot_words "$(_baredot_commands) --help --version"
		return
	fi
	# bash takes = for the end of a word.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD-2]}
	fi
	cur=${cur#[\'\"]}
	[[ $before == -* ]] && _baredot_behind "$command" "$before" && return
	if [[ $cur == -* ]]; then
		_baredot_words "$(_baredot_options "$command")"
	else
		_baredot_others "$command"
	fi
}

complete -o bashdefault -o default -F _baredot baredot

