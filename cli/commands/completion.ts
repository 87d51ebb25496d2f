import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { printJson } from "../with-convoy.ts";

/** `convoy completion SHELL`: a script that asks `convoy __complete` at each Tab. */
export async function printCompletion(call: Call<{ shell: string }>): Promise<number> {
  const { shell } = call.arguments;
  const script = scripts[shell];
  if (script === undefined) throw new WrongRequest(`unknown shell ${shell}`, "one of bash, zsh, fish");
  if (call.common.json) printJson(call, { shell, script });
  else call.terminal.stdout.write(script);
  return exitCodes.done;
}

/**
 * Each asks with the words up to the cursor and gets a line a candidate: value, tab, description. Candidates are never evaluated.
 * The answer `:files` means file names. bash has no `mapfile` before 4.0 (macOS) and breaks words at `=` and `:`, which
 * COMP_WORDBREAKS says; so the words are taken from the line itself.
 */
const scripts: Record<string, string> = {
  bash: String.raw`# bash completion for convoy: eval "$(convoy completion bash)"
_convoy_complete() {
  local line="${"$"}{COMP_LINE:0:COMP_POINT}" words=() candidate current prefix
  read -r -a words <<<"$line"
  [[ "$line" == *' ' ]] && words+=("")
  current="${"$"}{words[${"$"}{#words[@]}-1]}"
  # bash replaces only what stands after the last of its word breaks
  prefix="${"$"}{current%"${"$"}{COMP_WORDS[COMP_CWORD]}"}"
  [[ "$COMP_WORDBREAKS" == *=* && "$current" == *= ]] && prefix="$current"
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    if [[ "$candidate" == ":files" ]]; then
      compopt -o default 2>/dev/null
    elif [[ "$candidate" == "$current"* ]]; then
      [[ "$candidate" == *= || "$candidate" == */ ]] && compopt -o nospace 2>/dev/null
      COMPREPLY+=("${"$"}{candidate#"$prefix"}")
    fi
  done < <("${"$"}{words[0]}" __complete -- "${"$"}{words[@]:1}" 2>/dev/null)
}
complete -F _convoy_complete convoy ./convoy
`,
  zsh: String.raw`#compdef convoy
# zsh completion for convoy: eval "$(convoy completion zsh)" after compinit
_convoy() {
  local line value description
  local -a described
  while IFS=$'\t' read -r value description; do
    if [[ "$value" == ":files" ]]; then
      _files
    elif [[ -n "$value" ]]; then
      described+=("${"$"}{value//:/\\:}:$description")
    fi
  done < <("${"$"}{words[1]}" __complete -- "${"$"}{(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${"$"}{#described} )) && _describe convoy described -S ' ' -r '= /'
}
compdef _convoy convoy ./convoy
`,
  fish: String.raw`# fish completion for convoy: convoy completion fish > ~/.config/fish/completions/convoy.fish
function __convoy_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c convoy -f -a '(__convoy_complete)'
`,
};
