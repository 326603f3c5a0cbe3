// The built broker with a configuration file of the test's own, and clients that note what they are told.
// PORT, PORT2, PORT3 … in a line stand for free ports, FOLDER for a folder of the test, CERTS for that of the test certificates.

import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import mqtt, { type IClientOptions, type IClientPublishOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt'
import { expect, onTestFinished } from 'vitest'
import { freePort } from '../../interop/support/mosquitto.ts'
import { type Program, startProgram } from '../../support/built.ts'

const PATIENCE_MS = 30_000
const ATTEMPTS = 3
const CERTIFICATES = fileURLToPath(new URL('../../net/certificates', import.meta.url))

export function certificate(name: string): string {
  return join(CERTIFICATES, name)
}

/** Goes with the test. Open to all: the broker gives up root before it makes sockets and files. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-'))
  chmodSync(path, 0o777)
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export interface ConfiguredOptions {
  /** Written into the folder, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A broker whose configuration file can be written anew. */
export class ConfiguredProgram {
  readonly program: Program
  readonly folder: string
  readonly file: string
  readonly ports: readonly number[]
  readonly #replace: (text: string) => string

  constructor(lines: readonly string[], ports: readonly number[], { files = {}, args = [], env = {} }: ConfiguredOptions) {
    this.ports = ports
    this.folder = folder()
    this.file = join(this.folder, 'test.conf')
    this.#replace = (text) =>
      text
        .replaceAll('FOLDER', this.folder)
        .replaceAll('CERTS', CERTIFICATES)
        .replace(/\bPORT(\d*)\b/g, (_, n: string) => String(ports[n === '' ? 0 : Number(n) - 1]))
    for (const [name, text] of Object.entries(files)) this.write(name, text)
    this.configure(lines)
    this.program = startProgram(['broker', '-c', this.file, ...args], { env })
  }

  get port(): number {
    return this.ports[0]!
  }

  get log(): readonly string[] {
    return this.program.log
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.folder, name), content)
  }

  configure(lines: readonly string[]): void {
    writeFileSync(this.file, `${lines.map(this.#replace).join('\n')}\n`)
  }

  /** SIGHUP; returns the lines logged from then on, once one of them matches. */
  async reload(until: RegExp): Promise<readonly string[]> {
    const from = this.program.stderr.length
    this.program.child.kill('SIGHUP')
    await this.program.until('stderr', new RegExp(`^[^]{${from}}[^]*${until.source}`))
    const { log } = this.program
    return log.slice(log.lastIndexOf('Reloading config.'))
  }
}

/** Returns when it runs. A port that somebody took meanwhile is no failure: others are tried. */
export async function configured(lines: readonly string[], options: ConfiguredOptions = {}): Promise<ConfiguredProgram> {
  const wanted = Math.max(1, ...[...lines.join('\n').matchAll(/\bPORT(\d*)\b/g)].map(([, n]) => Number(n || 1)))
  for (let attempt = 1; ; attempt++) {
    const ports: number[] = []
    while (ports.length < wanted) ports.push(await freePort())
    const broker = new ConfiguredProgram(lines, ports, options)
    try {
      await broker.program.until('stderr', / running\n/)
      return broker
    } catch (error) {
      if (attempt === ATTEMPTS || !broker.program.stderr.includes('Error: Address already in use')) throw error
    }
  }
}

/** A connected client. */
export class Guest {
  readonly connack: IConnackPacket
  /** `topic payload`, with ` r` behind a retained one, in the order of their coming. */
  readonly messages: string[] = []
  readonly packets: IPublishPacket[] = []
  readonly #client: MqttClient
  /** Reason Code of a DISCONNECT that came; null = none. */
  told: number | null = null
  #isClosed = false

  constructor(client: MqttClient, connack: IConnackPacket) {
    this.#client = client
    this.connack = connack
    client.on('disconnect', ({ reasonCode }) => {
      this.told = reasonCode ?? 0
    })
    client.on('close', () => {
      this.#isClosed = true
    })
  }

  heard(topic: string, payload: Buffer, packet: IPublishPacket): void {
    this.messages.push(`${topic} ${payload.toString()}${packet.retain ? ' r' : ''}`)
    this.packets.push(packet)
  }

