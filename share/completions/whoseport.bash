# bash completion for whoseport
_whoseport() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words
    case "$before" in
        --color|--colour) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
        -t|--transport) COMPREPLY=($(compgen -W "tcp udp" -- "$word")); return ;;
        -s|--state) COMPREPLY=($(compgen -W "listen bound unconnected connected all" -- "$word")); return ;;
        --sort) COMPREPLY=($(compgen -W "port address user process started" -- "$word")); return ;;
        --from) COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    case "${COMP_WORDS[1]}" in
        show) words="--json -v --verbose --no-live -q --quiet --peers --bind --probe --from --bpf -h --help --version --lang --color --colour" ;;
        list) words="--json --json-lines --csv -v --verbose -t --transport -a --address -u --user -p --process -s --state --sort -r --reverse --from --bpf -h --help --version --lang --color --colour" ;;
        find) words="--json -n --limit -h --help --version --lang --color --colour" ;;
        inspect) words="--json --peers --bpf -h --help --version --lang --color --colour" ;;
        explain) words="--json -h --help --version --lang --color --colour" ;;
        stop) words="--json -y --yes -n --dry-run --tree --mine --grace -h --help --version --lang --color --colour" ;;
        pick) words="--json -v --verbose --name --near --range -t --transport --project -n --count --ttl --owner -h --help --version --lang --color --colour" ;;
        run) words="--name --near --range -t --transport --project --fd --address -v --verbose -h --help --version --lang --color --colour" ;;
        wait) words="--gone --http --timeout -q --quiet --json -h --help --version --lang --color --colour" ;;
        update) words="--json --from --allow-older --allow-loss -h --help --version --lang --color --colour" ;;
        registry) words="--json -h --help --version --lang --color --colour info dump" ;;
        schema) words="-h --help --version --lang --color --colour" ;;
        completion) words="-h --help --version --lang --color --colour bash zsh fish" ;;
        *) words="--json -v --verbose --no-live -q --quiet --peers --bind --probe --from --bpf -h --help --version --lang --color --colour" ;;
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words="show list find inspect explain stop pick run wait update registry schema completion $words"; fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _whoseport whoseport
