// A bridge between a broker in memory and a far end that the test plays, packet by packet, or that is another broker in memory.
// Time and chance are moved by hand; `settle` lets everything happen that is on its way.

import type { Accept, Link, Receiver } from '../../src/base/link.ts'
import { BytePool, OutputBuffer } from '../../src/base/output-buffer.ts'
import { Bridge, type BridgeOptions } from '../../src/bridge/bridge.ts'
import type { BridgeAddress, BridgeSettings } from '../../src/bridge/bridge-settings.ts'
import type { BrokerOptions } from '../../src/broker/broker.ts'
import type { Limits } from '../../src/broker/limits.ts'
import { ADMIT_ALL, type Authorizer, PERMIT_ALL } from '../../src/broker/ports.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connack, type Connect, type Packet, PacketType, type ProtocolVersion, type Publish } from '../../src/wire/mqtt/packet.ts'
import { ackOf, connackOf, ManualTimers, MemoryLink, publishOf } from '../client/scripted-server.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const decoder = new TextDecoder()

export const SETTINGS: BridgeSettings = {
  name: 'b',
  addresses: [{ host: 'far', port: 1883 }],
  topics: [{ pattern: '#', direction: 'both', qos: 2, localPrefix: '', remotePrefix: '' }],
  roundRobin: false,
  startType: 'automatic',
  idleTimeout: 60,
  threshold: 10,
  restartTimeout: { base: 5, cap: null, stable: 0 },
  keepAlive: 60,
  cleanSession: false,
  localCleanSession: false,
  remoteClientId: 'here.b',
  localClientId: 'local.here.b',
  remoteUserName: null,
  remotePassword: null,
  localUserName: null,
  localPassword: null,
  notifications: false,
  notificationsLocalOnly: false,
  notificationTopic: null,
  tryPrivate: true,
  attemptUnsubscribe: true,
  maximumPacketSize: 0,
  topicAliasMaximum: 10,
  receiveMaximum: 20,
  sessionExpiryInterval: null,
  outgoingRetain: true,
  protocolVersion: 4,
  reloadType: 'lazy',
}

/** `topic` lines in their order. */
export function topics(...lines: readonly string[]): BridgeSettings['topics'] {
  return lines.map((line) => {
    const [pattern = '', direction = 'out', qos = '0', local = '""', remote = '""'] = line.split(' ')
    const plain = (word: string): string => (word === '""' ? '' : word)
    return {
      pattern: plain(pattern) === '' ? null : pattern,
      direction: direction as 'in',
      qos: Number(qos) as 0,
      localPrefix: plain(local),
      remotePrefix: plain(remote),
    }
  })
}

export class BridgeBench {
  readonly near: TestBroker
  readonly timers = new ManualTimers()
  readonly log: string[] = []
  readonly dialled: string[] = []
  readonly links: MemoryLink[] = []
  /** Addresses that cannot be reached. */
  readonly unreachable = new Set<string>()
  /** What chance says. */
  chance = 0
  readonly bridge: Bridge
  /** Whom dials lead to; null = the test itself. */
  far: TestBroker | null = null
  readonly wires: Wire[] = []
  version: ProtocolVersion
  readonly #authorizer: Authorizer
  readonly #limits: Partial<Limits>

  constructor(
    settings: Partial<BridgeSettings> = {},
    options: Partial<BrokerOptions> & {
      readonly near?: TestBroker
      readonly far?: TestBroker
      readonly bridgeAuthorizer?: Authorizer
      readonly bridgeLimits?: Partial<Limits>
    } = {},
  ) {
    const { near, far, bridgeAuthorizer, bridgeLimits, ...brokerOptions } = options
    this.near = near ?? new TestBroker(brokerOptions)
    this.far = far ?? null
    this.#authorizer = bridgeAuthorizer ?? PERMIT_ALL
    this.#limits = bridgeLimits ?? {}
    this.version = settings.protocolVersion ?? SETTINGS.protocolVersion
    this.bridge = new Bridge(this.options(settings), {
      timers: this.timers,
      random: () => this.chance,
      log: { write: (type, line) => void this.log.push(`${type}: ${line}`) },
      later: queueMicrotask,
    })
    this.bridge.start()
  }

