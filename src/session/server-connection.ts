// The server's side of one Network Connection: CONNECT first, then what is allowed when. No I/O, no clock of its own.
// Fed by a transport through Receiver; writes to its link's OutputBuffer; routes through the session that the host attached.

import { Deadline } from '../base/deadlines.ts'
import type { Link, Receiver } from '../base/link.ts'
import { ProtocolError } from '../wire/errors.ts'
import { decodePacket } from '../wire/mqtt/decode.ts'
import { decodePublishHead } from '../wire/mqtt/decode-publish.ts'
import { Framer, type FrameSink } from '../wire/mqtt/framer.ts'
import {
  type Connect,
  type Disconnect,
  isPublishAcknowledgement,
  PacketType,
  type ProtocolVersion,
  type PublishAcknowledgement,
  type Subscribe,
  type Unsubscribe,
} from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import { type PublishRun, payloadBytesOf } from '../wire/mqtt/publish-run.ts'
import { packetMayCarry, ReasonCode } from '../wire/mqtt/reason-codes.ts'
import * as rules from './connect-rules.ts'
import type { AttachedConnection, ConnectedSession, ConnectionLimits, EndCause, ServerHost, Verdict } from './effects.ts'
import { HeldLink } from './held-link.ts'
import { IncomingAliases } from './incoming-aliases.ts'
import type { ReceivingConnection } from './incoming-publishes.ts'
import { mayHaveToWait, PublishPacing } from './publish-pacing.ts'
import { ServerAuthentication } from './server-authentication.ts'
import type { ServerPacketSizes } from './server-packet-sizes.ts'
import { ServerWriter } from './server-writer.ts'
import { traceAcknowledgements } from './trace-publishes.ts'

/** Bytes a client may send ahead while it waits for the answer to its CONNECT. */
const AHEAD_BYTES = 1 << 20
const LARGE_REST = 1000 // bytes of an unfinished packet that count as a sign of life, as in Mosquitto

export class ServerConnection implements Receiver, FrameSink, AttachedConnection, ReceivingConnection {
  readonly link: Link
  readonly #host: ServerHost
  readonly #limits: ConnectionLimits
  readonly #sizes: ServerPacketSizes
  readonly #framer: Framer
  readonly #deadline: Deadline
  #session: ConnectedSession | null = null
  readonly #writer: ServerWriter
  #clientId: string | null = null
  #keepAliveMs = 0
  #heardAt: number
  /** A whole packet has come in this read. */
  #hasSpoken = false
  #sessionExpiry = 0
  aliases: IncomingAliases | null = null // to look at
  #authentication: ServerAuthentication | null = null
  /** Made when a limit of publishing is first met with. */
  #pacing: PublishPacing | null = null
  #isPaced = false
  /** Made when something first waits for the store. */
  #held: HeldLink | null = null
  /** Of what was published in this read, 0 = nothing is stored. */
  #ticket = 0
  #ended = false

