// Receiving side of QoS 1 and 2, a run at a time. Belongs to the session, survives the connection.
// Order of acknowledgements is the order of publishes [MQTT-4.6.0-2], also while the store holds them back.

import type { OutputBuffer } from '../base/output-buffer.ts'
import type { SlabStore } from '../base/slab.ts'
import { ProtocolError } from '../wire/errors.ts'
import type { ProtocolVersion } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { Trace } from './effects.ts'
import { UnreleasedPublishes } from './unreleased-publishes.ts'

/** Where runs go: the session. */
export interface RunRouter {
  readonly clientId: string
  route(run: PublishRun): number
  admit(run: PublishRun): number
  routeAdmitted(run: PublishRun, arrived: number): void
  /** Something is stored: `keep`, `together` and `released` want to be called. */
  readonly stores: boolean
  /** An admitted run awaits PUBREL. */
  keep(run: PublishRun): void
  /** What `work` routes and releases is stored as one. */
  together(work: () => void): void
  released(packetIds: readonly number[]): void
  /** What acknowledgements of what was just done wait for. */
  readonly ticket: number
  readonly durableUpTo: number
}

/** What one call works with: the connection's side of the matter. */
export interface ReceivingConnection {
  /** Null once the connection has ended, which may happen while a run is being routed: then nothing is acknowledged. */
  readonly router: RunRouter | null
  readonly output: OutputBuffer
  readonly version: ProtocolVersion
  readonly trace: Trace | null
  /** What is written from here on waits until the store has reached the ticket. */
  hold(ticket: number): void
}

const PUBACK = 0x40
const PUBREC = 0x50
const PUBCOMP = 0x70
/** Bytes of QoS 2 messages awaiting PUBREL, beyond which a client that also exceeds its Receive Maximum is cut off. */
const UNRELEASED_BYTES = 64 << 20

export class IncomingPublishes {
  readonly #slabs: SlabStore
  /** Made at the first QoS 2 message. */
  #unreleasedOrNone: UnreleasedPublishes | null = null
  readonly #receiveMaximum: number
  readonly #enforced: number

  /** `receiveMaximum` is announced, `enforced` (at least as much) is what ends the connection with 0x93. */
  constructor(slabs: SlabStore, receiveMaximum: number, enforced: number) {
    this.#slabs = slabs
    this.#receiveMaximum = receiveMaximum
    this.#enforced = enforced
  }

  /** Takes back what awaited PUBREL before the broker's restart. `now` is when it came. */
  restore(run: PublishRun, now: number): void {
    for (let i = run.from; i < run.to; i++) this.#unreleased.remember(run.packetId(i))
    this.#unreleased.keep(run, now)
  }

  /** QoS 2 messages between PUBLISH and PUBREL. */
  get awaitingRelease(): number {
    return this.#unreleasedOrNone?.count ?? 0
  }

  /** Their Packet Identifiers, in the order of their PUBLISH. */
  get unreleasedIds(): readonly number[] {
    return this.#unreleasedOrNone?.packetIds() ?? []
  }

  /** Takes a run of one QoS. The run is borrowed. `now` matters for QoS 2 only: asking the clock costs as much as routing a run of one. */
  receive(run: PublishRun, now: number, to: ReceivingConnection): void {
    const { router } = to
    if (router === null) return
    if (run.qos === 0) {
      router.route(run)
      return
    }
    checkIdentifiers(run)
    if (run.qos === 1) {
      const code = router.route(run)
      if (to.router === null) return
      this.#acknowledgeRun(run, PUBACK, code, to, router)
      this.#checkQuota()
    } else this.#receiveOnce(run, now, to, router)
  }

  /** Takes a run packet by packet, each with a Reason Code of its own: some may be refused for their size. */
  receiveSingly(run: PublishRun, now: number, to: ReceivingConnection): void {
    const { from, to: end } = run
    for (let i = from; i < end; i++) {
      run.select(i, i + 1)
      this.receive(run, now, to)
    }
    run.select(from, end)
  }

  /** Rows of PUBREL: the messages go on their way now, once [MQTT-4.3.3-12]; PUBCOMP always [MQTT-4.3.3-11]. */
  released(bytes: Uint8Array, at: number, count: number, to: ReceivingConnection): void {
    const { router, output, trace } = to
    if (router === null) return
    const unreleased = this.#unreleasedOrNone
    if (unreleased !== null && router.stores) {
      router.together(() => {
        const packetIds = unreleased.awaited(bytes, at, count)
        unreleased.release(bytes, at, count, router)
        router.released(packetIds)
      })
    } else unreleased?.release(bytes, at, count, router)
    if (to.router === null) return
    waitForStore(router, to)
    const place = output.reserve(count * 4)
    const out = output.bytes
    for (let i = 0; i < count * 4; i += 4) {
      out[place + i] = PUBCOMP
      out[place + i + 1] = 2
      out[place + i + 2] = bytes[at + i + 2]!
      out[place + i + 3] = bytes[at + i + 3]!
      if (trace !== null) trace.acknowledgement('sending', router.clientId, 7, (bytes[at + i + 2]! << 8) | bytes[at + i + 3]!, 0)
    }
    output.settle()
  }

