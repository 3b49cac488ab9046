import { boolFlag } from '../common/flags.ts'
import { noArguments } from './command-line/arguments.ts'
import { type Command, command } from './command-line/command.ts'

export type Shell = 'bash' | 'fish' | 'powershell' | 'zsh'

/** Every script asks `clusteradm __complete <words>` for what could come next: a line each, a tab before what it is. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_clusteradm() {
  local IFS=$'\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(clusteradm __complete "\${words[@]}" 2>/dev/null | cut -f1))
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _clusteradm clusteradm
`,
  zsh: `#compdef clusteradm
_clusteradm() {
  local -a lines
  lines=("\${(@f)$(clusteradm __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  lines=("\${(@)lines/$'\\t'/:}")
  _describe 'clusteradm' lines || _files
}
compdef _clusteradm clusteradm
`,
  fish: `function __clusteradm_complete
  set -l words (commandline -opc) (commandline -ct)
  clusteradm __complete $words[2..-1] 2>/dev/null
end
complete -c clusteradm -a '(__clusteradm_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName clusteradm -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '""' }
  clusteradm __complete @words 2>$null | ForEach-Object {
    $name, $what = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', ($what ?? $name))
  }
}
`,
}

export function completion(shell: Shell): Command {
  return command({
    name: `completion ${shell}`,
    description: `Prints a script that makes ${shell} complete command lines of clusteradm, names of clusters included.`,
    flags: { 'no-descriptions': boolFlag(false, 'Without what the words mean.') },
    run: async (session, { words, flags }) => {
      noArguments(words)
      const script = SCRIPTS[shell]
      const plain = script.replaceAll('clusteradm __complete', 'clusteradm __complete --no-descriptions')
      session.terminal.writeOut(flags.noDescriptions ? plain : script)
    },
  })
}
