// `zanzara ctrl` (mosquitto_ctrl): changes a broker's users and rights while it runs, and asks what it is.
// Connection options as those of pub; then a module, a command and its words.

import { randomUUID } from 'node:crypto'
import { isObject, member, objectsMember, textMember } from '../../auth/dynsec/members.ts'
import { escapeControls } from '../../server/log-destinations.ts'
import { ErrorOutput, runClientCommand } from '../client-command.ts'
import type { ClientSettings } from '../client-settings.ts'
import { CtrlExitCode } from '../exit-codes.ts'
import { type Ask, asker } from '../hidden-input.ts'
import { programName, type Terminal } from '../terminal.ts'
import { BROKER_COMMANDS } from './broker-commands.ts'
import { type AskPassword, type ControlCommand, GIVEN_UP } from './control-command.ts'
import { ControlExchange } from './control-exchange.ts'
import { ctrlHelp, moduleHelp } from './ctrl-help.ts'
import { DYNSEC_COMMANDS } from './dynsec-commands.ts'
import { initFile, setPasswordInFile } from './dynsec-files.ts'

/** What follows the connection options: who answers it, and what it can do. */
export interface ControlModule {
  readonly name: string
  readonly topic: string
  readonly commands: readonly ControlCommand[]
}

const MODULES: readonly ControlModule[] = [
  { name: 'dynsec', topic: '$CONTROL/dynamic-security/v1', commands: DYNSEC_COMMANDS },
  { name: 'broker', topic: '$CONTROL/broker/v1', commands: BROKER_COMMANDS },
]

/** Runs the command, or without a module the shell; returns its exit code. `ask` asks for passwords; the terminal does unless given. */
export function runCtrl(argv: readonly string[], io: Terminal, ask?: Ask): Promise<number> {
  return runClientCommand('ctrl', argv, io, (settings) =>
    settings.words.length === 0 && settings.dataFile === null ? runShell(argv, settings, io) : new Control(settings, io, ask).run(settings.words),
  )
}

async function runShell(argv: readonly string[], { host, unixPath }: ClientSettings, io: Terminal): Promise<number> {
  const [{ ControlShell }, { shellInput }, { clientVersionText }] = await Promise.all([
    import('./shell.ts'),
    import('./shell-input.ts'),
    import('../client-help.ts'),
  ])
  const program = programName(io, 'ctrl')
  const [version = ''] = / version (\S+)/.exec(clientVersionText(program))?.slice(1) ?? []
  // Also when the option file names it.
  const connectsAtOnce = unixPath !== null || host !== 'localhost' || argv.some((word) => SERVER_FLAGS.has(word))
  const shell = new ControlShell({ argv, io, program, banner: `${program} shell v${version}`, connectsAtOnce })
  return await shell.run(shellInput(io, (line) => shell.complete(line)))
}

/** Flags that say where the broker is: the shell then connects without being told to. */
const SERVER_FLAGS: ReadonlySet<string> = new Set(['-h', '--host', '-L', '--url', '--unix'])

class Control {
  readonly #settings: ClientSettings
  readonly #io: Terminal
  readonly #errors: ErrorOutput
  readonly #program: string
  #ask: Ask | null

  constructor(settings: ClientSettings, io: Terminal, ask: Ask | undefined) {
    this.#settings = settings
    this.#io = io
    this.#errors = new ErrorOutput(io, settings.quiet)
    this.#program = programName(io, 'ctrl')
    this.#ask = ask ?? null
  }