  /** `sizes` are made once for all connections with these limits. */
  constructor(host: ServerHost, limits: ConnectionLimits, sizes: ServerPacketSizes, link: Link) {
    this.#host = host
    this.#limits = limits
    this.#sizes = sizes
    this.link = link
    this.#framer = new Framer(sizes.beforeConnect, decodePublishHead)
    this.#writer = new ServerWriter(link, host, limits.reasonStrings)
    this.#heardAt = host.clock.now()
    this.#deadline = new Deadline((now) => this.#overdue(now))
    host.deadlines.set(this.#deadline, this.#heardAt + limits.connectTimeoutMs)
    host.observer.opened(link.peer)
  }

  get output(): Link['output'] {
    return this.link.output
  }

  get version(): ProtocolVersion {
    return this.#writer.version
  }

  get trace(): ServerHost['trace'] {
    return this.#host.trace
  }

  /** Null after the end, which may come while a run is being routed. */
  get router(): ConnectedSession | null {
    return this.#session
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    this.#host.counters.bytesReceived += end - start
    this.#ticket = 0
    this.#isPaced = mayHaveToWait(this.#host, this.#limits)
    try {
      this.#framer.feed(bytes, start, end, this)
    } catch (error) {
      this.#fault(error)
    }
    // packets keep a client alive, bytes do not, unless a large packet is on its way [MQTT-3.1.2-22]
    if (this.#hasSpoken || this.#framer.kept > LARGE_REST) this.#heardAt = this.#host.clock.now()
    this.#hasSpoken = false
    if (this.#session === null && this.#framer.kept > AHEAD_BYTES) this.end('protocol-error', null)
    if (this.#session !== null && this.#ticket > this.#session.durableUpTo) this.#waitForStore().received(end - start, this.#ticket)
    this.#held?.look()
  }

  midway(): Uint8Array | null {
    return this.#clientId === null && this.#framer.kept === 0 ? null : this.#framer.unfinished
  }

  drained(): void {
    this.#session?.resume()
  }

  closed(): void {
    this.#finish('closed', null, null)
    this.#host.forget(this)
  }

  hold(ticket: number): void {
    this.link.output.hold(ticket)
    this.#waitForStore()
  }

  release(durableUpTo: number): boolean {
    const { output } = this.link
    const wasFull = output.full
    const isHeld = this.#held?.release(durableUpTo, this.#pacing?.isHolding !== true) ?? false // if an answer is awaited, what comes is kept meanwhile
    if (wasFull && !output.full) this.#session?.resume()
    return isHeld
  }

  end(cause: EndCause, reasonCode: number | null): void {
    if (this.#ended) return
    if (reasonCode !== null && this.#session !== null) this.#writer.disconnect(reasonCode, '')
    this.#finish(cause, null, null)
    this.link.end()
  }

  publishes(run: PublishRun): void {
    const { counters } = this.#host
    this.#hasSpoken = true
    const count = this.#isPaced ? this.#paced(run) : run.count
    counters.messagesReceived += count
    counters.publishesReceived += count
    counters.publishBytesReceived += payloadBytesOf(run, run.from, run.from + count)
    if (!this.#isPaced) this.#named(run)
  }

  /** Takes what may come in now; returns how many packets will not come again. */
  #paced(run: PublishRun): number {
    this.#pacing ??= new PublishPacing(this.#host, this.#limits, this.#framer, {
      link: this.link,
      version: this.#writer.version,
      take: (some) => this.#named(some),
      readOn: () => {
        this.#heardAt = this.#host.clock.now()
        this.#resumeWith(() => {})
      },
    })
    return this.#pacing.take(run)
  }

  /** A run that may come in: behind an alias it gets its Topic Name. */
  #named(run: PublishRun): void {
    if (run.topicAlias === 0) this.#take(run)
    else {
      this.aliases ??= new IncomingAliases(this.#limits.topicAliasMaximum)
      this.aliases.resolve(run, (plain) => this.#take(plain))
    }
  }

  /** A run with its Topic Name. */
  #take(run: PublishRun): void {
    rules.checkOffered(run, this.#limits)
    const session = this.#session
    if (session === null) return
    const now = run.qos === 2 ? this.#host.clock.now() : 0
    const most = this.#limits.messageSizeLimit
    if (run.count > 1 && ((most > 0 && run.largest > most) || session.asksEach === true)) session.incoming.receiveSingly(run, now, this)
    else session.incoming.receive(run, now, this)
    if (session.stores && session.ticket > 0) this.#ticket = session.ticket
    if (run.qos > 0) this.#host.counters.messagesSent += run.count // each is acknowledged
  }

  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void {
    const session = this.#session!
    const { counters, trace } = this.#host
    this.#hasSpoken = true
    counters.messagesReceived += count
    if (trace !== null) traceAcknowledgements(trace, 'received', session.clientId, header, bytes, at, count)
    if (header === 0x62) {
      session.incoming.released(bytes, at, count, this)
      counters.messagesSent += count
    } else {
      const room = session.outgoing.acknowledged(header, bytes, at, count, this.link.output)
      if (header === 0x50) {
        counters.messagesSent += count
        if (trace !== null) traceAcknowledgements(trace, 'sending', session.clientId, 0x62, bytes, at, count)
      }
      if (room) session.resume()
    }
  }

  packet(header: number, bytes: Uint8Array, at: number, end: number): void {
    this.#hasSpoken = true
    this.#host.counters.messagesReceived++
    if (header >> 4 === PacketType.Connect) {
      this.#connect(header, bytes, at, end)
      return
    }
    const packet = decodePacket(header, bytes, at, end, this.#writer.version, 'client')
    if (!isPublishAcknowledgement(packet)) this.#host.trace?.packet('received', this.#writer.clientId, packet)
    switch (packet.type) {
      case PacketType.Subscribe:
        this.#subscribe(packet)
        return
      case PacketType.Unsubscribe:
        this.#unsubscribe(packet)
        return
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        this.#acknowledgement(packet, header, bytes, at)
        return
      case PacketType.Pingreq:
        this.#writer.send({ type: PacketType.Pingresp })
        return
      case PacketType.Disconnect:
        this.#disconnect(packet)
        return
      case PacketType.Auth:
        if (this.#authentication === null)
          throw new ProtocolError(ReasonCode.ProtocolError, 'AUTH without an Authentication Method in CONNECT', 'MQTT-4.12.0-6')
        this.#authentication.received(packet)
        return
      default:
        throw new ProtocolError(ReasonCode.ProtocolError, `packet type ${packet.type} from a client`)
    }
  }

  #connect(header: number, bytes: Uint8Array, at: number, end: number): void {
    if (header === rules.TLS_HANDSHAKE) throw new ProtocolError(ReasonCode.ProtocolError, rules.TLS_ON_PLAIN)
    const connect = rules.decodeConnect(header, bytes, at, end, this.#session === null ? this.#writer : null)
    this.#host.counters.connectsReceived++
    if (connect.clientId !== '') this.#clientId = this.#writer.clientId = connect.clientId
    this.#writer.version = connect.version
    this.#writer.wantsReasons = connect.properties.requestProblemInformation !== 0
    this.#writer.maximumPacketSize = connect.properties.maximumPacketSize ?? 0xffffffff
    const refusal = rules.refusalOf(connect, this.#limits)
    if (refusal !== 0) {
      this.#refuse(refusal, rules.reasonOfRefusal(connect, this.#limits))
      return
    }
    const method = connect.properties.authenticationMethod
    if (method !== undefined) {
      this.#authenticate(method, connect)
      return
    }
    const verdict = this.#host.authenticate(connect, this.link.peer)
    if (verdict instanceof Promise) this.#await(verdict, (answer) => this.#judged(connect, answer))
    else this.#judged(connect, verdict)
  }

  /** Enhanced authentication [section 4.12]: AUTH and DISCONNECT only, until CONNACK [MQTT-3.1.2-30]. */
  #authenticate(method: string, connect: Connect): void {
    const begin = (): ReturnType<ServerHost['beginAuthentication']> => this.#host.beginAuthentication(method, connect, this.link.peer)
    const exchange = begin()
    if (exchange === null) {
      this.#refuse(ReasonCode.BadAuthenticationMethod)
      return
    }
    this.#framer.version = 5
    this.#framer.maximum = this.#sizes.authenticating
    this.#authentication = new ServerAuthentication(method, exchange, begin, {
      send: (packet) => this.#writer.send(packet),
      await: (promise, then) => this.#await(promise, then),
      succeeded: (userName, data) =>
        this.#judged(connect, { reasonCode: 0, userName }, { authenticationMethod: method, ...(data === null ? {} : { authenticationData: data }) }),
      refused: (reasonCode) => {
        if (this.#session === null) this.#refuse(reasonCode)
        else this.end('refused', packetMayCarry(reasonCode, PacketType.Disconnect) ? reasonCode : ReasonCode.NotAuthorized)
      },
    })
    this.#authentication.begin(connect.properties.authenticationData ?? null)
  }

  /** CONNECT has been judged: there is a session now, or a refusal. */
  #judged(connect: Connect, verdict: Verdict, authentication: Properties = NO_PROPERTIES): void {
    if (verdict.reasonCode !== 0) {
      this.#refuse(verdict.reasonCode, verdict.reason)
      return
    }
    const [host, limits] = [this.#host, this.#limits]
    let assigned = connect.clientId === '' ? host.assignClientId() : null
    const named = assigned === null ? connect : { ...connect, clientId: assigned }
    const session = host.attach(named, verdict.userName, this)
    if (typeof session === 'number') {
      this.#refuse(session, rules.reasonOfNoSession(session), connect.version === 5 || session !== ReasonCode.ServerBusy) // too many clients: 3.x is closed, as in Mosquitto
      return
    }
    if (this.#ended) {
      session.detach('administrative', null) // by something that was asked on the way
      return
    }
    if (assigned !== null) assigned = session.clientId
    this.#session = session
    this.#clientId = this.#writer.clientId = session.clientId
    this.#sessionExpiry = connect.version === 5 ? (connect.properties.sessionExpiryInterval ?? 0) : 0
    this.#framer.version = connect.version === 5 ? 5 : 4
    this.#framer.maximum = connect.version === 5 ? this.#sizes.connected5 : this.#sizes.connected
    const keepAlive = rules.keepAliveOf(connect, limits)
    this.#keepAliveMs = keepAlive * 1500
    if (keepAlive > 0) host.deadlines.set(this.#deadline, host.clock.now() + this.#keepAliveMs)
    else host.deadlines.cancel(this.#deadline)
    host.observer.connected(this.link.peer, session.clientId, named, verdict.userName)
    const { sessionExpiryInterval } = session
    const properties = { ...rules.connackProperties(connect, limits, { assigned, keepAlive, sessionExpiryInterval }), ...authentication }
    this.#awaitStore(session)
    // 3.1 knows no Session Present: that byte is reserved there
    if (this.#writer.send({ type: PacketType.Connack, sessionPresent: session.sessionPresent && connect.version !== 3, reasonCode: 0, properties })) {
      session.resume()
      return
    }
    const tooSmall = `Maximum Packet Size ${this.#writer.maximumPacketSize} is too little for CONNACK`
    this.#finish('protocol-error', new ProtocolError(ReasonCode.PacketTooLarge, tooSmall), null)
    this.link.end()
  }

  #subscribe(packet: Subscribe): void {
    const session = this.#session!
    const codes = session.subscribe(packet)
    if (this.#session === null) return // ended by somebody who was asked
    this.#awaitStore(session)
    this.#writer.subscribed(packet, codes)
    session.sendRetained()
  }

  #unsubscribe(packet: Unsubscribe): void {
    const session = this.#session!
    const codes = session.unsubscribe(packet)
    this.#awaitStore(session)
    this.#writer.unsubscribed(packet, codes)
  }

  #waitForStore(): HeldLink {
    this.#held ??= new HeldLink(this.link)
    this.#host.holds(this)
    return this.#held
  }

  /** The client is told of what was just done when that is stored. */
  #awaitStore({ ticket, durableUpTo }: ConnectedSession): void {
    if (ticket > durableUpTo) this.hold(ticket)
  }

  /** An acknowledgement that did not come in a row of four-byte ones: 5.0 with Reason Code or properties, or 3.1 with DUP. */
  #acknowledgement(packet: PublishAcknowledgement, header: number, bytes: Uint8Array, at: number): void {
    const session = this.#session!
    const plain = packet.type === PacketType.Pubrel ? 0x62 : header
    this.#host.counters.messagesReceived-- // counted again below
    if (packet.reasonCode < 0x80 || packet.type === PacketType.Pubrel) this.acknowledgements(plain, bytes, at - 2, 1)
    else {
      this.#host.counters.messagesReceived++
      this.#host.trace?.acknowledgement('received', session.clientId, packet.type, packet.packetId, packet.reasonCode)
      session.outgoing.refused(plain, packet.packetId)
      session.resume()
    }
  }

  #disconnect(packet: Disconnect): void {
    this.#finish(packet.reasonCode === 0 ? 'disconnect' : 'disconnect-with-will', null, rules.expiryAtDisconnect(packet, this.#sessionExpiry))
    this.link.end()
  }

  /** Goes on once an answer is there; what the client sends meanwhile waits [MQTT-3.1.4-6]. */
  #await<T>(promise: Promise<T>, then: (answer: T) => void): void {
    this.#framer.hold()
    this.link.pause()
    promise.then(
      (answer) => this.#resumeWith(() => then(answer)),
      (error: unknown) => {
        if (this.#ended) return
        this.#host.failed(error, this.link.peer)
        if (this.#session === null) this.#refuse(ReasonCode.ServerUnavailable)
        else this.end('administrative', ReasonCode.UnspecifiedError)
      },
    )
  }

  /** Runs outside any read: nobody else would catch what is thrown here. */
  #resumeWith(then: () => void): void {
    if (this.#ended) return
    try {
      this.link.resume()
      this.#isPaced = mayHaveToWait(this.#host, this.#limits)
      then()
      this.#framer.release(this)
    } catch (error) {
      if (error instanceof ProtocolError) this.#fault(error)
      else {
        this.#host.failed(error, this.link.peer)
        this.link.destroy()
      }
    }
  }

  #refuse(reasonCode: number, reason: string = rules.NO_REASON, isTold = true): void {
    if (this.#ended) return
    if (isTold) this.#writer.refuse(reasonCode)
    this.#finish('refused', new ProtocolError(reasonCode, reason), null)
    this.link.end()
  }

  /** Whatever a peer sends ends at most its own connection. */
  #fault(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error
    if (this.#ended) return
    if (error.answered && this.#session !== null) this.#writer.disconnect(error.reasonCode, error.message)
    this.#finish('protocol-error', error, null)
    this.link.end()
  }

  /** The one deadline of a connection: CONNECT in time, then Keep Alive [MQTT-3.1.2-22]. */
  #overdue(now: number): void {
    if (this.#session === null) {
      this.#finish('timeout', null, null)
      this.link.end()
    } else if (this.#pacing?.isHolding === true || this.#held?.isPaused === true) this.#host.deadlines.set(this.#deadline, now + this.#keepAliveMs)
    else if (this.#heardAt + this.#keepAliveMs > now) this.#host.deadlines.set(this.#deadline, this.#heardAt + this.#keepAliveMs)
    else this.end('keep-alive', null)
  }

  #finish(cause: EndCause, error: ProtocolError | null, sessionExpiryInterval: number | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#framer.stop()
    this.#pacing?.stop()
    this.#host.deadlines.cancel(this.#deadline)
    this.#host.observer.ended(this.link.peer, this.#clientId, cause, error)
    this.#session?.detach(cause, sessionExpiryInterval)
    this.#session = null // it may have another connection by now
  }
}