  options(settings: Partial<BridgeSettings> = {}): BridgeOptions {
    const { broker } = this.near
    const rules = this.near.rules({ authenticator: ADMIT_ALL, authorizer: this.#authorizer, limits: { maximumPacketSize: 268_435_460, ...this.#limits } })
    return {
      settings: { ...SETTINGS, ...settings },
      dial: (address, accept, signal) => this.#dial(address, accept, signal),
      local: {
        accept: (link) => broker.accept(link, rules),
        session: (clientId) => broker.sessions.get(clientId) ?? null,
        publish: (message) => broker.publish(message),
        limits: broker.limits,
        get isFull() {
          return broker.isFull || broker.isStoreFull
        },
      },
    }
  }

  get link(): MemoryLink {
    return this.links.at(-1)!
  }

  get wire(): Wire {
    return this.wires.at(-1)!
  }

  /** What the bridge has sent to the far end, one line each. */
  async sent(): Promise<string[]> {
    await settle()
    return this.link.sent(this.version).map(line)
  }

  /** The CONNECT of the present connection. */
  async connect(): Promise<Connect> {
    await settle()
    const [packet] = this.link.sent(this.version)
    if (packet?.type !== PacketType.Connect) throw new Error(`no CONNECT but ${packet === undefined ? 'nothing' : line(packet)}`)
    return packet
  }

  /** The far end speaks. */
  async say(...packets: readonly Packet[]): Promise<void> {
    for (const packet of packets) this.link.give(encodePacket(packet, this.version))
    await settle()
  }

  /** The far end lets the bridge in; returns what it then says. SUBSCRIBE and UNSUBSCRIBE are answered. */
  async welcome(connack: Partial<Connack> = {}): Promise<string[]> {
    await this.connect()
    await this.say(connackOf(connack))
    const packets = this.link.sent(this.version)
    for (const packet of packets) {
      if (packet.type === PacketType.Subscribe)
        await this.say({ type: PacketType.Suback, packetId: packet.packetId, reasonCodes: packet.subscriptions.map(({ qos }) => qos), properties: {} })
      if (packet.type === PacketType.Unsubscribe)
        await this.say({
          type: PacketType.Unsuback,
          packetId: packet.packetId,
          reasonCodes: this.version === 5 ? packet.topicFilters.map(() => 0) : [],
          properties: {},
        })
    }
    return packets.map(line)
  }

  /** The far end goes away, and `ms` pass. */
  async lose(ms = 5000): Promise<void> {
    this.link.cut()
    await settle()
    await this.pass(ms)
  }

  async pass(ms: number): Promise<void> {
    this.timers.pass(ms)
    await settle()
  }

  /** A message of the far end. */
  publish(topicName: string, payload: string, changes: Partial<Publish> = {}): Promise<void> {
    return this.say(publishOf(topicName, payload, changes))
  }

  acknowledge(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number, reasonCode = 0): Promise<void> {
    return this.say(ackOf(type, packetId, reasonCode))
  }

  #dial({ host, port }: BridgeAddress, accept: Accept, signal: AbortSignal): Promise<Link> {
    const name = `${host}:${port}`
    this.dialled.push(name)
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (this.unreachable.has(host)) return Promise.reject(new Error(`connect ECONNREFUSED ${name}`))
    if (this.far !== null) {
      const wire = new Wire(this.far, accept)
      this.wires.push(wire)
      return Promise.resolve(wire.near)
    }
    const link = new EndingLink()
    this.links.push(link)
    link.receiver = accept(link)
    return Promise.resolve(link)
  }
}

/** Tells its owner that it is closed, as sockets do, once it was ended. */
class EndingLink extends MemoryLink {
  override end(): void {
    if (this.ended !== null) return
    super.end()
    queueMicrotask(() => this.receiver?.closed(null))
  }

  override destroy(): void {
    if (this.ended !== null) return
    super.destroy()
    queueMicrotask(() => this.receiver?.closed(null))
  }
}

/** A connection in memory between a bridge and another broker; bytes cross behind the present call. */
export class Wire {
  readonly near: Link
  readonly #receivers: [Receiver | null, Receiver | null] = [null, null]
  #isCut = false

  constructor(far: TestBroker, accept: Accept) {
    const pool = new BytePool(1 << 16)
    const end = (to: 0 | 1): Link => {
      const output = new OutputBuffer(pool, { schedule: () => queueMicrotask(() => this.#carry(output, pool, to)), flushNow: () => {} })
      const close = (): void => {
        queueMicrotask(() => {
          this.#carry(output, pool, to)
          this.cut()
        })
      }
      const peer = { transport: 'memory', address: '', port: 0, localPort: 0, certificateName: null, certificateSubject: null } as const
      return { peer: { ...peer, pskIdentity: null, tlsVersion: null, cipher: null }, output, pause() {}, resume() {}, end: close, destroy: close }
    }
    this.near = end(1)
    this.#receivers[1] = far.broker.accept(end(0))
    this.#receivers[0] = accept(this.near)
  }

  /** Breaks; what is on its way is lost. */
  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    for (const receiver of this.#receivers) receiver?.closed(null)
  }

  #carry(output: OutputBuffer, pool: BytePool, to: 0 | 1): void {
    const { ready } = output
    if (ready === 0) return
    const block = output.take()
    if (!this.#isCut) this.#receivers[to]!.received(block.bytes, block.start, block.start + ready)
    pool.give(block)
  }
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve()
}

/** Takes the part of a client's broker messages that concern it: topic, payload, QoS, RETAIN. */
export function arrivals(client: TestClient): string[] {
  return client
    .received()
    .flatMap((packet) =>
      packet.type === PacketType.Publish ? [`${packet.topicName} ${decoder.decode(packet.payload)} q${packet.qos} r${packet.retain ? 1 : 0}`] : [],
    )
}

/** A packet in a few words. */
export function line(packet: Packet): string {
  switch (packet.type) {
    case PacketType.Publish:
      return `PUBLISH${packet.dup ? ' dup' : ''} q${packet.qos} r${packet.retain ? 1 : 0} m${packet.packetId} ${packet.topicName} ${decoder.decode(packet.payload)}`
    case PacketType.Subscribe:
      return `SUBSCRIBE ${packet.subscriptions.map(({ topicFilter, qos, noLocal, retainAsPublished }) => `${topicFilter} q${qos}${noLocal ? ' nl' : ''}${retainAsPublished ? ' rap' : ''}`).join()}`
    case PacketType.Unsubscribe:
      return `UNSUBSCRIBE ${packet.topicFilters.join()}`
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return `${['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'][packet.type - 4]} ${packet.packetId}${packet.reasonCode === 0 ? '' : ` 0x${packet.reasonCode.toString(16)}`}`
    case PacketType.Connect:
      return 'CONNECT'
    case PacketType.Disconnect:
      return 'DISCONNECT'
    case PacketType.Pingreq:
      return 'PINGREQ'
    default:
      return `packet ${packet.type}`
  }
}
