// One connection of `bench`: CONNECT, SUBSCRIBE, then runs and rows between socket, sender and arrivals. Much less than client/.
// It does not resume, resend or reconnect: what breaks is counted.

import type { Link, Receiver } from '../../base/link.ts'
import { ProtocolError } from '../../wire/errors.ts'
import { decodePacket } from '../../wire/mqtt/decode.ts'
import { decodePublishHead } from '../../wire/mqtt/decode-publish.ts'
import { encodePacket } from '../../wire/mqtt/encode.ts'
import { Framer, type FrameSink } from '../../wire/mqtt/framer.ts'
import { type Connack, PacketType, type ProtocolVersion, type Qos } from '../../wire/mqtt/packet.ts'
import { clientPacketSizes } from '../../wire/mqtt/packet-sizes.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'
import type { PublishRun } from '../../wire/mqtt/publish-run.ts'
import { reasonName } from '../../wire/mqtt/reason-codes.ts'
import { refusalText } from '../client-errors.ts'
import type { Arrivals } from './arrivals.ts'
import type { Sender } from './sender.ts'
import { microseconds, type Tally } from './tally.ts'

/** Topic Filters in one SUBSCRIBE. */
const FILTERS_AT_ONCE = 100

/** What one connection is for. */
export interface Job {
  readonly version: ProtocolVersion
  /** The whole CONNECT packet. */
  readonly connect: Uint8Array
  /** Seconds; 0 = none. */
  readonly keepAlive: number
  readonly filters: readonly string[]
  /** Of publishes and subscriptions. */
  readonly qos: Qos
  readonly sender: Sender | null
  readonly arrivals: Arrivals | null
}

/** What the run hears of it. */
export interface JobEvents {
  /** Connected, and subscribed where there is something to subscribe to. */
  ready(connection: BenchConnection): void
  /** It did not come about, or broke: `isReady` says which. Not called after `close`. */
  failed(connection: BenchConnection, reason: string): void
  /** The socket is gone; the last call. */
  closed(connection: BenchConnection): void
}

type State = 'connecting' | 'subscribing' | 'ready' | 'ended'

export class BenchConnection implements Receiver, FrameSink {
  readonly job: Job
  readonly #link: Link
  readonly #tally: Tally
  readonly #events: JobEvents
  readonly #framer: Framer
  readonly #beganAt: number
  #state: State = 'connecting'
  #subscribed = 0
  #receiveMaximum = 65535
  /** Pings without an answer. */
  #pings = 0
  /** Whether anything came since `watch` last looked. */
  #heard = true
  #silentMs = 0
  #sinceSentMs = 0

