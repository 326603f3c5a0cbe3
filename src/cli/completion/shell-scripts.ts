// Completion scripts for bash, zsh and fish, made from the words of the commands. Text only.
// After a flag that takes a file or folder the shell's own completion goes on; after one that takes given words, those.

import type { CommandWords, FlagWords } from './command-words.ts'

/** What a flag's argument is completed with. */
type Completed = { readonly kind: 'file' | 'folder' | 'nothing' } | { readonly kind: 'words'; readonly words: readonly string[] }

const FILES = /^(?:FILE|PATH|PLACE)$/
const FOLDERS = /^DIR$/

/** How `argument` of the help is completed. */
export function completed(argument: string): Completed {
  if (FILES.test(argument)) return { kind: 'file' }
  if (FOLDERS.test(argument)) return { kind: 'folder' }
  if (argument === 'QOS') return { kind: 'words', words: ['0', '1', '2'] }
  if (/^[a-z0-9.]+(?:\|[a-z0-9.]+)*$/.test(argument)) return { kind: 'words', words: argument.split('|') }
  return { kind: 'nothing' }
}

const HEAD = 'Written by `zanzara completion SHELL` from the tables of flags; do not edit.'

/** To be sourced, or put into ~/.local/share/bash-completion/completions/zanzara. */
export function bashScript(commands: readonly CommandWords[], start: readonly FlagWords[]): string {
  const lines = [
    `# ${HEAD}`,
    '_zanzara_files() {',
    "  local IFS=$'\\n'",
    '  compopt -o filenames 2> /dev/null',
    '  COMPREPLY=($(compgen "$1" -- "$2"))',
    '}',
    '_zanzara() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="${COMP_WORDS[1]}"',
    '  local words="" flags="" at',
    '  COMPREPLY=()',
    '  # behind -- stands another program with words of its own',
    '  for ((at = 1; at < COMP_CWORD; at++)); do',
    '    if [[ ${COMP_WORDS[at]} == -- ]]; then _zanzara_files -f "$current"; return; fi',
    '  done',
    '  if ((COMP_CWORD == 1)); then',
    `    COMPREPLY=($(compgen -W '${[...commands.map(({ command }) => command), ...spellings(start)].join(' ')}' -- "$current"))`,
    '    return',
    '  fi',
    '  case $command in',
  ]
  for (const { command, words, flags } of [...commands, { command: '-*', words: [], flags: start }]) {
    lines.push(`    ${command})`)
    const cases = new Map<string, string[]>()
    for (const flag of flags) {
      if (flag.argument === null) continue
      const action = bashAction(completed(flag.argument))
      cases.set(action, [...(cases.get(action) ?? []), ...flag.flags])
    }
    if (cases.size > 0) {
      lines.push('      case $previous in')
      for (const [action, names] of cases) lines.push(`        ${names.join('|')}) ${action}; return ;;`)
      lines.push('      esac')
    }
    lines.push(`      flags='${spellings(flags).join(' ')}'`)
    if (words.length > 0) lines.push(`      ((COMP_CWORD == 2)) && words='${words.join(' ')}'`)
    lines.push('      ;;')
  }
  lines.push(
    '  esac',
    '  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))',
    '  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  else _zanzara_files -f "$current"',
    '  fi',
    '}',
    'complete -F _zanzara zanzara',
    '',
  )
  return lines.join('\n')
}

function bashAction(argument: Completed): string {
  switch (argument.kind) {
    case 'file':
      return '_zanzara_files -f "$current"'
    case 'folder':
      return '_zanzara_files -d "$current"'
    case 'words':
      return `COMPREPLY=($(compgen -W '${argument.words.join(' ')}' -- "$current"))`
    case 'nothing':
      return 'COMPREPLY=()'
  }
}

/** To be put as _zanzara into a folder of $fpath. */
export function zshScript(commands: readonly CommandWords[], start: readonly FlagWords[]): string {
  const lines = ['#compdef zanzara', `# ${HEAD}`, '', '_zanzara() {', '  local -a commands', '  commands=(']
  for (const { command, help } of commands) lines.push(`    ${quoted(`${command}:${help.replaceAll(':', '\\:')}`)}`)
  lines.push(
    '  )',
    '  if ((CURRENT == 2)) && [[ ${words[2]} != -* ]]; then _describe command commands; return; fi',
    '  local command=${words[2]}',
    '  case $command in',
  )
  for (const { command, words, flags } of [...commands, { command: '-*', words: [], flags: start }]) {
    const isCommand = command !== '-*'
    lines.push(`    ${command})`)
    if (isCommand) lines.push('      shift words; ((CURRENT--))')
    lines.push('      _arguments -s \\')
    for (const flag of flags) for (const name of flag.flags) lines.push(`        ${quoted(`*${name}[${zshText(flag.help)}]${zshAction(flag.argument)}`)} \\`)
    lines.push(words.length > 0 ? `        ${quoted(`1: :(${words.join(' ')})`)} ${quoted('*: :_files')}` : `        ${quoted('*: :_files')}`, '      ;;')
  }
  return [...lines, '  esac', '}', '', '_zanzara "$@"', ''].join('\n')
}

function zshText(help: string): string {
  return help.replace(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:')
}

function zshAction(argument: string | null): string {
  if (argument === null) return ''
  const way = completed(argument)
  const action = way.kind === 'words' ? `(${way.words.join(' ')})` : { file: '_files', folder: '_files -/', nothing: '' }[way.kind]
  return `:${argument.replaceAll(':', '\\:')}:${action}`
}

/** To be put as zanzara.fish into ~/.config/fish/completions. */
export function fishScript(commands: readonly CommandWords[], start: readonly FlagWords[]): string {
  const lines = [`# ${HEAD}`]
  const none = '__fish_is_first_token'
  for (const { command, help } of commands) lines.push(`complete -c zanzara -n ${none} -f -a ${command} -d ${quoted(help, true)}`)
  for (const flag of start) lines.push(fishLine('not __fish_seen_subcommand_from ' + commands.map(({ command }) => command).join(' '), flag))
  for (const { command, words, flags } of commands) {
    const when = `__fish_seen_subcommand_from ${command}`
    if (words.length > 0) lines.push(`complete -c zanzara -n ${quoted(when)} -a ${quoted(words.join(' '))}`)
    for (const flag of flags) lines.push(fishLine(when, flag))
  }
  return `${lines.join('\n')}\n`
}

function fishLine(when: string, { flags, argument, help }: FlagWords): string {
  const names = flags.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const way = argument === null ? null : completed(argument)
  const takes = way === null ? '' : way.kind === 'words' ? ` -x -a ${quoted(way.words.join(' '))}` : way.kind === 'nothing' ? ' -x' : ' -r -F'
  return `complete -c zanzara -n ${quoted(when)} ${names.join(' ')}${takes}${help === '' ? '' : ` -d ${quoted(help, true)}`}`
}

function spellings(flags: readonly FlagWords[]): string[] {
  return [...new Set(flags.flatMap((flag) => flag.flags))]
}

/** For the shell, in single quotes; fish knows `\'` in them, the others do not. */
function quoted(text: string, isFish = false): string {
  return `'${isFish ? text.replace(/['\\]/g, '\\$&') : text.replaceAll("'", "'\\''")}'`
}
