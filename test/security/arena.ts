// Where the rows of docs/security.md are fought: a broker on loopback, an honest pair that goes on exchanging QoS 0, 1 and 2, and attackers with raw sockets.
// After each row nothing of the attackers is left: no connection, no session, no subscription, no stored byte; and the log has told each of them once.

import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { LogSubject, LogType } from '../../src/base/log.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion, type Qos } from '../../src/wire/mqtt/packet.ts'
import { RawClient } from '../interop/support/raw-client.ts'
import { bytesOf, connectFrame, type Part } from '../support/raw-packets.ts'
import { lineOf } from '../support/test-broker.ts'

const PATIENCE_MS = 5000
/** Faults that the log tells in full in one second. */
const TOLD_PER_SECOND = 20
const LOOPBACK = { port: 0, host: '127.0.0.1' } as const
const TOPIC = 'honest'
const PING: readonly number[] = [0xc0, 0]

export interface Told {
  readonly type: LogType
  readonly line: string
  readonly about: LogSubject | undefined
}

/** Waits until `holds`, looking anew every few milliseconds. */
export async function until(holds: () => boolean, what: string, timeoutMs = PATIENCE_MS): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Bytes that live objects hold, after a garbage collection. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** A raw connection that says whatever it likes. */
export class Attacker {
  readonly socket: Socket
  isClosed = false
  /** Its own end. */
  localPort = 0
  /** Everything that came. */
  bytes: Buffer = Buffer.alloc(0)

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setNoDelay(true)
    this.socket.once('connect', () => (this.localPort = this.socket.localPort ?? 0))
    this.socket.on('error', () => {}).on('close', () => (this.isClosed = true))
    this.socket.on('data', (chunk: Buffer) => (this.bytes = Buffer.concat([this.bytes, chunk])))
  }

  write(...parts: readonly Part[]): void {
    if (this.socket.destroyed) return
    for (const part of parts) this.socket.write(part instanceof Uint8Array ? part : Uint8Array.from(bytesOf(part)))
  }

  send(version: ProtocolVersion, ...packets: readonly Packet[]): void {
    this.write(...packets.map((packet) => encodePacket(packet, version)))
  }

  /** Packets that came, as lines; properties of CONNACK left out. */
  lines(version: ProtocolVersion): string[] {
    return packetsIn(this.bytes, version).map((packet) => lineOf(packet.type === PacketType.Connack ? { ...packet, properties: {} } : packet))
  }

  /** Until the broker has closed. */
  async closed(timeoutMs: number = PATIENCE_MS): Promise<void> {
    await until(() => this.isClosed, 'the broker closes the connection', timeoutMs)
  }

  leave(): void {
    this.socket.destroy()
  }
}

export class Arena {
  readonly running: RunningBroker
  readonly told: Told[]
  /** Every attacker so far. */
  readonly attackers: Attacker[] = []
  /** Pairs of messages of the honest clients that have arrived. */
  exchanges = 0
  readonly #reader: RawClient
  readonly #writer: RawClient
  readonly #subscriptions: number
  #faults = 0

  private constructor(running: RunningBroker, told: Told[], reader: RawClient, writer: RawClient) {
    this.running = running
    this.told = told
    this.#reader = reader
    this.#writer = writer
    this.#subscriptions = running.broker.counters.subscriptions
  }

  static async start(options: StartBrokerOptions = {}): Promise<Arena> {
    const told: Told[] = []
    const running = await startBroker({
      listeners: [LOOPBACK],
      log: { write: (type, line, about) => void told.push({ type, line, about }) },
      ...options,
      limits: { sysInterval: 0, ...options.limits },
    })
    const port = running.port
    const reader = await RawClient.connect(port, { version: 5, clientId: 'honest-reader', userName: 'honest' })
    const writer = await RawClient.connect(port, { version: 4, clientId: 'honest-writer', userName: 'honest' })
    await reader.subscribe([{ topicFilter: TOPIC, qos: 2 }])
    reader.take()
    writer.take()
    return new Arena(running, told, reader, writer)
  }

  get port(): number {
    return this.running.port
  }

