// A broker with dynamic security in force, and its admin, who asks by messages as any client could.
// Passwords are hashed with few iterations in the first file: tests log in often.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { storedPassword, writeDirectory } from '../../src/auth/dynsec/dynsec-file.ts'
import { firstDirectory } from '../../src/auth/dynsec/first-directory.ts'
import { makePasswordHashNow } from '../../src/auth/password-hash.ts'
import { type ConfiguredProgram, configured, type Guest, guest } from '../cli/support/broker-kit.ts'

export const CONTROL = '$CONTROL/dynamic-security/v1'
export const DYNSEC_LINES: readonly string[] = [
  'user root',
  'plugin /usr/lib/mosquitto_dynamic_security.so',
  'plugin_opt_config_file FOLDER/dynsec.json',
  'listener PORT 127.0.0.1',
]

export type Response = { readonly command: string; readonly error?: string; readonly correlationData?: string; readonly data?: Record<string, unknown> }

/** The text of a file whose admin is `admin` with the password `secret`. */
export function adminFile(): string {
  return writeDirectory(firstDirectory('admin', storedPassword(makePasswordHashNow(Buffer.from('secret'), 10))!))
}

export class Admin {
  readonly guest: Guest
  readonly topic: string

  constructor(guest: Guest, topic: string) {
    this.guest = guest
    this.topic = topic
  }

  static async login(port: number, topic: string = CONTROL): Promise<Admin> {
    const client = await guest(port, { username: 'admin', password: 'secret', protocolVersion: 5 })
    await client.subscribe(`${topic}/response`)
    return new Admin(client, topic)
  }

  /** The responses to these commands in one message, in their order. */
  async ask(...commands: readonly object[]): Promise<readonly Response[]> {
    return await this.askRaw(JSON.stringify({ commands }))
  }

  /** What answers a message that may be anything. */
  async askRaw(payload: string | Buffer): Promise<readonly Response[]> {
    const before = this.guest.messages.length
    await this.guest.publish(this.topic, payload)
    const messages = await this.guest.got(before + 1)
    const [topic, text] = messages[before]!.split(/ (.*)/s)
    if (topic !== `${this.topic}/response`) throw new Error(`a message of ${topic} instead of the response`)
    return (JSON.parse(text!) as { responses: Response[] }).responses
  }

  /** Throws when one of them is refused. */
  async do(...commands: readonly object[]): Promise<readonly Response[]> {
    const responses = await this.ask(...commands)
    const refused = responses.find(({ error }) => error !== undefined)
    if (refused !== undefined) throw new Error(`${refused.command}: ${refused.error}`)
    return responses
  }
}

export class DynsecBroker {
  readonly program: ConfiguredProgram
  readonly admin: Admin

  constructor(program: ConfiguredProgram, admin: Admin) {
    this.program = program
    this.admin = admin
  }

  /** `lines` beside those that put dynamic security in force; `file` unless the usual one. */
  static async start(lines: readonly string[] = [], file: string = adminFile()): Promise<DynsecBroker> {
    const program = await configured([...lines, ...DYNSEC_LINES], { files: { 'dynsec.json': file } })
    return new DynsecBroker(program, await Admin.login(program.port))
  }

  get port(): number {
    return this.program.port
  }

  get path(): string {
    return join(this.program.folder, 'dynsec.json')
  }

  get file(): Record<string, unknown> {
    return JSON.parse(readFileSync(this.path, 'utf8')) as Record<string, unknown>
  }

  /** A client of dynamic security, with the password that it was given. */
  async client(username: string, more: object = {}): Promise<Guest> {
    return await guest(this.port, { username, password: 'pw', protocolVersion: 5, ...more })
  }
}
