// `zanzara completion SHELL`: a script with which bash, zsh or fish completes our commands and flags.
// Asks every command for its help, so a new command is completed without a line here; the words are command-words.ts'.

import { escapeControls } from '../../server/log-destinations.ts'
import { HELP as PROGRAM_HELP } from '../help.ts'
import type { Terminal } from '../terminal.ts'
import { type CommandWords, commandSentences, flagsInHelp, wordsOfCommand } from './command-words.ts'
import { bashScript, fishScript, zshScript } from './shell-scripts.ts'

const HELP = `zanzara completion prints a script that lets a shell complete commands and flags.

Usage: zanzara completion bash|zsh|fish

  --help     this text

bash   put it into ~/.local/share/bash-completion/completions/zanzara, or into ~/.bashrc: source <(zanzara completion bash)
zsh    put it as _zanzara into a folder of $fpath
fish   put it into ~/.config/fish/completions/zanzara.fish

Exit code: 0 printed, 2 wrong arguments.

Example:
  source <(zanzara completion bash)
`

const SHELLS: Readonly<Record<string, typeof bashScript>> = { bash: bashScript, zsh: zshScript, fish: fishScript }

const CompletionExitCode = { Printed: 0, Usage: 2 } as const

type Command = (argv: readonly string[], terminal: Terminal) => Promise<number>

/** The command; `commands` are all of the program. */
export function completionOf(commands: Readonly<Record<string, () => Promise<Command>>>): Command {
  return async (argv, terminal) => {
    const [shell, ...more] = argv
    const script = shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell]! : null
    let code: number = CompletionExitCode.Printed
    if (argv.includes('--help')) terminal.stdout.write(HELP)
    else if (script !== null && more.length === 0) terminal.stdout.write(script(await allWords(commands, terminal), flagsInHelp(PROGRAM_HELP)))
    else {
      const wrong =
        shell === undefined
          ? 'the name of a shell is missing'
          : script === null
            ? `'${escapeControls(shell)}' is no shell that we know`
            : `'${escapeControls(more[0]!)}' is too much`
      terminal.stderr.write(`Error: ${wrong}: bash, zsh or fish.\n\nUse 'zanzara completion --help' to see usage.\n`)
      code = CompletionExitCode.Usage
    }
    await terminal.stdout.flush()
    await terminal.stderr.flush()
    return code
  }
}

async function allWords(commands: Readonly<Record<string, () => Promise<Command>>>, terminal: Terminal): Promise<CommandWords[]> {
  const sentences = commandSentences(PROGRAM_HELP)
  const found: CommandWords[] = []
  for (const [command, load] of Object.entries(commands))
    found.push(wordsOfCommand(command, sentences.get(command) ?? '', await helpOf(await load(), terminal)))
  return [...found, { command: 'help', help: 'help of a command', words: Object.keys(commands), flags: [] }]
}

/** What a command prints for --help. */
async function helpOf(run: Command, terminal: Terminal): Promise<string> {
  let text = ''
  const keep = {
    ...terminal.stdout,
    write: (data: string | Uint8Array): void => {
      text += typeof data === 'string' ? data : new TextDecoder().decode(data)
    },
    full: false,
    onDrained: (listener: () => void): void => listener(),
    onClosed: (): void => {},
    flush: async (): Promise<void> => {},
  }
  await run(['--help'], { ...terminal, stdout: keep, stderr: keep })
  return text
}
