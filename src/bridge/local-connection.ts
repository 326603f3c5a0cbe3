// A bridge as a client of its own broker, in memory: MQTT 5.0 bytes through the same door as everybody's, answered in the same call.
// Held back until `start`, so that nothing leaves the session's queue while nobody is there to take it.

import type { Link, Peer, Receiver } from '../base/link.ts'
import { type BytePool, OutputBuffer } from '../base/output-buffer.ts'
import type { BrokerMessage } from '../broker/inner-publishes.ts'
import type { Limits } from '../broker/limits.ts'
import { decodePacket } from '../wire/mqtt/decode.ts'
import { decodePublishHead } from '../wire/mqtt/decode-publish.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import { Framer, type FrameSink } from '../wire/mqtt/framer.ts'
import {
  type Connect,
  isPublishAcknowledgement,
  type Packet,
  PacketType,
  type Publish,
  type PublishAcknowledgement,
  type SubscriptionRequest,
} from '../wire/mqtt/packet.ts'
import { clientPacketSizes } from '../wire/mqtt/packet-sizes.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import { isShared } from '../wire/mqtt/topics.ts'
import type { FilterWithQos } from './topic-map.ts'

/** Our broker, as a bridge needs it. */
export interface LocalBroker {
  /** By the rules that hold for this bridge. */
  accept(link: Link): Receiver
  /** What the broker keeps for a Client Identifier; null = nothing. */
  session(clientId: string): LocalSession | null
  /** In the broker's own name. */
  publish(message: BrokerMessage): void
  /** As they are now. */
  readonly limits: Pick<Limits, 'maximumPacketSize' | 'maximumTopicLevels' | 'retainAvailable'>
  /** No memory for more messages: what is refused now may be welcome later. */
  readonly isFull: boolean
}

/** A broker's session, as far as a bridge looks into it. */
export interface LocalSession {
  readonly queue: { readonly messages: number; readonly bytes: number }
  readonly subscriptions: ReadonlyMap<string, unknown>
  readonly outgoing: { readonly nextId: number; quota: number }
  readonly incoming: { readonly unreleasedIds: readonly number[] }
}

/** What the broker sends to the bridge. */
export interface LocalEvents {
  /** False while the other side takes nothing: then nothing more comes until `release`. */
  isWritable(): boolean
  publish(packet: Publish): void
  /** PUBACK, PUBREC and PUBCOMP of what came in, PUBREL of what goes out. */
  acknowledgement(packet: PublishAcknowledgement): void
  /** The broker reads no more for a while. */
  pause(): void
  resume(): void
  /** The broker has ended the connection, or a fault of ours did: nothing comes any more. */
  ended(fault: Error | null): void
}

export interface LocalIdentity {
  readonly clientId: string
  readonly userName: string | null
  readonly password: string | null
  /** The broker forgets the session with the connection. */
  readonly isClean: boolean
}

/** Of every bridge on its own broker. */
export const BRIDGE_PEER: Peer = {
  transport: 'memory',
  address: '',
  port: 0,
  localPort: 0,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}
const FOR_EVER = 0xffffffff
/** Bytes on their way to the other side, beyond which messages wait in the session. */
const HIGH_WATER = 262144
/** Reason Code of one who got no answer. */
const UNAVAILABLE = 0x88

export class LocalConnection implements FrameSink {
  readonly #identity: LocalIdentity
  readonly #broker: LocalBroker
  readonly #events: LocalEvents
  readonly #later: (work: () => void) => void
  readonly #pool: BytePool
  readonly #output: OutputBuffer
  readonly #framer: Framer
  readonly #receiver: Receiver
  #answer: Packet | null = null
  #fault: Error | null = null
  #isOver = false
  #isClosing = false

