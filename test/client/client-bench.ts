// A client with a server in memory that answers the usual way, unless a test tells it otherwise.
// Time is the test's; `serve` lets both sides speak until they are silent.

import { Client } from '../../src/client/client.ts'
import type { MqttError } from '../../src/client/errors.ts'
import { type ConnectOptions, connectPacket, parseUrl } from '../../src/client/options.ts'
import type { Subscription } from '../../src/client/subscription.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connack, type Connect, type Packet, PacketType, type ProtocolVersion, type Publish } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'
import { ackOf, connackOf, ManualTimers, MemoryDialer, settle, show } from './scripted-server.ts'

export class Bench {
  readonly timers = new ManualTimers()
  readonly dialer = new MemoryDialer()
  readonly client: Client
  readonly version: ProtocolVersion
  /** What the client wrote. */
  readonly log: string[] = []
  readonly publishes: Publish[] = []
  readonly connects: Connect[] = []
  connack: Partial<Connack> = {}
  /** Answers to leave out, by packet type. */
  readonly silent = new Set<number>()
  reasonCode = 0
  #random = 0

  constructor(options: ConnectOptions = {}, url = 'mqtt://localhost') {
    this.version = options.version ?? 5
    this.client = new Client(
      { dial: this.dialer.dial, timers: this.timers, random: () => (this.#random += 0.01) % 1 },
      connectPacket(parseUrl(url), options),
      options,
    )
  }

  async open(): Promise<this> {
    const opened = this.client.open({})
    await this.serve()
    await opened
    return this
  }

  say(packet: Packet): void {
    this.dialer.last.give(encodePacket(packet, this.version))
  }

  /** Answers until the client says no more. */
  async serve(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await settle()
      for (const packet of this.dialer.last.sent(this.version)) {
        quiet = -1
        this.log.push(show(packet))
        if (packet.type === PacketType.Publish) this.publishes.push(packet)
        if (packet.type === PacketType.Connect) this.connects.push(packet)
        if (!this.silent.has(packet.type)) this.#answer(packet)
      }
      if (this.dialer.last.ended === 'end' && !this.dialer.last.output.closed) this.dialer.last.cut()
    }
    await settle()
  }

  async lose(ms = 1000): Promise<void> {
    this.dialer.last.cut()
    this.timers.pass(ms)
    await this.serve()
  }

  #answer(packet: Packet): void {
    const properties = NO_PROPERTIES
    const code = this.reasonCode
    switch (packet.type) {
      case PacketType.Connect:
        this.say(connackOf(this.connack))
        return
      case PacketType.Publish:
        if (packet.qos === 1) this.say(ackOf('puback', packet.packetId, code))
        if (packet.qos === 2) this.say(ackOf('pubrec', packet.packetId, code))
        return
      case PacketType.Pubrel:
        this.say(ackOf('pubcomp', packet.packetId))
        return
      case PacketType.Subscribe:
        this.say({ type: PacketType.Suback, packetId: packet.packetId, reasonCodes: packet.subscriptions.map(({ qos }) => code || qos), properties })
        return
      case PacketType.Unsubscribe:
        this.say({ type: PacketType.Unsuback, packetId: packet.packetId, reasonCodes: this.version === 5 ? packet.topicFilters.map(() => 0) : [], properties })
        return
      default:
    }
  }
}

/** The error of a promise that is to reject. */
export async function errorOf(promise: Promise<unknown>): Promise<MqttError> {
  try {
    await promise
  } catch (error) {
    return error as MqttError
  }
  throw new Error('it did not reject')
}

export async function subscribe(bench: Bench, filter: string, options: Parameters<Client['subscribe']>[1] = {}): Promise<Subscription> {
  const promise = bench.client.subscribe(filter, options)
  await bench.serve()
  return promise
}
