"""Completion scripts for bash, zsh and fish, of the words of the parser."""

import shlex
from collections.abc import Iterator, Sequence

from fumibako.cli.completion_words import Option, Place

_BASH = r"""# bash completion of fumibako, written by `fumibako completion bash`.
_fumibako() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path="" options="" words="" files="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path/${COMP_WORDS[i]}" in
@PATHS@
    esac
  done
  case "$path $prev" in
@VALUES@
  esac
  case "$path" in
@PLACES@
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  fi
}
complete -F _fumibako fumibako
"""

_ZSH = r"""#compdef fumibako
# zsh completion of fumibako, written by `fumibako completion zsh`.
_fumibako() {
  local place="" prev=${words[CURRENT-1]} word files=""
  local -a options values
  for word in ${words[2,CURRENT-1]}; do
    case "$place/$word" in
@PATHS@
    esac
  done
  case "$place $prev" in
@VALUES@
  esac
  case "$place" in
@PLACES@
  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    _describe -o option options
  elif [[ -n $files ]]; then
    _files
  else
    _describe word values
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _fumibako "$@"; else compdef _fumibako fumibako; fi
"""

_FISH = r"""# fish completion of fumibako, written by `fumibako completion fish`.
function __fumibako_place
  set -l place ""
  for word in (commandline -opc)[2..-1]
    switch "$place/$word"
@PATHS@
    end
  end
  test "$place" = "$argv[1]"
end
complete -c fumibako -f
@PLACES@
"""


def bash_script(places: Sequence[Place]) -> str:
    """For bash 4 or later; needs no bash-completion."""
    values = []
    for place, option in _valued(places):
        names = "|".join(f'"{_path(place)} {name}"' for name in option.names)
        if option.files:
            does = 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur")'
        elif option.values:
            does = f'mapfile -t COMPREPLY < <(compgen -W "{" ".join(option.values)}" -- "$cur")'
        else:
            does = "COMPREPLY=()"
        values.append(f"    {names}) {does}; return ;;")
    bodies = []
    for place in places:
        options = " ".join(name for option in place.options for name in option.names)
        words = " ".join((*(name for name, _ in place.verbs), *place.values))
        bodies.append(
            f'    "{_path(place)}") options="{options}" words="{words}" files="{"1" if place.files else ""}" ;;'
        )
    return _filled(_BASH, [f'      "{one}") path="{one}" ;;' for one in _paths(places)], values, bodies)


def zsh_script(places: Sequence[Place]) -> str:
    """For zsh's compsys, autoloaded as ``_fumibako`` or sourced."""
    values = []
    for place, option in _valued(places):
        names = "|".join(f'"{_path(place)} {name}"' for name in option.names)
        does = (
            "_files" if option.files else f"compadd -- {' '.join(option.values)}" if option.values else "_message value"
        )
        values.append(f"    {names}) {does}; return ;;")
    bodies = []
    for place in places:
        options = [_described(name, option.help) for option in place.options for name in option.names]
        words = [*(_described(*one) for one in place.verbs), *(shlex.quote(one) for one in place.values)]
        files = "1" if place.files else ""
        bodies.append(
            f'    "{_path(place)}") options=({" ".join(options)}); values=({" ".join(words)}); files="{files}" ;;'
        )
    return _filled(_ZSH, [f'      "{one}") place="{one}" ;;' for one in _paths(places)], values, bodies)


def fish_script(places: Sequence[Place]) -> str:
    """For fish 3 or later."""
    lines = []
    for place in places:
        where = f"complete -c fumibako -n {_fish(f'__fumibako_place {_fish(_path(place))}')}"
        lines += [f"{where} -a {_fish(name)} -d {_fish(words)}" for name, words in place.verbs]
        lines += [f"{where} -a {_fish(' '.join(place.values))}"] if place.values else []
        lines += [f"{where} -F"] if place.files else []
        lines += [f"{where} {_fish_option(option)}" for option in place.options]
    paths = [f'      case "{one}"\n        set place "{one}"' for one in _paths(places)]
    return _filled(_FISH, paths, [], lines)


def _fish_option(option: Option) -> str:
    words = [f"-s {name[1:]}" if len(name) == 2 else f"-l {name[2:]}" for name in option.names]
    if option.takes_value:
        words.append("-r")
    if option.values:
        words.append(f"-a {_fish(' '.join(option.values))}")
    if option.files:
        words.append("-F")
    return " ".join([*words, f"-d {_fish(option.help)}"])


def _fish(words: str) -> str:
    """In single quotes only these two need a backslash (fish, Quotes)."""
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _described(name: str, words: str) -> str:
    """``name:words`` as _describe takes it; a colon of the name itself is escaped."""
    return shlex.quote(name.replace(":", "\\:") + ":" + words)


def _valued(places: Sequence[Place]) -> Iterator[tuple[Place, Option]]:
    return ((place, option) for place in places for option in place.options if option.takes_value)


def _path(place: Place) -> str:
    return "".join(f"/{word}" for word in place.path)


def _paths(places: Sequence[Place]) -> list[str]:
    return [_path(place) for place in places if place.path]


def _filled(script: str, paths: Sequence[str], values: Sequence[str], places: Sequence[str]) -> str:
    script = script.replace("@PATHS@", "\n".join(paths)).replace("@VALUES@", "\n".join(values))
    return script.replace("@PLACES@", "\n".join(places))