  async run([name, command, ...words]: readonly string[]): Promise<number> {
    if (name === undefined || name === 'help') {
      this.#io.stdout.write(ctrlHelp(this.#program))
      return name === undefined ? CtrlExitCode.Failure : CtrlExitCode.Done
    }
    const module = MODULES.find((candidate) => candidate.name === name)
    if (module === undefined) {
      const known = MODULES.map((candidate) => candidate.name).join(', ')
      this.#io.stderr.write(`Error: Module '${escapeControls(name)}' not supported. There are: ${known}.\n`)
      return CtrlExitCode.UnknownModule
    }
    if (command === undefined || command === 'help') {
      this.#io.stdout.write(moduleHelp(module, this.#program))
      return command === undefined ? CtrlExitCode.Failure : CtrlExitCode.Done
    }
    if (module.name === 'dynsec' && command === 'init') return await initFile(words, this.#io, this.#askPassword, this.#program)
    if (module.name === 'dynsec' && command === 'setClientPassword' && this.#settings.dataFile !== null) {
      const outcome = await setPasswordInFile(this.#settings.dataFile, words, this.#io, this.#askPassword)
      return typeof outcome === 'number' ? outcome : this.#invalid([outcome], 'setClientPassword USER [PASSWORD] [-i ITERATIONS]', `-f FILE ${name}`)
    }
    const row = module.commands.find((candidate) => candidate.name.toLowerCase() === command.toLowerCase())
    if (row !== undefined && this.#settings.dataFile !== null) return this.#invalid([`-f is for dynsec setClientPassword only.`], '', `${name} help`)
    if (row !== undefined) return await this.#send(module, row, words)
    this.#io.stderr.write(`Command '${escapeControls(command)}' not recognised.\n`)
    return CtrlExitCode.UnknownCommand
  }

  async #send(module: ControlModule, row: ControlCommand, words: readonly string[]): Promise<number> {
    const [least, most] = row.words
    const fields = words.length < least || words.length > most ? null : await row.request(words, this.#askPassword)
    if (fields === GIVEN_UP) return CtrlExitCode.Done
    if (fields === null || typeof fields === 'string') return this.#invalid(fields === null ? [] : [fields], `${row.name} ${row.usage}`, module.name)
    if (!this.#settings.usesTls && this.#settings.unixPath === null) {
      this.#errors.print(`Warning: You are running ${this.#program} without encryption.`)
      this.#errors.print('Everything you change can be read on the network, passwords included.\n')
    }
    const correlationData = randomUUID()
    const payload = JSON.stringify({ commands: [{ command: row.name, ...fields, correlationData }] })
    const isOurs = (text: string): boolean => answers(text, row.name, correlationData)
    const outcome = await new ControlExchange(this.#settings, this.#io, this.#errors, module.topic, payload, isOurs).run()
    return typeof outcome === 'number' ? outcome : this.#show(row, outcome)
  }

  /** Tells what is wrong with the words of a command. Mosquitto's tool leaves it at that; we say what the words are. */
  #invalid(reasons: readonly string[], usage: string, before: string): number {
    const lines = [...reasons.map((reason) => `Error: ${escapeControls(reason)}`), 'Error: Invalid input.']
    if (this.#program !== 'mosquitto_ctrl') lines.push(`Usage: ${this.#program} ${before} ${usage}`.trimEnd())
    this.#io.stderr.write(`${lines.join('\n')}\n`)
    return CtrlExitCode.Usage
  }

  /** As with Mosquitto's tool, a refusal by the broker is no failure of this command. */
  #show(row: ControlCommand, text: string): number {
    const response = responseIn(text)
    if (response === null) {
      this.#errors.print('Error: The response is not one that this program understands.')
      return CtrlExitCode.Failure
    }
    const error = textMember(response, 'error')
    if (error !== null) {
      this.#errors.print(`${row.name}: Error: ${escapeControls(error).replace(/\.$/, '')}.`)
      return CtrlExitCode.Done
    }
    const data = member(response, 'data')
    for (const line of row.show?.(isObject(data) ? data : {}) ?? []) this.#io.stdout.write(`${escapeControls(line)}\n`)
    return CtrlExitCode.Done
  }

  readonly #askPassword: AskPassword = async (userName, note) => {
    const ask = (this.#ask ??= asker(this.#io))
    this.#io.stdout.write(`Enter new password for ${escapeControls(userName)}.${note === '' ? '' : ` ${note}`}\n`)
    const first = await ask(`New password for ${escapeControls(userName)}: `)
    if (first === 'interrupted') return null
    if (first.length === 0) return ''
    const second = await ask(`Reenter password for ${escapeControls(userName)}: `)
    if (second !== 'interrupted' && Buffer.compare(first, second) === 0) return Buffer.from(first).toString()
    this.#errors.print('Error: Passwords do not match.')
    return null
  }
}

/** Whether a response is the one to our command, or one that cannot be understood at all. */
function answers(text: string, command: string, correlationData: string): boolean {
  const response = responseIn(text)
  if (response === null) return true
  const given = member(response, 'correlationData')
  return given === undefined ? member(response, 'command') === command : given === correlationData
}

/** The answer to our one command; null when it is none. */
function responseIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const content: unknown = JSON.parse(text)
    return isObject(content) ? (objectsMember(content, 'responses')[0] ?? null) : null
  } catch {
    return null
  }
}