  /** `beganAt`: when dialling began, in microseconds. */
  constructor(link: Link, job: Job, tally: Tally, beganAt: number, events: JobEvents) {
    this.#link = link
    this.job = job
    this.#tally = tally
    this.#events = events
    this.#beganAt = beganAt
    this.#framer = new Framer(clientPacketSizes(0, job.version).before, decodePublishHead, 'server')
    this.#framer.version = job.version === 5 ? 5 : 4
    this.#send(job.connect)
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** All that was asked by `ping` is answered: the server has read all that was sent before. */
  get isAnswered(): boolean {
    return this.#pings === 0
  }

  /** Lets the sender begin. */
  start(): void {
    if (this.#state === 'ready') this.job.sender?.start(this.#link.output, this.#receiveMaximum)
  }

  ping(): void {
    if (this.#state !== 'ready') return
    this.#pings++
    this.#send(PINGREQ)
  }

  /** Keep Alive and patience: to be called every `everyMs` milliseconds. */
  watch(everyMs: number, timeoutMs: number): void {
    if (this.#state === 'ended') return
    this.#silentMs = this.#heard ? 0 : this.#silentMs + everyMs
    this.#heard = false
    if (this.#state !== 'ready') {
      if (this.#silentMs >= timeoutMs) this.#fail(this.#state === 'connecting' ? 'no CONNACK in time' : 'no SUBACK in time')
      return
    }
    const keepAliveMs = this.job.keepAlive * 1000
    if (keepAliveMs === 0) return
    this.#sinceSentMs += everyMs
    if (this.#pings > 0 && this.#silentMs >= keepAliveMs) this.#fail('no PINGRESP in time')
    else if (this.#sinceSentMs >= keepAliveMs / 2) this.ping() // [MQTT-3.1.2-20]
  }

  /** Says DISCONNECT and closes; `closed` follows. */
  close(): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'connecting') this.#send(DISCONNECT)
    this.#end()
    this.#link.end()
  }

  destroy(): void {
    this.#end()
    this.#link.destroy()
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === 'ended') return
    this.#heard = true
    try {
      this.#framer.feed(bytes, start, end, this)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(`protocol error: ${error.message}`)
    }
  }

  drained(): void {
    this.job.sender?.pump()
  }

  closed(error: Error | null): void {
    this.#fail(error === null ? 'closed by the server' : `connection lost (${(error as NodeJS.ErrnoException).code ?? error.message})`)
    this.#events.closed(this)
  }

  publishes(run: PublishRun): void {
    this.#tally.traffic(performance.now())
    this.job.arrivals?.receive(run)
    if (run.qos === 0) return
    const { output } = this.#link
    const { bytes, bodies, idAt } = run
    const type = run.qos === 1 ? 0x40 : 0x50
    let at = output.reserve(run.count * 4)
    for (let i = run.from; i < run.to; i++, at += 4) {
      const id = bodies[i]! + idAt
      output.bytes[at] = type
      output.bytes[at + 1] = 2
      output.bytes[at + 2] = bytes[id]!
      output.bytes[at + 3] = bytes[id + 1]!
    }
    output.settle()
  }

  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void {
    if (header !== 0x62) {
      this.#tally.traffic(performance.now())
      const fault = this.job.sender === null ? 'acknowledgement without a publish' : this.job.sender.acknowledged(header, bytes, at, count)
      if (fault !== null) this.#fail(`protocol error: ${fault}`)
      return
    }
    const { output } = this.#link
    let to = output.reserve(count * 4)
    for (const end = at + count * 4; at < end; at += 4) {
      output.bytes[to++] = 0x70
      output.bytes[to++] = 2
      output.bytes[to++] = bytes[at + 2]!
      output.bytes[to++] = bytes[at + 3]!
    }
    output.settle()
  }

  packet(header: number, bytes: Uint8Array, at: number, end: number): void {
    const { version } = this.job
    // a server that knows nothing of 5.0 refuses it in the old form
    const isOld = version === 5 && header === 0x20 && end - at === 2
    const packet = decodePacket(header, bytes, at, end, isOld ? 4 : version, 'server')
    switch (packet.type) {
      case PacketType.Connack:
        this.#connack(packet, isOld ? 4 : version)
        return
      case PacketType.Suback: {
        const refused = packet.reasonCodes.find((code) => code >= 0x80)
        if (refused !== undefined) this.#fail(`subscription refused: ${version === 5 ? reasonName(refused, PacketType.Suback) : 'failure'}`)
        else if (this.#state === 'subscribing') this.#subscribe()
        return
      }
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubcomp: {
        this.#tally.traffic(performance.now())
        // its identifier stands where a row would have it
        const fault = this.job.sender?.answered(header, bytes, at - 2, packet.reasonCode) ?? null
        if (fault !== null) this.#fail(`protocol error: ${fault}`)
        return
      }
      case PacketType.Pubrel:
        this.acknowledgements(0x62, bytes, at - 2, 1)
        return
      case PacketType.Pingresp:
        if (this.#pings > 0) this.#pings--
        if (this.job.sender !== null) this.#tally.traffic(performance.now()) // the last message has been read by then
        return
      case PacketType.Disconnect:
        this.#fail(`closed by the server: ${reasonName(packet.reasonCode, PacketType.Disconnect)}`)
        return
      default:
        this.#fail(`protocol error: packet type ${packet.type} from a server`)
    }
  }

  #connack(connack: Connack, version: ProtocolVersion): void {
    if (connack.reasonCode !== 0) {
      this.#fail(`refused: ${version === 5 ? reasonName(connack.reasonCode, PacketType.Connack) : refusalText(connack.reasonCode).replace(/^.*?: /, '')}`)
      return
    }
    const { maximumQos = 2, maximumPacketSize = Number.POSITIVE_INFINITY, receiveMaximum = 65535 } = connack.properties
    const { qos, sender, filters } = this.job
    if (sender !== null && qos > maximumQos) this.#fail(`the server takes QoS ${maximumQos} at most`)
    else if (sender !== null && sender.packetSize > maximumPacketSize) this.#fail(`the server takes packets of ${maximumPacketSize} bytes at most`)
    else {
      this.#tally.connectTime.record((microseconds() - this.#beganAt) >>> 0)
      this.#receiveMaximum = receiveMaximum
      this.#framer.maximum = clientPacketSizes(0, this.job.version).after
      this.#state = 'subscribing'
      if (filters.length > 0) this.#subscribe()
      else this.#ready()
    }
  }

  /** The next filters, or, when all are subscribed, readiness. */
  #subscribe(): void {
    const { filters, qos, version } = this.job
    const next = filters.slice(this.#subscribed, this.#subscribed + FILTERS_AT_ONCE)
    if (next.length === 0) {
      this.#ready()
      return
    }
    this.#subscribed += next.length
    const subscriptions = next.map((topicFilter) => ({ topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const }))
    this.#send(encodePacket({ type: PacketType.Subscribe, packetId: 1, subscriptions, properties: NO_PROPERTIES }, version))
  }

  #ready(): void {
    this.#state = 'ready'
    this.#events.ready(this)
  }

  #send(packet: Uint8Array): void {
    this.#sinceSentMs = 0
    this.#link.output.append(packet, 0, packet.length, { view: () => packet })
  }

  #fail(reason: string): void {
    if (this.#state === 'ended') return
    this.#events.failed(this, reason)
    this.#end()
    this.#link.destroy()
  }

  #end(): void {
    this.#state = 'ended'
    this.#framer.stop()
    this.job.sender?.abandon()
  }
}

const PINGREQ = Uint8Array.of(0xc0, 0)
const DISCONNECT = Uint8Array.of(0xe0, 0)