  /** What was granted; 128 and more = refused. */
  async subscribe(filter: string, qos: 0 | 1 | 2 = 0, properties: { readonly subscriptionIdentifier?: number } = {}): Promise<number> {
    return await new Promise((resolve, reject) =>
      this.#client.subscribe(filter, { qos, properties }, (error, granted, packet) => {
        const [code] = (packet?.granted ?? []) as number[]
        if (code !== undefined) resolve(code)
        else if (error === null) resolve(granted?.[0]?.qos ?? -1)
        else reject(error)
      }),
    )
  }

  /** The Reason Code of UNSUBACK; 0 in 3.x. */
  async unsubscribe(filter: string): Promise<number> {
    return await new Promise((resolve, reject) =>
      this.#client.unsubscribe(filter, (error, packet) => {
        const codes = (packet as { granted?: number[]; reasonCode?: number } | undefined)?.granted
        if (codes !== undefined || error === null || error === undefined) resolve(codes?.[0] ?? 0)
        else reject(error)
      }),
    )
  }

  /** The Reason Code of the acknowledgement; 0 in 3.x. */
  async publish(topic: string, payload: string | Buffer, options: IClientPublishOptions = {}): Promise<number> {
    return await new Promise((resolve, reject) =>
      this.#client.publish(topic, payload, { qos: 1, ...options }, (error, packet) => {
        const code = (error as { code?: number } | null)?.code ?? (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0
        if (typeof code === 'number') resolve(code)
        else reject(error as Error)
      }),
    )
  }

  /** Publishes without waiting for anything. */
  send(topic: string, payload: string | Buffer, options: IClientPublishOptions = {}): void {
    this.#client.publish(topic, payload, options, () => {})
  }

  /** The messages, once there are so many. */
  async got(count: number): Promise<readonly string[]> {
    await expect.poll(() => this.messages.length, { timeout: PATIENCE_MS }).toBeGreaterThanOrEqual(count)
    return this.messages
  }

  /** Once the broker has closed; the Reason Code of its DISCONNECT. */
  async ended(): Promise<number | null> {
    await expect.poll(() => this.#isClosed, { timeout: PATIENCE_MS }).toBe(true)
    return this.told
  }

  get isConnected(): boolean {
    return !this.#isClosed
  }

  async leave(): Promise<void> {
    await this.#client.endAsync()
  }

  /** The connection ends without a word. */
  async cut(): Promise<void> {
    const closed = once(this.#client as unknown as EventEmitter, 'close')
    this.#client.stream.destroy()
    await closed
  }
}

/** Rejects with the CONNACK's code as `code`, or with what was wrong with the connection. */
export async function guest(port: number, options: IClientOptions = {}): Promise<Guest> {
  const client = mqtt.connect(`${options.protocol ?? 'mqtt'}://localhost:${port}`, { reconnectPeriod: 0, manualConnect: true, ...options })
  onTestFinished(() => void client.end(true))
  let made: Guest | null = null
  const early: Parameters<Guest['heard']>[] = []
  client.on('message', (...message) => (made === null ? void early.push(message) : made.heard(...message)))
  const connack = await new Promise<IConnackPacket>((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed without CONNACK')))
    client.connect()
  })
  client.on('error', () => {})
  made = new Guest(client, connack)
  for (const message of early) made.heard(...message)
  return made
}

/** `welcome`, the code of the CONNACK that refuses, or what else ended it. */
export async function answer(port: number, options: IClientOptions = {}): Promise<'welcome' | number | string> {
  try {
    await (await guest(port, options)).leave()
    return 'welcome'
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    return typeof code === 'number' ? code : message
  }
}

/** A password file with these users and their passwords, hashed in little time. */
export function passwordFile(...users: readonly (readonly [string, string])[]): string {
  return users
    .map(([user, word]) => {
      const salt = randomBytes(12)
      return `${user}:$7$10$${salt.toString('base64')}$${pbkdf2Sync(word, salt, 10, 64, 'sha512').toString('base64')}\n`
    })
    .join('')
}

/** One of our commands, run to its end. */
export async function command(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const program = startProgram(args)
  const code = await program.ended()
  return { code, out: program.stdout, err: program.stderr }
}