  /** The session ends: gives all kept bytes back. */
  clear(): void {
    this.#unreleasedOrNone?.clear()
  }

  /**
   * Keeps the stretches between repeated identifiers; acknowledges all of them [MQTT-4.3.3-10]. Another message under an identifier in use takes
   * the place of the one that waits, as in Mosquitto: its client has lost its state, and never sends the PUBREL of the first.
   */
  #receiveOnce(run: PublishRun, now: number, to: ReceivingConnection, router: RunRouter): void {
    const first = run.from
    const last = run.to
    let from = first
    for (let i = first; i < last; i++) {
      if (this.#unreleased.remember(run.packetId(i))) continue
      this.#admitPart(run, from, i, now, to, router)
      if (to.router === null) return
      run.select(i, i + 1)
      if (this.#unreleased.dropUnlessRepeated(run)) {
        if (router.stores) router.released([run.packetId(i)])
        this.#admit(run, now, to, router)
        if (to.router === null) return
      } else {
        this.#acknowledgeRun(run, PUBREC, 0, to, router)
        this.#checkQuota()
      }
      from = i + 1
    }
    if (from === first) this.#admit(run, now, to, router)
    else this.#admitPart(run, from, last, now, to, router)
    run.select(first, last)
  }

  #admitPart(run: PublishRun, from: number, to: number, now: number, connection: ReceivingConnection, router: RunRouter): void {
    if (from === to) return
    run.select(from, to)
    this.#admit(run, now, connection, router)
  }

  #admit(run: PublishRun, now: number, to: ReceivingConnection, router: RunRouter): void {
    const code = this.#judge(run, router)
    if (to.router === null) {
      this.#unreleased.forget(run) // not acknowledged: the client sends it again
      return
    }
    if (code < 0x80) {
      this.#unreleased.keep(run, now)
      if (router.stores) router.keep(run)
    } else if (to.version === 5) this.#unreleased.forget(run) // a refused identifier is free again [MQTT-4.3.3-9]
    this.#checkQuota()
    this.#acknowledgeRun(run, PUBREC, code, to, router)
  }

  /** A run that ends the connection leaves no identifier behind. */
  #judge(run: PublishRun, router: RunRouter): number {
    try {
      return router.admit(run)
    } catch (error) {
      this.#unreleased.forget(run)
      throw error
    }
  }

  get #unreleased(): UnreleasedPublishes {
    this.#unreleasedOrNone ??= new UnreleasedPublishes(this.#slabs)
    return this.#unreleasedOrNone
  }

  /** Clients in use ignore the announced 20; only far beyond it is the connection ended [MQTT-3.3.4-7]. */
  #checkQuota(): void {
    const unreleased = this.#unreleasedOrNone
    const unfinished = unreleased?.count ?? 0
    if (unfinished > this.#enforced || (unfinished > this.#receiveMaximum && (unreleased?.bytes ?? 0) > UNRELEASED_BYTES)) {
      throw new ProtocolError(0x93, `${unfinished} unacknowledged publishes exceed the Receive Maximum`, 'MQTT-3.3.4-7')
    }
  }

  #acknowledgeRun(run: PublishRun, header: number, code: number, to: ReceivingConnection, router: RunRouter): void {
    waitForStore(router, to)
    const { output } = to
    if ((code !== 0 && to.version === 5) || to.trace !== null) {
      for (let i = run.from; i < run.to; i++) writeAcknowledgement(header, run.packetId(i), code, to, router)
      output.settle()
      return
    }
    const { bytes, bodies, idAt } = run
    let at = output.reserve(run.count * 4)
    const out = output.bytes
    for (let i = run.from; i < run.to; i++) {
      const id = bodies[i]! + idAt
      out[at] = header
      out[at + 1] = 2
      out[at + 2] = bytes[id]!
      out[at + 3] = bytes[id + 1]!
      at += 4
    }
    output.settle()
  }
}

/** What is acknowledged next must be stored before the client hears of it. */
function waitForStore(router: RunRouter, to: ReceivingConnection): void {
  if (router.ticket > router.durableUpTo) to.hold(router.ticket)
}

function checkIdentifiers(run: PublishRun): void {
  const { bytes, bodies, idAt } = run
  for (let i = run.from; i < run.to; i++) {
    const id = bodies[i]! + idAt
    if ((bytes[id]! | bytes[id + 1]!) === 0) throw new ProtocolError(0x82, 'Packet Identifier 0', 'MQTT-2.2.1-3')
  }
}

/** Five bytes when a 5.0 client must learn a Reason Code other than success, else four [MQTT 5.0, section 3.4.2.1]. */
function writeAcknowledgement(header: number, packetId: number, code: number, { output, version, trace }: ReceivingConnection, router: RunRouter): void {
  const long = code !== 0 && version === 5
  const at = output.reserve(long ? 5 : 4)
  const out = output.bytes
  out[at] = header
  out[at + 1] = long ? 3 : 2
  out[at + 2] = packetId >> 8
  out[at + 3] = packetId & 255
  if (long) out[at + 4] = code
  if (trace !== null) trace.acknowledgement('sending', router.clientId, (header >> 4) as 4 | 5 | 7, packetId, long ? code : 0)
}