  /** Connects at once. `later` runs work behind the present call; `pool` is not the broker's, which counts what is sent. */
  constructor(identity: LocalIdentity, broker: LocalBroker, events: LocalEvents, pool: BytePool, later: (work: () => void) => void) {
    this.#identity = identity
    this.#broker = broker
    this.#events = events
    this.#later = later
    this.#pool = pool
    const output = new OutputBuffer(pool, { schedule: () => later(() => this.#flush()), flushNow: () => {} })
    this.#output = output
    this.#block()
    const sizes = clientPacketSizes(0)
    this.#framer = new Framer(sizes.before, decodePublishHead, 'server')
    this.#framer.version = 5
    const over = (): void => this.#over()
    const whileHere = (tell: () => void) => (): void => {
      if (!this.#isOver) tell() // the other side may have another connection by now
    }
    const pause = whileHere(() => events.pause())
    const resume = whileHere(() => events.resume())
    this.#receiver = broker.accept({ peer: BRIDGE_PEER, output, pause, resume, end: over, destroy: over })
    const connack = this.#ask(this.#connect())
    this.reasonCode = connack?.type === PacketType.Connack ? connack.reasonCode : UNAVAILABLE
    this.#framer.maximum = sizes.after
  }

  /** Of CONNACK: 0 = connected. */
  readonly reasonCode: number

  get isOpen(): boolean {
    return !this.#isOver && this.reasonCode === 0
  }

  /** Subscribes to these filters and to nothing else; returns those that were refused. Retained messages come behind `start`, if at all. */
  subscribe(filters: readonly FilterWithQos[], withRetained: boolean): string[] {
    const wanted = new Set(filters.map(({ topicFilter }) => topicFilter))
    const old = [...(this.#broker.session(this.#identity.clientId)?.subscriptions.keys() ?? [])].filter((topicFilter) => !wanted.has(topicFilter))
    if (old.length > 0) this.#ask({ type: PacketType.Unsubscribe, packetId: 1, topicFilters: old, properties: NO_PROPERTIES })
    return filters.flatMap(({ topicFilter, qos }) => {
      // what the bridge brought in does not go out again; a shared subscription may not ask for that [MQTT-3.8.3-4]
      const request: SubscriptionRequest = { topicFilter, qos, noLocal: !isShared(topicFilter), retainAsPublished: true, retainHandling: withRetained ? 0 : 2 }
      const suback = this.#ask({ type: PacketType.Subscribe, packetId: 1, subscriptions: [request], properties: NO_PROPERTIES })
      return suback?.type === PacketType.Suback && suback.reasonCodes[0]! < 0x80 ? [] : [topicFilter]
    })
  }

  /** The session's messages may come, at most `quota` of them unacknowledged. */
  start(quota: number): void {
    const session = this.#broker.session(this.#identity.clientId)
    if (session !== null) session.outgoing.quota = Math.min(session.outgoing.quota, quota)
    this.release()
  }

  /** The other side takes messages again. */
  release(): void {
    if (this.#isOver || !this.#output.blocked) return
    this.#output.highWater = HIGH_WATER
    this.#output.blocked = false
    this.#receiver.drained()
    this.#flush()
  }

  send(packet: Packet): void {
    if (this.#isOver) return
    const bytes = encodePacket(packet, 5)
    this.#receiver.received(bytes, 0, bytes.length)
  }

  /** Ends the connection. The session goes on unless it is a clean one, or `forgets`. */
  close(forgets = false): void {
    if (this.#isOver) return
    this.#isClosing = true
    const properties = forgets && !this.#identity.isClean ? { sessionExpiryInterval: 0 } : NO_PROPERTIES
    this.send({ type: PacketType.Disconnect, reasonCode: 0, properties })
    this.#over()
  }

  publishes(run: PublishRun): void {
    for (let i = run.from; i < run.to; i++)
      this.#events.publish(decodePacket(run.header, run.bytes, run.bodies[i]!, run.starts[i + 1]!, 5, 'server') as Publish)
  }

  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void {
    for (let i = 0; i < count; i++) this.packet(header, bytes, at + i * 4 + 2, at + i * 4 + 4)
  }

  packet(header: number, bytes: Uint8Array, at: number, end: number): void {
    const packet = decodePacket(header, bytes, at, end, 5, 'server')
    if (isPublishAcknowledgement(packet)) this.#events.acknowledgement(packet as PublishAcknowledgement)
    else this.#answer = packet // DISCONNECT says nothing that `ended` does not
  }

  #connect(): Connect {
    const { clientId, userName, password, isClean } = this.#identity
    return {
      type: PacketType.Connect,
      version: 5,
      bridge: false,
      cleanStart: isClean,
      keepAlive: 0,
      clientId,
      will: null,
      userName,
      password: password === null ? null : new TextEncoder().encode(password),
      properties: isClean ? NO_PROPERTIES : { sessionExpiryInterval: FOR_EVER },
    }
  }

  /** Sends what the broker answers at once; null = it did not. Only while held back: nothing but answers is on its way then. */
  #ask(packet: Packet): Packet | null {
    this.#answer = null
    this.send(packet)
    this.#output.release(Number.MAX_SAFE_INTEGER) // it is the broker's own, and asks again after a restart: no need to wait for the store
    this.#read()
    return this.#answer
  }

  /** Runs outside any call: nobody else would catch what is thrown here. */
  #flush(): void {
    try {
      while (!this.#isOver && !this.#output.blocked && this.#output.ready > 0) {
        if (this.#events.isWritable()) this.#read()
        else this.#block()
      }
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error))
      this.#over()
    }
  }

  /** From now on everything waits in the session. */
  #block(): void {
    this.#output.blocked = true
    this.#output.highWater = 0
  }

  /** What waits for the store stays. */
  #read(): void {
    const { ready } = this.#output
    if (ready === 0) return
    const block = this.#output.take()
    try {
      this.#framer.feed(block.bytes, block.start, block.start + ready, this)
    } finally {
      this.#pool.give(block)
    }
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#output.closed = true
    this.#later(() => {
      this.#output.drop()
      this.#receiver.closed(null) // behind the present call: the broker may be in the midst of it
    })
    if (!this.#isClosing) this.#events.ended(this.#fault)
  }
}
