// Receiving side of a client session: each QoS 2 message once, acknowledgements in order, our Receive Maximum [MQTT-4.3, 4.6, 4.9].
// QoS 2 messages are held until their PUBREL. `begin` starts a connection; what must outlive it stays.

import { ProtocolError } from '../wire/errors.ts'
import type { Publish, PublishAcknowledgement } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import type { Receipt } from './client-effects.ts'
import { Fifo } from './client-fifo.ts'
import type { SessionJournal } from './client-journal.ts'

/** The connection, as the receiving side needs it. */
export interface ReceptionPort {
  readonly acknowledge: 'at-once' | 'when-accepted'
  sendAcknowledgement(packet: PublishAcknowledgement): void
  message(message: Publish, receipt: Receipt): void
}

export const NO_RECEIPT: Receipt = Object.freeze({ accept: () => {} })

/** A QoS 1 message whose PUBACK waits for its acceptance and for those before it. */
interface PendingPuback {
  readonly packetId: number
  accepted: boolean
}

/** A QoS 2 message from its PUBLISH to our PUBCOMP. */
class ExactlyOnce {
  readonly publish: Publish
  /** Number of the connection on which it was counted. */
  countedOn = 0
  delivered = false
  accepted = false
  /** A PUBREL waits for its PUBCOMP. */
  released = false

  constructor(publish: Publish) {
    this.publish = publish
  }
}

export class IncomingMessages {
  readonly #unreleased = new Map<number, ExactlyOnce>()
  #pubacks = new Fifo<PendingPuback>()
  #port: ReceptionPort | null = null
  #connection = 0
  #receiveMaximum = 65535
  #unacknowledged = 0
  readonly #journal: SessionJournal | null

  constructor(journal: SessionJournal | null) {
    this.#journal = journal
  }

  /** Takes over what an earlier program left: their PUBREL may still come. */
  restore(stored: readonly Publish[]): void {
    for (const publish of stored) this.#unreleased.set(publish.packetId, new ExactlyOnce(publish))
  }

  /** QoS 2 messages that are not finished. */
  get unfinished(): number {
    return this.#unreleased.size
  }

  /** A connection begins; `kept` says whether the server still has the session. */
  begin(kept: boolean, receiveMaximum: number, port: ReceptionPort): void {
    if (!kept) {
      for (const packetId of this.#unreleased.keys()) this.#journal?.incomingDone(packetId)
      this.#unreleased.clear()
    }
    for (const message of this.#unreleased.values()) message.released = false
    this.#connection++
    this.#port = port
    this.#pubacks = new Fifo()
    this.#receiveMaximum = receiveMaximum
    this.#unacknowledged = 0
  }

  /** The connection is gone: acceptances are noted, and nothing is sent. */
  end(): void {
    this.#port = null
  }

  /** Throws ProtocolError when the server exceeds our Receive Maximum. */
  receive(publish: Publish): void {
    const port = this.#port!
    if (publish.qos === 0) port.message(publish, NO_RECEIPT)
    else if (publish.qos === 1) this.#receiveAtLeastOnce(publish, port)
    else this.#receiveExactlyOnce(publish, port)
  }

  /** PUBREL: the message goes to its reader now, once; PUBCOMP always [MQTT-4.3.3-11]. */
  release(packetId: number): void {
    const port = this.#port!
    const message = this.#unreleased.get(packetId)
    if (message === undefined) {
      port.sendAcknowledgement({ type: PacketType.Pubcomp, packetId, reasonCode: 0x92, properties: NO_PROPERTIES })
      return
    }
    message.released = true
    if (port.acknowledge === 'at-once') message.accepted = true
    if (message.accepted) this.#complete(packetId, port)
    if (message.delivered) return
    message.delivered = true
    port.message(message.publish, message.accepted ? NO_RECEIPT : { accept: () => this.#acceptExactlyOnce(packetId, message) })
  }

  #receiveAtLeastOnce(publish: Publish, port: ReceptionPort): void {
    this.#count()
    if (port.acknowledge === 'at-once') {
      this.#sendPuback(publish.packetId, port)
      port.message(publish, NO_RECEIPT)
      return
    }
    const pending: PendingPuback = { packetId: publish.packetId, accepted: false }
    this.#pubacks.push(pending)
    port.message(publish, {
      accept: () => {
        if (pending.accepted) return
        pending.accepted = true
        this.#sendPubacks() // of a connection that is gone, none is left: the server sends it again
      },
    })
  }

  #receiveExactlyOnce(publish: Publish, port: ReceptionPort): void {
    let message = this.#unreleased.get(publish.packetId)
    if (message === undefined) {
      message = new ExactlyOnce(publish)
      this.#unreleased.set(publish.packetId, message)
      this.#journal?.incoming(publish)
    }
    if (message.countedOn !== this.#connection) {
      // the server counts what it sends again on a new connection
      this.#count()
      message.countedOn = this.#connection
    }
    port.sendAcknowledgement({ type: PacketType.Pubrec, packetId: publish.packetId, reasonCode: 0, properties: NO_PROPERTIES }) // [MQTT-4.3.3-10]
  }

  #acceptExactlyOnce(packetId: number, message: ExactlyOnce): void {
    if (message.accepted) return
    message.accepted = true
    if (this.#port !== null && message.released && this.#unreleased.get(packetId) === message) this.#complete(packetId, this.#port)
  }

  #complete(packetId: number, port: ReceptionPort): void {
    this.#unreleased.delete(packetId)
    this.#journal?.incomingDone(packetId)
    this.#uncount()
    port.sendAcknowledgement({ type: PacketType.Pubcomp, packetId, reasonCode: 0, properties: NO_PROPERTIES })
  }

  /** In the order of the PUBLISH packets [MQTT-4.6.0-2]. */
  #sendPubacks(): void {
    while (this.#port !== null && this.#pubacks.first?.accepted === true) this.#sendPuback(this.#pubacks.shift()!.packetId, this.#port)
  }

  #sendPuback(packetId: number, port: ReceptionPort): void {
    this.#uncount()
    port.sendAcknowledgement({ type: PacketType.Puback, packetId, reasonCode: 0, properties: NO_PROPERTIES }) // [MQTT-4.3.2-4]
  }

  #count(): void {
    this.#unacknowledged++
    if (this.#unacknowledged > this.#receiveMaximum) {
      throw new ProtocolError(0x93, `${this.#unacknowledged} unacknowledged messages, our Receive Maximum is ${this.#receiveMaximum}`, 'MQTT-3.3.4-9')
    }
  }

  /** As the server counts: PUBCOMP of a message begun on an earlier connection also gives quota, up to the maximum [section 4.9]. */
  #uncount(): void {
    if (this.#unacknowledged > 0) this.#unacknowledged--
  }
}
