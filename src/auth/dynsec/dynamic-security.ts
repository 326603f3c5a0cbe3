// Dynamic security: a directory of clients, groups and roles that its admins change by messages while the broker runs.
// Keeps the file, answers `$CONTROL/dynamic-security/v1`, and says who may log in; who may do what is dynsec-authorizer.ts' answer.

import { createHmac, randomBytes } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import type { Log } from '../../base/log.ts'
import type { Administration, ConnectedClient } from '../../broker/administration.ts'
import type { ListenerRules } from '../../broker/listener-rules.ts'
import type { ControlHandler } from '../../broker/ports.ts'
import { type AccessFileNote, type AccessFileOptions, type FileOwner, readAccessFile, shown } from '../access-file.ts'
import type { PasswordEntry } from '../password-file.ts'
import { DEFAULT_ITERATIONS, makePasswordHash, type PasswordHash } from '../password-hash.ts'
import type { UserDirectory } from '../password-logins.ts'
import type { AccessType, AclNames } from './acl.ts'
import { CLIENT_COMMANDS } from './client-commands.ts'
import type { Command, CommandContext } from './command.ts'
import { type Decision, decide } from './decide.ts'
import type { Directory, StoredPassword } from './directory.ts'
import { readDirectory, storedPassword, writeDirectory } from './dynsec-file.ts'
import { GROUP_COMMANDS } from './group-commands.ts'
import { type JsonObject, member } from './members.ts'
import { type Answer, respond, UNKNOWN_COMMAND } from './request.ts'
import { ROLE_COMMANDS } from './role-commands.ts'
import { writeWhole } from './write-whole.ts'

export const DYNSEC_TOPIC = '$CONTROL/dynamic-security/v1'

const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({ ...CLIENT_COMMANDS, ...GROUP_COMMANDS, ...ROLE_COMMANDS }))

/** What the log tells of a command, in this order; passwords are never shown. */
const TOLD = ['username', 'groupname', 'rolename', 'clientid', 'acltype', 'topic', 'priority', 'allow'] as const

export interface DynamicSecurityOptions {
  readonly path: string
  readonly log: Log
  /** Whom the file should belong to; as for other access files. */
  readonly owner?: FileOwner
  readonly hash?: (password: string) => Promise<StoredPassword>
}

export class DynamicSecurity implements UserDirectory, ControlHandler {
  readonly path: string
  readonly notes: readonly AccessFileNote[]
  readonly #log: Log
  readonly #directory: Directory
  readonly #hash: (password: string) => Promise<StoredPassword>
  readonly #secret = randomBytes(32)
  #version = 0
  /** Of the clients with a password, for `decoy`; null = out of date. */
  #hashes: readonly PasswordHash[] | null = null
  #administration: Administration | null = null
  readonly #ready: Promise<void>
  #makeReady: () => void = () => {}
  /** Requests are answered one after the other. */
  #last: Promise<void>

