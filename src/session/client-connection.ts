// The client's side of one Network Connection: CONNECT, then what is allowed when. No I/O, no clock of its own.
// Fed by its Link through `received`; tells ClientEvents; what outlives it is in client-session.ts.

import type { Clock } from '../base/clock.ts'
import { Deadline } from '../base/deadlines.ts'
import type { Link, Receiver } from '../base/link.ts'
import { ProtocolError, UsageError } from '../wire/errors.ts'
import { decodeFromServer } from '../wire/mqtt/decode.ts'
import { Framer, type FrameSink } from '../wire/mqtt/framer.ts'
import type {
  Connack,
  Disconnect,
  Packet,
  ProtocolVersion,
  Publish,
  PublishAcknowledgement,
  Suback,
  Subscribe,
  SubscriptionRequest,
  Unsuback,
  Unsubscribe,
} from '../wire/mqtt/packet.ts'
import { clientPacketSizes } from '../wire/mqtt/packet-sizes.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import { PublishReader } from '../wire/mqtt/read-publish.ts'
import { senderMayUse } from '../wire/mqtt/reason-codes.ts'
import { IncomingAliases } from './client-aliases.ts'
import { AuthenticationRun } from './client-authentication.ts'
import type { ClientConnectionOptions, ClientEnd, ClientEndCause, ClientEvents, DeadlineKeeper, OutgoingMessage } from './client-effects.ts'
import { ClientKeepAlive } from './client-keep-alive.ts'
import { checkSubscribe, LimitError, type ServerLimits, serverLimits } from './client-limits.ts'
import type { BorrowedSession } from './client-session.ts'
import { ClientWriter } from './client-writer.ts'

/** Packets that may carry a Reason String and User Properties although we asked for none [MQTT-3.1.2-29]. */
const ALWAYS_EXPLAINED: ReadonlySet<number> = new Set([PacketType.Publish, PacketType.Connack, PacketType.Disconnect])

/** Bytes: below this Maximum Packet Size we could not even acknowledge. */
const SMALLEST_USEFUL = 8

/** Until CONNACK, from then on, and when nothing is handled or sent any more. */
type State = 'connecting' | 'connected' | 'ended'

export class ClientConnection implements Receiver, FrameSink {
  readonly #link: Link
  readonly #session: BorrowedSession
  readonly #options: ClientConnectionOptions
  readonly #clock: Clock
  readonly #deadlines: DeadlineKeeper
  readonly #events: ClientEvents
  readonly #version: ProtocolVersion
  readonly #framer: Framer
  readonly #reader = new PublishReader()
  readonly #writer: ClientWriter
  readonly #authentication: AuthenticationRun
  readonly #aliases: IncomingAliases
  readonly #connectDeadline: Deadline = new Deadline(() => this.#cut('timeout'))
  /** SUBSCRIBE and UNSUBSCRIBE without an answer yet. */
  readonly #requests = new Map<number, Subscribe | Unsubscribe>()
  #state: State = 'connecting'
  #keepAlive: ClientKeepAlive | null = null
  #limits: ServerLimits | null = null
  #end: ClientEnd | null = null
  #closed = false

