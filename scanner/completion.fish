# Completion of baredot for fish.  Made by `baredot completion fish`.

# The command is the first of $argv, or there is none and no $argv.
function __baredot_is
    set -l words (commandline -opc)
    if test (count $words) -lt 2
        test (count $argv) -eq 0
    else
        contains -- $words[2] $argv
    end
end

# The command has no other words yet.
function __baredot_first
    test (count (commandline -opc)) -eq 2; and __baredot_is $argv
end

# A list in which $argv[1] stands between words; + and - before a word add and
# remove.
function __baredot_list
    set -l token (commandline -ct | string replace -r '^--[a-z0-9-]+=' '' |
        string replace -r '^[\'"]' '')
    set -l head (string match -r '^.*['$argv[1]']' -- $token)
    set -l rest (string replace -- "$head" '' $token)
    set -l sign (string match -r '^[+-]' -- $rest)
    set head "$head$sign"
    string join \n -- "$head"$argv[2..-1]
end

function __baredot_runs
    baredot runs -f ndjson 2>/dev/null |
        string replace -rf '^{"type":"run","run":"([^"]*)".*' '$1'
end

complete -c baredot -f
complete -c baredot -n __baredot_is -l version -d 'the version'
complete -c baredot -n __baredot_is -l help -d 'the commands'
