// The shell of `ctrl` (mosquitto_ctrl without a module): first connect, then choose a module, then its commands, line by line.
// Typed at a terminal it has prompts, completion and a history; from a pipe it answers the lines and nothing else.

import { randomUUID } from 'node:crypto'
import { isObject, member, objectsMember, textMember } from '../../auth/dynsec/members.ts'
import { escapeControls } from '../../server/log-destinations.ts'
import { readClientArguments } from '../client-arguments.ts'
import { ArgumentError } from '../client-errors.ts'
import type { ClientSettings } from '../client-settings.ts'
import { CtrlExitCode, ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { GIVEN_UP } from './control-command.ts'
import { ControlConnection, ControlFailure, NO_ANSWER } from './control-connection.ts'
import { SHELL_BROKER, SHELL_DYNSEC, type ShellCommand, shortUsage } from './shell-commands.ts'
import type { ShellInput } from './shell-input.ts'

interface Mode {
  readonly name: 'dynsec' | 'broker'
  readonly topic: string
  readonly commands: readonly ShellCommand[]
  readonly about: string
}

const MODES: readonly Mode[] = [
  { name: 'dynsec', topic: '$CONTROL/dynamic-security/v1', commands: SHELL_DYNSEC, about: 'clients, groups, roles and their rules' },
  { name: 'broker', topic: '$CONTROL/broker/v1', commands: SHELL_BROKER, about: 'listeners and plugins' },
]

/** Commands of the shell itself: name, how they are written, what they do. */
const OWN: Readonly<Record<string, readonly [usages: readonly string[], help: string]>> = {
  auth: [['[username]'], 'Asks for the user name and password to connect with.'],
  connect: [
    ['', 'mqtt://hostname[:port]', 'mqtts://hostname[:port]', 'ws://hostname[:port]', 'wss://hostname[:port]'],
    'Connects to a broker; without a URL to the one of the command line, which is mqtt://localhost:1883 unless it says otherwise.',
  ],
  dynsec: [[''], 'Turns to dynamic security: clients, groups, roles.'],
  broker: [[''], 'Turns to the broker itself: listeners, plugins.'],
  disconnect: [[''], 'Ends the connection.'],
  return: [[''], 'Leaves this module.'],
  exit: [[''], 'Ends the shell.'],
  help: [['<command>'], 'Tells how a command is written, and what it does.'],
}

/** Which list of names completes a word, and after which commands it is read again. */
const LISTS = [
  { word: 'username', command: 'listClients', key: 'clients', changes: /^(create|delete)Client$/ },
  { word: 'groupname', command: 'listGroups', key: 'groups', changes: /^(create|delete)Group$/ },
  { word: 'rolename', command: 'listRoles', key: 'roles', changes: /^(create|delete)Role$/ },
] as const

export interface ShellOptions {
  /** All words of the command line: connection options. */
  readonly argv: readonly string[]
  readonly io: Terminal
  readonly program: string
  readonly banner: string
  /** A server was named on the command line: it is connected to at once. */
  readonly connectsAtOnce: boolean
}

export class ControlShell {
  readonly #options: ShellOptions
  readonly #io: Terminal
  readonly #names = new Map<string, readonly string[]>()
  #input!: ShellInput
  #login: { readonly userName: string; readonly password: string } | null = null
  #connection: ControlConnection | null = null
  #url = ''
  #mode: Mode | null = null
  #isInterrupted = false

  constructor(options: ShellOptions) {
    this.#options = options
    this.#io = options.io
  }

  /** Reads lines until `exit`, the end of input or Ctrl-C; returns the exit code. */
  async run(input: ShellInput): Promise<number> {
    this.#input = input
    input.onInterrupt(() => {
      this.#isInterrupted = true
      void this.#connection?.close()
    })
    if (input.isTyped) this.#print(this.#options.banner)
    try {
      if (this.#options.connectsAtOnce) await this.#guarded(() => this.#connect(null))
      while (!this.#isInterrupted) {
        const line = await input.line(this.#prompt)
        if (line === null || /^\s*exit\s*$/.test(line)) break
        if (line.trim() !== '') await this.#guarded(() => this.#obey(line))
      }
      if (input.isTyped) this.#print('')
    } finally {
      await this.#connection?.close()
      input.close()
    }
    return this.#isInterrupted ? ExitCode.Interrupted : CtrlExitCode.Done
  }

  /** For the Tab key. */
  complete(line: string): [string[], string] {
    const words = line.trimStart().split(/\s+/)
    const typed = words.pop() ?? ''
    const found = [...new Set(this.#candidates(words))].filter((word) => word.startsWith(typed)).toSorted()
    return [found.map((word) => `${word} `), typed]
  }

  get #prompt(): string {
    return `${this.#url}${this.#mode === null ? '' : `|${this.#mode.name}`}> `
  }

  get #ownNames(): readonly string[] {
    if (this.#connection === null) return ['auth', 'connect', 'exit', 'help']
    return this.#mode === null ? ['dynsec', 'broker', 'disconnect', 'exit', 'help'] : ['disconnect', 'return', 'exit', 'help']
  }

  #candidates(before: readonly string[]): readonly string[] {
    const commands = this.#mode?.commands ?? []
    const names = [...this.#ownNames, ...commands.map(({ name }) => name)]
    const [name, ...given] = before
    if (name === undefined || (name === 'help' && given.length === 0)) return names
    if (name === 'connect' && this.#connection === null && given.length === 0) return ['mqtt://', 'mqtts://', 'ws://', 'wss://']
    const usages = commands.find((command) => command.name.toLowerCase() === name.toLowerCase())?.usages ?? []
    return usages.flatMap((usage) => {
      const words = usage.split(' ')
      const isThisOne = given.every((word, i) => /[<[\]|]/.test(words[i] ?? '[') || words[i] === word)
      const word = isThisOne ? (words[given.length] ?? '') : ''
      if (/^[[<]/.test(word)) return this.#names.get(word.replace(/\W/g, '')) ?? []
      return word.replace(/\]/g, '').split('|')
    })
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (error instanceof ArgumentError) this.#print(`Error: ${error.message}`)
      else if (!(error instanceof ControlFailure)) throw error
      else if (!this.#isInterrupted) this.#print(error.message)
    }
  }

  async #obey(line: string): Promise<void> {
    const [name, ...words] = line.trim().split(/\s+/) as [string, ...string[]]
    const command = this.#mode?.commands.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase())
    if (command !== undefined) return await this.#send(command, words, line)
    if (!this.#ownNames.includes(name)) return this.#print(`Unknown command '${name}'`)
    switch (name) {
      case 'auth':
        return await this.#authenticate(words)
      case 'connect':
        return await this.#connect(words[0] ?? null)
      case 'dynsec':
      case 'broker':
        return await this.#enter(MODES.find((mode) => mode.name === name)!)
      case 'disconnect':
        return await this.#leave()
      case 'return':
        this.#mode = null
        return
      default:
        return this.#help(words[0])
    }
  }

  async #authenticate([given]: readonly string[]): Promise<void> {
    const userName = given ?? (await this.#input.line('username: '))
    if (userName === null || userName === '') return this.#print('No username.')
    const password = await this.#input.line('password:', true)
    if (password === null) return this.#print('No password.')
    this.#login = { userName, password }
  }

  /** Null = to the server of the command line. @throws ControlFailure, ArgumentError */
  async #connect(url: string | null): Promise<void> {
    if (url !== null && !/^(?:mqtt|ws)s?:\/\//.test(url)) return this.#print(this.#howTo('connect').join('\n'))
    const asked = readClientArguments('ctrl', [...this.#options.argv, ...(url === null ? [] : ['-L', url])], this.#io)
    if (asked.show !== 'settings') return
    const { settings } = asked
    if (this.#login !== null) {
      settings.userName = this.#login.userName
      settings.password = this.#login.password
    }
    const connection = new ControlConnection(settings, this.#io, (why) => this.#lost(connection, why))
    this.#connection = connection
    try {
      await connection.open()
      this.#url = urlOf(settings)
    } catch (error) {
      this.#connection = null
      await connection.close()
      throw error
    }
  }

  #lost(connection: ControlConnection, why: string): void {
    if (this.#connection !== connection) return
    this.#forget()
    if (why !== '') this.#input.interject(`${escapeControls(why)}\n`, this.#prompt)
  }

  async #leave(): Promise<void> {
    const connection = this.#connection
    this.#forget()
    await connection?.close()
  }

  #forget(): void {
    this.#connection = null
    this.#mode = null
    this.#url = ''
    this.#names.clear()
  }

  async #enter(mode: Mode): Promise<void> {
    this.#mode = mode
    await this.#connection!.listen(`${mode.topic}/response`)
    if (mode.name !== 'dynsec') return
    try {
      for (const list of LISTS) await this.#learn(list)
    } catch (error) {
      if (!(error instanceof ControlFailure) || error.message !== NO_ANSWER) throw error
      this.#print(`${NO_ANSWER}\nCheck the dynsec module is configured on the broker.`)
    }
  }

  /** Reads the names that complete words. */
  async #learn({ word, command, key }: (typeof LISTS)[number]): Promise<void> {
    if (!this.#input.isTyped) return // nobody presses Tab
    const response = await this.#request(command, {})
    const data = response === null ? null : member(response, 'data')
    const list = isObject(data) ? member(data, key) : null
    if (Array.isArray(list))
      this.#names.set(
        word,
        list.filter((name) => typeof name === 'string' && !/\s/.test(name)),
      )
  }

  async #send(command: ShellCommand, words: readonly string[], line: string): Promise<void> {
    const fields = await command.request(words, line, () => this.#askTwice())
    if (fields === GIVEN_UP) return
    if (fields === null || typeof fields === 'string') return this.#print([...(fields === null ? [] : [fields]), shortUsage(command)].join('\n'))
    const response = await this.#request(command.name, fields)
    if (response === null) return this.#print('Invalid response from broker.')
    const error = textMember(response, 'error')
    if (error !== null) return this.#print(`${command.name}: Error: ${error.replace(/\.$/, '')}.`)
    const data = member(response, 'data')
    const shown = command.show === undefined ? ['OK'] : command.show(isObject(data) ? data : {})
    for (const text of shown ?? ['Invalid response from broker.']) this.#print(text)
    for (const list of LISTS) if (list.changes.test(command.name)) await this.#learn(list)
  }

  /** Null = what came is no answer. @throws ControlFailure */
  async #request(command: string, fields: object): Promise<Readonly<Record<string, unknown>> | null> {
    const correlationData = randomUUID()
    const request = JSON.stringify({ commands: [{ command, ...fields, correlationData }] })
    let found: Readonly<Record<string, unknown>> | null = null
    await this.#connection!.ask(this.#mode!.topic, request, (text) => {
      found = responseIn(text)
      if (found === null) return true
      const given = member(found, 'correlationData')
      return given === undefined ? member(found, 'command') === command : given === correlationData
    })
    return found
  }

  async #askTwice(): Promise<string | typeof GIVEN_UP> {
    const first = await this.#input.line('password:', true)
    const second = first === null || first === '' ? null : await this.#input.line('password:', true)
    if (first === second && first !== null) return first
    this.#print(second === null ? 'No password.' : 'Passwords do not match.')
    return GIVEN_UP
  }

  #help(name: string | undefined): void {
    if (name !== undefined) return this.#print(this.#howTo(name).join('\n'))
    const { program } = this.#options
    const where =
      this.#mode !== null
        ? [`You are in ${this.#mode.name}: ${this.#mode.about}. 'return' leaves it.`]
        : this.#connection !== null
          ? ["Choose what to administer: 'dynsec' or 'broker'."]
          : ["Connect to a broker first: 'auth' takes a user name and password, 'connect' a URL."]
    const names = [...(this.#mode?.commands ?? []).map((command) => command.name), ...this.#ownNames]
    this.#print(`This is the shell of ${program}, which administers a running broker.
${where.join('\n')}

Commands: ${names.join(' ')}

'help <command>' tells more; the Tab key completes words.
For example:
  > auth admin
  password:
  > connect mqtt://localhost
  mqtt://localhost:1883> dynsec
  mqtt://localhost:1883|dynsec> createGroup newgroup
  OK`)
  }

  #howTo(name: string): readonly string[] {
    const command = this.#mode?.commands.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase())
    const own = this.#ownNames.includes(name) ? OWN[name] : undefined
    if (command === undefined && own === undefined) return [`Unknown command '${name}'`]
    const [usages, help] = command === undefined ? own! : [command.usages, command.help]
    return [...usages.map((usage) => `${command?.name ?? name} ${usage}`.trimEnd()), '', help]
  }

  /** Names come from the broker, and from whoever may make clients. */
  #print(text: string): void {
    for (const line of text.split('\n')) this.#io.stdout.write(`${escapeControls(line)}\n`)
  }
}

function urlOf(settings: ClientSettings): string {
  const { host, effectivePort, unixPath, webSocket, usesTls } = settings
  if (unixPath !== null) return `unix:${unixPath}`
  const scheme = `${webSocket ? 'ws' : 'mqtt'}${usesTls ? 's' : ''}`
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${effectivePort}`
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
