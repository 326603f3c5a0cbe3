// What pub and sub have in common before they connect: arguments, help, version, errors.
// And the last thing: writing out what was printed.

import { readClientArguments } from './client-arguments.ts'
import { ArgumentError, argumentErrorText } from './client-errors.ts'
import type { ClientSettings } from './client-settings.ts'
import { ExitCode } from './exit-codes.ts'
import { type ClientTool, programName, type Terminal } from './terminal.ts'

/** Reads the arguments and runs the rest of the command with them; returns the exit code. */
export async function runClientCommand(
  tool: ClientTool,
  argv: readonly string[],
  io: Terminal,
  run: (settings: ClientSettings) => Promise<number>,
): Promise<number> {
  const program = programName(io, tool)
  let exitCode: number
  let isQuiet = false
  try {
    const asked = readClientArguments(tool, argv, io)
    if (asked.show === 'settings') {
      const { tls, quiet } = asked.settings
      isQuiet = quiet
      if (tls.engine !== null) new ErrorOutput(io, quiet).print(`Warning: --tls-engine ${tls.engine} has no effect: keys are read from PEM files (--key).`)
      exitCode = await run(asked.settings)
    } else {
      const { clientHelpText, clientVersionText } = await import('./client-help.ts')
      // As with Mosquitto's clients, asking for help is not success.
      io.stdout.write(asked.show === 'help' ? clientHelpText(tool, program) : clientVersionText(program))
      exitCode = ExitCode.Failure
    }
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    // What is found only when the connection is set up is no error of usage: --quiet leaves it out.
    if (!(isQuiet && error.after === 'message only')) io.stderr.write(argumentErrorText(error, program))
    if (error.after === 'usage') io.stdout.write((await import('./client-help.ts')).clientHelpText(tool, program))
    exitCode = ExitCode.Failure
  }
  await io.stdout.flush()
  await io.stderr.flush()
  return exitCode
}

/** Prints errors of the run on standard error, unless --quiet. */
export class ErrorOutput {
  readonly #io: Terminal
  readonly #quiet: boolean

  constructor(io: Terminal, quiet: boolean) {
    this.#io = io
    this.#quiet = quiet
  }

  /** `text` without the newline. */
  print(text: string): void {
    if (!this.#quiet) this.#io.stderr.write(`${text}\n`)
  }
}