  /** The honest pair: one message of each QoS, each arrives once. */
  async exchange(): Promise<void> {
    const payload = String(this.exchanges)
    for (const qos of [0, 1, 2] as const satisfies readonly Qos[]) expect(await this.#writer.publish({ topicName: TOPIC, payload, qos })).toBe(0)
    const reader = this.#reader
    await reader.until(() => reader.seen(PacketType.Publish) >= 3 && reader.seen(PacketType.Pubrel) >= 1, 'the messages of the honest pair')
    const came = reader.take().flatMap((packet) => (packet.type === PacketType.Publish ? [`${packet.qos} ${Buffer.from(packet.payload).toString()}`] : []))
    expect(came).toEqual([`0 ${payload}`, `1 ${payload}`, `2 ${payload}`])
    this.#writer.take()
    this.exchanges++
  }

  /** A connection that has said nothing yet. */
  attacker(port: number = this.port): Attacker {
    const attacker = new Attacker(port)
    this.attackers.push(attacker)
    return attacker
  }

  /** A connection whose CONNECT was accepted. */
  async connected(version: ProtocolVersion, fields: Parameters<typeof connectFrame>[1] = {}, port: number = this.port): Promise<Attacker> {
    const attacker = this.attacker(port)
    attacker.write(connectFrame(version, { clientId: `attacker-${this.attackers.length}`, ...fields }))
    await until(() => attacker.bytes.length >= 4 || attacker.isClosed, 'CONNACK')
    expect(attacker.lines(version)[0]).toMatch(/^CONNACK [01] 0$/)
    attacker.bytes = Buffer.alloc(0)
    return attacker
  }

  /**
   * Sends `bytes` first thing or behind an accepted CONNECT, and a PINGREQ behind them:
   * what was answered, and whether the broker `closed` or the connection is still `open`.
   */
  async reaction(bytes: readonly Part[], version: ProtocolVersion, state: 'first' | 'connected' = 'connected'): Promise<string> {
    const attacker = state === 'first' ? this.attacker() : await this.connected(version)
    const isAlive = (): boolean => attacker.bytes.at(-2) === 0xd0
    attacker.write(bytesOf(...bytes, PING))
    await until(() => attacker.isClosed || isAlive(), 'an answer')
    const lines = attacker.lines(version).filter((line) => line !== 'PINGRESP')
    if (attacker.isClosed) {
      await this.#toldOnce(attacker)
      return [...lines, 'closed'].join(', ')
    }
    attacker.leave()
    return [...lines, 'open'].join(', ')
  }

  /** Lines about one attacker, but for those of coming. */
  linesAbout(attacker: Attacker): string[] {
    return this.told
      .filter(({ type, line, about }) => type !== 'debug' && about?.address?.endsWith(`:${attacker.localPort}`) === true && !line.startsWith('New '))
      .map(({ line }) => line)
  }

  /** Cuts whoever is still there, and looks for what is left. */
  async aftermath(): Promise<void> {
    for (const attacker of this.attackers) attacker.leave()
    const { broker } = this.running
    await until(() => this.running.connections === 2, 'all attackers gone')
    await until(() => broker.slabs.outstanding === 0, 'stored bytes given back')
    expect({
      sessions: broker.sessionCount - 2,
      subscriptions: broker.counters.subscriptions + broker.counters.sharedSubscriptions - this.#subscriptions,
    }).toEqual({
      sessions: 0,
      subscriptions: 0,
    })
    await this.exchange()
  }

  async close(): Promise<void> {
    for (const attacker of this.attackers) attacker.leave()
    await Promise.all([this.#reader.cut(), this.#writer.cut()])
    await this.running.close()
  }

  /** What ends a connection is told in one line, with the line of its going at most two; a flood is told in part. */
  async #toldOnce(attacker: Attacker): Promise<void> {
    const isFree = ++this.#faults <= TOLD_PER_SECOND
    if (isFree) await until(() => this.linesAbout(attacker).length > 0, `a line about ${attacker.localPort} in ${JSON.stringify(this.told)}`)
    const lines = this.linesAbout(attacker)
    const faults = lines.filter((line) => !/^Client \S+ \[\S+\] disconnected/.test(line))
    expect(faults.length, lines.join('\n')).toBeLessThanOrEqual(1)
    expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(2)
  }
}

/** Registers the test of one row, null = of none: the honest pair goes on as long as `attack` does. */
export function row(number: number | null, title: string, attack: (arena: Arena) => Promise<void>, options: StartBrokerOptions = {}): void {
  test(number === null ? title : `row ${number}: ${title}`, { timeout: 30_000 }, async () => {
    const arena = await Arena.start(options)
    try {
      await arena.exchange()
      let isGoingOn = true
      const honest = (async () => {
        while (isGoingOn) {
          await arena.exchange()
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      })()
      honest.catch(() => {}) // told below, when the attack has ended
      try {
        await attack(arena)
      } finally {
        isGoingOn = false
      }
      await honest
      await arena.aftermath()
    } finally {
      await arena.close()
    }
  })
}

function packetsIn(bytes: Uint8Array, version: ProtocolVersion): Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length; ) {
    let length = 0
    let body = at + 1
    for (let shift = 0; ; shift += 7) {
      const digit = bytes[body++]
      if (digit === undefined) return packets // its rest is on the way
      length |= (digit & 127) << shift
      if (digit < 128) break
    }
    if (body + length > bytes.length) return packets
    packets.push(decodePacket(bytes[at]!, bytes, body, body + length, version, 'server'))
    at = body + length
  }
  return packets
}
