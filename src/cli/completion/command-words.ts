// What may follow each command: its flags, what they take, and the words of its usage. From the tables of flags where a command has one,
// else from its help, which is the only list of its flags. Data for the scripts of the shells.

import { BENCH_MODES, BENCH_OPTIONS } from '../bench/bench-options.ts'
import { CLIENT_OPTIONS } from '../client-options.ts'
import { SNIFF_FLAGS } from '../sniff-options.ts'
import type { ClientTool } from '../terminal.ts'

/** One flag of a command. */
export interface FlagWords {
  /** All its spellings. */
  readonly flags: readonly string[]
  /** What follows it, as the help names it; null = nothing. */
  readonly argument: string | null
  /** One sentence; may be empty. */
  readonly help: string
}

export interface CommandWords {
  readonly command: string
  readonly help: string
  /** Words that may stand behind the command, such as `check` behind `config`. */
  readonly words: readonly string[]
  readonly flags: readonly FlagWords[]
}

const HELP_FLAG: FlagWords = { flags: ['--help'], argument: null, help: 'help of this command' }
const VERSION_FLAG: FlagWords = { flags: ['--version'], argument: null, help: 'the version' }

/** What the help of the program says of a command: `  pub       publish messages, as mosquitto_pub`. */
export function commandSentences(programHelp: string): ReadonlyMap<string, string> {
  const begin = programHelp.indexOf('Commands:\n')
  const text = programHelp.slice(begin, programHelp.indexOf('\n\n', begin))
  return new Map([...text.matchAll(/^ {2}([a-z][\w-]*)\s+(\S.*)$/gm)].map(([, command, help]) => [command!, help!]))
}

/** The words of one command. */
export function wordsOfCommand(command: string, help: string, commandHelp: string): CommandWords {
  return { command, help, words: usageWords(command, commandHelp), flags: tableOf(command) ?? flagsInHelp(commandHelp) }
}

function tableOf(command: string): readonly FlagWords[] | null {
  switch (command) {
    case 'pub':
    case 'sub':
    case 'rr':
      return [...CLIENT_OPTIONS.filter(({ tools }) => tools.includes(command as ClientTool)), HELP_FLAG, VERSION_FLAG]
    case 'bench':
      return [...BENCH_OPTIONS, HELP_FLAG]
    case 'sniff': {
      const keys = [...new Set(SNIFF_FLAGS.map(({ key }) => key))]
      return keys.map((key) => {
        const rows = SNIFF_FLAGS.filter((row) => row.key === key)
        return { flags: rows.map(({ flag }) => flag), argument: rows[0]!.value, help: '' }
      })
    }
    default:
      return null
  }
}

/** Lines such as `  -c, --config-file FILE   read this file`; an argument is a word in capitals or one of a few given words. */
export function flagsInHelp(help: string): FlagWords[] {
  const found: FlagWords[] = []
  for (const [, flags, argument, text] of help.matchAll(/^ {2,6}(-{1,2}[\w-]+(?:, -{1,2}[\w-]+)*)(?: ([^ ]+))? {2,}(\S.*)$/gm))
    found.push({ flags: flags!.split(', '), argument: argument ?? null, help: text! })
  return found
}

/** The words in small letters that a usage line has in the command's first place: `zanzara config check FILE`, `bench conn|pub|sub`. */
function usageWords(command: string, help: string): readonly string[] {
  if (command === 'bench') return BENCH_MODES
  const words = new Set<string>()
  for (const [, list] of help.matchAll(new RegExp(`^(?:Usage:)? +zanzara ${command} ([a-z]+(?:\\|[a-z]+)*)(?= |$)`, 'gm')))
    for (const word of list!.split('|')) words.add(word)
  return [...words]
}