  /** Reads the file, which must be there. @throws AccessFileError */
  constructor({ path, log, owner, hash }: DynamicSecurityOptions) {
    const options: AccessFileOptions = owner === undefined ? {} : { owner }
    const { bytes, notes } = readAccessFile(path, 'dynamic security file', options)
    const { directory, problems } = readDirectory(bytes, path)
    this.path = path
    this.#log = log
    this.#directory = directory
    this.#hash = hash ?? hashPassword
    this.notes = [...notes, ...problems.map((text) => ({ type: 'warning' as const, text }))]
    this.#ready = new Promise((resolve) => {
      this.#makeReady = resolve
    })
    this.#last = this.#ready
  }

  /** Rises with every change. */
  get version(): number {
    return this.#version
  }

  /** The broker runs: requests are answered from now on, and changes act on its clients. */
  serve(administration: Administration): void {
    this.#administration = administration
    if (!mayBeReplaced(this.path))
      this.#log.write('warning', `Warning: '${this.path}' cannot be written by this user, who needs its folder for that: changes hold until the broker stops.`)
    this.#makeReady()
  }

  decide(access: AccessType, names: AclNames, topic: string): Decision {
    return decide(this.#directory, access, names, topic)
  }

  /** Null also for a client without a password, who cannot log in. */
  lookup(userName: string): PasswordEntry | null {
    const password = this.#directory.clients.get(userName)?.password ?? null
    return password === null ? null : { userName, encoded: password.encoded, hash: password.hash, line: 0 }
  }

  has(userName: string): boolean {
    return this.#directory.clients.has(userName)
  }

  objection(userName: string, clientId: string): string | null {
    const client = this.#directory.clients.get(userName)
    if (client === undefined) return 'it was deleted'
    if (client.isDisabled) return 'it is disabled'
    return client.clientId === null || client.clientId === clientId ? null : `it may only use the Client Identifier '${shown(client.clientId)}'`
  }

  /** As a password file's: the same for the same name, and as costly as the real ones. */
  decoy(userName: string): PasswordHash {
    this.#hashes ??= [...this.#directory.clients.values()].flatMap(({ password }) => (password === null ? [] : [password.hash]))
    const hashes = this.#hashes
    if (hashes.length === 0) return { kind: 'pbkdf2', iterations: DEFAULT_ITERATIONS, salt: this.#secret.subarray(0, 12), key: new Uint8Array(64) }
    return hashes[createHmac('sha256', this.#secret).update(userName).digest().readUInt32BE(0) % hashes.length]!
  }

  /** A message to the control topic; `payload` is kept until it has been answered. */
  request(clientId: string, userName: string | null, payload: Uint8Array): void {
    const answered = this.#serve(clientId, userName, payload, (text) => {
      this.#administration?.answer((rules) => this.#holdsFor(rules), `${DYNSEC_TOPIC}/response`, Buffer.from(text))
    })
    answered.catch((error: Error) => this.#log.write('error', `Error: dynamic security could not answer ${shown(clientId)}: ${error.message}`))
  }

  /** As a message of an admin, whose answer nobody else sees. @throws what makes an answer impossible */
  async execute(who: string, payload: Uint8Array): Promise<string> {
    let answer = ''
    await this.#serve(who, null, payload, (text) => {
      answer = text
    })
    return answer
  }

  /** Kept until everything asked for so far has been answered. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** When those before it have been answered. */
  #serve(clientId: string, userName: string | null, payload: Uint8Array, answer: (text: string) => void): Promise<void> {
    const served = this.#last.then(() => this.#answer(clientId, userName, payload, answer))
    this.#last = served.catch(() => {}) // told by who asked
    return served
  }

  async #answer(clientId: string, userName: string | null, payload: Uint8Array, answer: (text: string) => void): Promise<void> {
    const leaving = new Set<string | null>()
    let hasChanged = false
    /** Users whose subscriptions may have become too many; null = anybody's. */
    let concerned: Set<string | null> | null = new Set()
    const context: CommandContext = {
      directory: this.#directory,
      hash: this.#hash,
      addressesOf: (name) => this.#connected((user) => user === name).map(({ address }) => address),
      changed: (users) => {
        hasChanged = true
        if (users === 'anybody') concerned = null
        else for (const user of users) concerned?.add(user)
        this.#changed()
      },
      sendAway: (name) => void leaving.add(name),
    }
    const text = await respond(payload, async (name, request) => {
      const said = await (COMMANDS.get(name) ?? unknownCommand)(request, context)
      if (!('error' in said)) this.#tell(clientId, userName, name, request)
      return said
    })
    if (hasChanged) this.#save()
    answer(text)
    if (hasChanged) this.#administration?.recheckSubscriptions(({ userName: user, rules }) => (concerned?.has(user) ?? true) && this.#holdsFor(rules))
    for (const { end } of leaving.size === 0 ? [] : this.#connected((user) => leaving.has(user))) end()
  }

  #connected(isMeant: (userName: string | null) => boolean): readonly ConnectedClient[] {
    return this.#administration?.connected(({ userName, rules }) => isMeant(userName) && this.#holdsFor(rules)) ?? []
  }

  /** In force on that listener. */
  #holdsFor({ controls }: ListenerRules): boolean {
    return controls?.get(DYNSEC_TOPIC) === this
  }

  #changed(): void {
    this.#version++
    this.#hashes = null
    this.#directory.changeIndex = (this.#directory.changeIndex + 1) % 0x80000000
  }

  #save(): void {
    try {
      writeWhole(this.path, writeDirectory(this.#directory))
    } catch (error) {
      this.#log.write('error', `Error saving Dynamic security plugin config: ${(error as Error).message}. What was changed holds until the broker stops.`)
    }
  }

  #tell(clientId: string, userName: string | null, command: string, request: JsonObject): void {
    const told = TOLD.flatMap((name) => {
      const value = member(request, name)
      return typeof value === 'object' || value === undefined ? [] : [` | ${name}=${shown(String(value))}`]
    })
    const password = member(request, 'password') === undefined ? '' : ' | password=*****'
    const who = `${shown(clientId)}/${shown(userName ?? '')}`
    this.#log.write('information', `dynsec: ${who} | ${shown(command)}${told.join('')}${password}`, { client: clientId })
  }
}

const unknownCommand = (): Answer => UNKNOWN_COMMAND

/** As this process is now: root may have been given up. */
function mayBeReplaced(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK)
    return true
  } catch {
    return false
  }
}

async function hashPassword(password: string): Promise<StoredPassword> {
  const encoded = await makePasswordHash(Buffer.from(password), { kind: 'pbkdf2', iterations: DEFAULT_ITERATIONS })
  return storedPassword(encoded!)!
}