  constructor(link: Link, session: BorrowedSession, options: ClientConnectionOptions, clock: Clock, deadlines: DeadlineKeeper, events: ClientEvents) {
    this.#link = link
    this.#session = session
    this.#options = options
    this.#clock = clock
    this.#deadlines = deadlines
    this.#events = events
    const { version, properties } = options.connect
    this.#version = version
    const sizes = clientPacketSizes(properties.maximumPacketSize ?? options.maximumPacketSize, version)
    this.#framer = new Framer(sizes.before, this.#reader.decodeHead, 'server')
    this.#framer.version = version === 5 ? 5 : 4
    this.#aliases = new IncomingAliases(properties.topicAliasMaximum ?? 0)
    this.#writer = new ClientWriter(link.output, options, events, () => this.#keepAlive?.sent())
    this.#authentication = new AuthenticationRun(options.authentication, {
      send: (packet) => this.#writer.send(packet),
      failed: (error) => this.#say('authentication', 0x80, error, NO_PROPERTIES),
      reauthenticated: () => events.reauthenticated(),
    })
  }

  /** What the server announced; null before CONNACK and after the end. */
  get limits(): ServerLimits | null {
    return this.#state === 'connected' ? this.#limits : null
  }

  /** Sends CONNECT, as the first packet [MQTT-3.1.0-1]. Once. Throws UsageError for a CONNECT that cannot be encoded. */
  open(): void {
    const { connect, authentication, connectTimeoutMs } = this.#options
    if (connectTimeoutMs > 0) this.#deadlines.set(this.#connectDeadline, this.#clock.now() + connectTimeoutMs)
    if (authentication === null) {
      this.#writer.send(connect)
      return
    }
    this.#authentication.begin((data) => {
      const properties = { ...connect.properties, authenticationMethod: authentication.method }
      this.#writer.send({ ...connect, properties: data === null ? properties : { ...properties, authenticationData: data } })
    })
  }

  /** Sends what waits in the session, as far as it may be sent. To be called after adding a message. */
  pump(): void {
    if (this.#state === 'connected') this.#session.outgoing.pump(this.#writer)
  }

  /** Sends a QoS 0 message at once, without an event; false = it would have to wait. Throws UsageError and LimitError. */
  publishNow(message: OutgoingMessage): boolean {
    return this.#state === 'connected' && this.#session.outgoing.sendNow?.(message, this.#writer) === true
  }

  /** Returns the Packet Identifier that `suback` will bear. Throws UsageError and LimitError. */
  subscribe(subscriptions: readonly SubscriptionRequest[], properties: Properties = NO_PROPERTIES): number {
    const refusal = checkSubscribe(this.#connected('SUBSCRIBE'), subscriptions, properties)
    if (refusal !== null) throw refusal
    return this.#request((packetId) => ({ type: PacketType.Subscribe, packetId, subscriptions, properties }))
  }

  /** Returns the Packet Identifier that `unsuback` will bear. Throws UsageError. */
  unsubscribe(topicFilters: readonly string[], properties: Properties = NO_PROPERTIES): number {
    this.#connected('UNSUBSCRIBE')
    return this.#request((packetId) => ({ type: PacketType.Unsubscribe, packetId, topicFilters, properties }))
  }

  /** Asks for a sign of life now; the connection ends if none comes. Throws UsageError. */
  ping(): void {
    this.#connected('PINGREQ')
    this.#writer.send({ type: PacketType.Pingreq })
    this.#keepAlive!.pinged()
  }

  /** Authenticates again, with the method of CONNECT [section 4.12.1]. Throws UsageError. */
  reauthenticate(): void {
    this.#connected('AUTH')
    this.#authentication.again()
  }

  /** Says DISCONNECT and closes when it is written; `closed` follows. Throws UsageError for a code or property that does not belong there. */
  disconnect(reasonCode = 0, properties: Properties = NO_PROPERTIES): void {
    const interval = properties.sessionExpiryInterval ?? 0
    if (interval > 0 && (this.#options.connect.properties.sessionExpiryInterval ?? 0) === 0) {
      // [section 3.14.2.2.2]
      throw new UsageError(`Session Expiry Interval ${interval} in DISCONNECT: CONNECT asked for none`)
    }
    this.#say('disconnect', reasonCode, null, properties)
  }

  /** Cuts the connection, so that the server publishes the will. After our DISCONNECT: does not wait for the server any longer. */
  destroy(): void {
    if (this.#state === 'ended') this.#link.destroy()
    else this.#cut('destroyed')
  }

  /** Stops reading. PINGREQ is still sent, but no answer expected. */
  pause(): void {
    if (this.#state === 'ended') return
    this.#keepAlive?.pause()
    this.#link.pause()
  }

  resume(): void {
    if (this.#state === 'ended') return
    this.#keepAlive?.resume()
    this.#link.resume()
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === 'ended') return
    this.#keepAlive?.received()
    this.#guarded(() => this.#framer.feed(bytes, start, end, this))
  }

  drained(): void {
    this.pump()
  }

  closed(error: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#finish('network', 0, error)
    this.#session.incoming.end()
    for (const packetId of this.#requests.keys()) this.#session.packetIds.give(packetId)
    this.#requests.clear()
    this.#events.closed(this.#end!)
  }

  publishes(run: PublishRun): void {
    const first = this.#aliases.named(this.#reader.first!)
    this.#publish(first)
    for (let i = run.from + 1; i < run.to && this.#state !== 'ended'; i++) this.#publish(this.#reader.repeat(first, run, i)) // nothing needs decoding again
  }

  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void {
    for (let i = 0; i < count && this.#state !== 'ended'; i++) {
      const body = at + i * 4 + 2
      const packetId = (bytes[body]! << 8) | bytes[body + 1]!
      this.#handle({ type: (header >> 4) as PublishAcknowledgement['type'], packetId, reasonCode: 0, properties: NO_PROPERTIES })
    }
    this.pump() // quota may have come back
  }

  packet(header: number, bytes: Uint8Array, at: number, end: number): void {
    // A server that knows nothing of 5.0 refuses it in the old form.
    const old = this.#version === 5 && header === 0x20 && end - at === 2 && bytes[at + 1] !== 0
    this.#handle(decodeFromServer(header, bytes, at, end, old ? 4 : this.#version))
    this.pump() // an acknowledgement gives quota back, and Packet Identifiers
  }

  #handle(packet: Packet): void {
    this.#options.trace?.received(packet)
    this.#checkExplanation(packet)
    switch (packet.type) {
      case PacketType.Connack:
        this.#connack(packet)
        return
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubcomp:
        this.#session.outgoing.acknowledged(packet, this.#writer)
        return
      case PacketType.Pubrel:
        this.#session.incoming.release(packet.packetId)
        return
      case PacketType.Suback:
      case PacketType.Unsuback:
        this.#answered(packet)
        return
      case PacketType.Pingresp:
        this.#keepAlive!.answered()
        return
      case PacketType.Disconnect:
        this.#disconnected(packet)
        return
      case PacketType.Auth:
        this.#authentication.received(packet)
        return
      default:
        throw new ProtocolError(0x82, `packet type ${packet.type} from a server`, 'MQTT-4.13.1-1')
    }
  }

  #publish(publish: Publish): void {
    this.#options.trace?.received(publish)
    this.#session.incoming.receive(publish)
  }

  #connack(connack: Connack): void {
    const { connect } = this.#options
    if (connack.reasonCode !== 0) {
      this.#finish('refused', connack.reasonCode, null)
      this.#events.refused(connack)
      this.#link.end()
      return
    }
    // The first packet is the only CONNACK [MQTT-3.2.0-1, MQTT-3.2.0-2]: from here on the table of sizes forbids another.
    this.#framer.maximum = clientPacketSizes(connect.properties.maximumPacketSize ?? this.#options.maximumPacketSize, this.#version).after
    if (connack.sessionPresent && connect.cleanStart && this.#version !== 3) {
      throw new ProtocolError(0x82, 'Session Present after Clean Start', 'MQTT-3.2.2-4') // [MQTT-3.2.2-4]
    }
    if (connack.properties.assignedClientIdentifier !== undefined && connect.clientId !== '') {
      throw new ProtocolError(0x82, `Assigned Client Identifier ${connack.properties.assignedClientIdentifier}, we are ${connect.clientId}`, 'MQTT-3.2.2-16')
    }
    const largest = connack.properties.maximumPacketSize ?? SMALLEST_USEFUL
    if (largest < SMALLEST_USEFUL) throw new ProtocolError(0x83, `Maximum Packet Size ${largest}: no acknowledgement fits`, 'MQTT-3.2.2-15')
    this.#framer.hold() // what follows waits for the judgement of CONNACK's Authentication Data
    this.#authentication.accepted(connack, () => {
      this.#welcome(connack)
      this.#guarded(() => this.#framer.release(this))
    })
  }

  #welcome(connack: Connack): void {
    const { connect, maximumInflight, pingTimeoutMs } = this.#options
    const limits = serverLimits(connect, connack)
    const session = this.#session
    const quota = Math.min(maximumInflight > 0 ? maximumInflight : 65535, limits.receiveMaximum)
    this.#deadlines.cancel(this.#connectDeadline)
    this.#state = 'connected'
    this.#limits = limits
    this.#writer.accepted(limits)
    this.#keepAlive = new ClientKeepAlive(limits.keepAlive, pingTimeoutMs, this.#clock, this.#deadlines, {
      sendPingreq: () => this.#writer.send({ type: PacketType.Pingreq }),
      silent: () => this.#cut('keep-alive'),
    })
    // 3.1 does not say whether there is a session: it is there unless we asked for a new one.
    const kept = this.#version === 3 ? !connect.cleanStart : connack.sessionPresent
    session.incoming.begin(kept, this.#version === 5 ? (connect.properties.receiveMaximum ?? 65535) : 65535, this.#writer)
    if (kept) session.outgoing.resume(quota, this.#writer)
    else session.outgoing.restart(quota, this.#writer) // [MQTT-3.2.2-5]
    this.#events.connected(connack)
    this.pump()
  }

  #answered(packet: Suback | Unsuback): void {
    const request = this.#requests.get(packet.packetId)
    const expected = packet.type === PacketType.Suback ? PacketType.Subscribe : PacketType.Unsubscribe
    if (request?.type !== expected)
      throw new ProtocolError(0x82, `packet type ${packet.type} for Packet Identifier ${packet.packetId}, which awaits none`, 'MQTT-2.2.1-6')
    const count = request.type === PacketType.Subscribe ? request.subscriptions.length : this.#version === 5 ? request.topicFilters.length : 0
    if (packet.reasonCodes.length !== count) {
      // [MQTT-3.9.3-1, MQTT-3.11.3-1]
      throw new ProtocolError(
        0x82,
        `${packet.reasonCodes.length} Reason Codes for ${count} Topic Filters`,
        packet.type === PacketType.Suback ? 'MQTT-3.9.3-1' : 'MQTT-3.11.3-1',
      )
    }
    this.#requests.delete(packet.packetId)
    this.#session.packetIds.give(packet.packetId)
    if (packet.type === PacketType.Suback) this.#events.suback(packet, request as Subscribe)
    else this.#events.unsuback(packet, request as Unsubscribe)
  }

  #disconnected(packet: Disconnect): void {
    this.#finish('server-disconnect', packet.reasonCode, null)
    this.#events.disconnected(packet)
    this.#link.end()
  }

  #checkExplanation(packet: Packet): void {
    if (this.#options.connect.properties.requestProblemInformation !== 0 || ALWAYS_EXPLAINED.has(packet.type) || !('properties' in packet)) return
    if (packet.properties.reasonString !== undefined || packet.properties.userProperties !== undefined) {
      throw new ProtocolError(0x82, 'Reason String or User Property: we asked for none', 'MQTT-3.1.2-29')
    }
  }

  #connected(what: string): ServerLimits {
    if (this.#state !== 'connected') throw new UsageError(`${what}: not connected`)
    return this.#limits!
  }

  #request(make: (packetId: number) => Subscribe | Unsubscribe): number {
    const packetId = this.#session.packetIds.take()
    if (packetId === 0) throw new UsageError('all 65535 Packet Identifiers are in use: wait for acknowledgements')
    const packet = make(packetId)
    this.#requests.set(packetId, packet)
    try {
      this.#writer.send(packet)
    } catch (error) {
      this.#requests.delete(packetId)
      this.#session.packetIds.give(packetId)
      throw error
    }
    return packetId
  }

  /** What the server does wrong ends the connection; what our own side does wrong goes through. */
  #guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const isSayable = senderMayUse(error.reasonCode, PacketType.Disconnect, 'client')
      this.#say('protocol-error', isSayable ? error.reasonCode : 0x80, error, NO_PROPERTIES)
    }
  }

  /** DISCONNECT as the last packet [MQTT-3.14.4-2]. 3.x has no Reason Codes: there a fault closes without a word, so that the will is published. */
  #say(cause: ClientEndCause, reasonCode: number, error: Error | null, properties: Properties): void {
    if (this.#state === 'ended') return
    if (this.#version === 5 || cause === 'disconnect') {
      this.#goodbye(this.#version === 5 ? reasonCode : 0, properties)
    }
    this.#finish(cause, reasonCode, error)
    this.#link.end()
  }

  /** Without properties where the server takes no packet large enough: two or three bytes always fit. */
  #goodbye(reasonCode: number, properties: Properties): void {
    try {
      this.#writer.send({ type: PacketType.Disconnect, reasonCode, properties })
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      this.#writer.send({ type: PacketType.Disconnect, reasonCode, properties: NO_PROPERTIES })
    }
  }

  #cut(cause: ClientEndCause): void {
    if (this.#state === 'ended') return
    this.#finish(cause, 0, null)
    this.#link.destroy()
  }

  #finish(cause: ClientEndCause, reasonCode: number, error: Error | null): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#end = { cause, reasonCode, error }
    this.#framer.stop()
    this.#writer.end()
    this.#authentication.end()
    this.#keepAlive?.stop()
    this.#deadlines.cancel(this.#connectDeadline)
  }
}
