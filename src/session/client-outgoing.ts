// Sending side of a client session: what waits, what is in flight, what is sent again on the next connection [MQTT-4.3, 4.4, 4.9].
// Outlives connections; the connection that is there now does the writing through a port.

import { ProtocolError, UsageError } from '../wire/errors.ts'
import type { PublishAcknowledgement } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { isTopicName } from '../wire/mqtt/topics.ts'
import type { Delivery, OutgoingMessage } from './client-effects.ts'
import { Fifo } from './client-fifo.ts'
import type { JournaledDelivery, SessionJournal } from './client-journal.ts'
import { SessionLostError } from './client-limits.ts'
import type { ClientPacketIds } from './client-packet-ids.ts'

/** The connection, as the sending side needs it. */
export interface DeliveryPort {
  /** False while the socket has enough to do. */
  readonly writable: boolean
  /** Writes PUBLISH, or says why this server does not take it. */
  sendPublish(delivery: Delivery, dup: boolean): Error | null
  sendPubrel(packetId: number, reasonCode: number): void
  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void
  undelivered(delivery: Delivery, error: Error): void
  /** What had to wait is sent. */
  drained(): void
}

function checkTopicName({ topicName }: OutgoingMessage): void {
  if (!isTopicName(topicName)) throw new UsageError(`Topic Name '${topicName}': 1 to 65535 bytes without +, # and U+0000`) // [MQTT-3.3.2-2]
}

class OutgoingDelivery implements Delivery, JournaledDelivery {
  readonly message: OutgoingMessage
  readonly key: number
  /** 0 while it waits to be sent the first time. */
  packetId = 0
  /** QoS 2, past its PUBREC. */
  isReleased = false
  /** Number of the connection that it was last sent on. */
  sentOn = 0

  constructor(message: OutgoingMessage, key: number) {
    this.message = message
    this.key = key
  }
}

export class OutgoingDeliveries {
  readonly #ids: ClientPacketIds
  readonly #journal: SessionJournal | null
  #lastKey = 0
  /** By Packet Identifier, in the order of the first sending. */
  readonly #inFlight = new Map<number, OutgoingDelivery>()
  /** QoS 1 and 2, in the order of publishing. */
  #waiting = new Fifo<OutgoingDelivery>()
  /** QoS 0 is not delayed by the quota [MQTT-4.9.0-3], so it has a queue of its own for the time without a connection. */
  readonly #waitingQos0 = new Fifo<OutgoingDelivery>()
  /** In flight from an earlier connection, not yet sent again on this one. */
  #unsent = new Fifo<OutgoingDelivery>()
  #connection = 0
  #quota = 0
  #unfinished = 0
  #sending = false
  /** Something had to wait: say so when nothing does any more. */
  #owed = false

  constructor(ids: ClientPacketIds, journal: SessionJournal | null) {
    this.#ids = ids
    this.#journal = journal
  }

  /** Takes over what an earlier program left, in its order. Before anything else. */
  restore(stored: readonly JournaledDelivery[]): void {
    for (const { key, message, packetId, isReleased } of stored) {
      const delivery = new OutgoingDelivery(message, key)
      this.#lastKey = Math.max(this.#lastKey, key)
      if (packetId === 0) this.#waiting.push(delivery)
      else {
        delivery.packetId = packetId
        delivery.isReleased = isReleased
        this.#ids.reserve(packetId)
        this.#inFlight.set(packetId, delivery)
      }
    }
  }

  /** Messages that wait to be sent. */
  get waiting(): number {
    return this.#waiting.size + this.#waitingQos0.size + this.#unsent.size
  }

  /** Messages sent and not acknowledged to the end. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Sends a QoS 0 message at once, if none waits and the socket takes it; false = `add` it. Throws UsageError, and LimitError for what this server does not take. */
  sendNow(message: OutgoingMessage, port: DeliveryPort): boolean {
    if (message.qos !== 0 || this.#sending || this.#waitingQos0.size > 0 || !port.writable) return false
    checkTopicName(message)
    const error = port.sendPublish({ message, packetId: 0 }, false)
    if (error !== null) throw error
    return true
  }

  /** Takes a message; `pump` sends it. Throws UsageError for a Topic Name that cannot be published to. */
  add(message: OutgoingMessage): Delivery {
    checkTopicName(message)
    const delivery = new OutgoingDelivery(message, ++this.#lastKey)
    if (message.qos === 0) this.#waitingQos0.push(delivery)
    else {
      this.#journal?.outgoing(delivery)
      this.#waiting.push(delivery)
    }
    return delivery
  }

  /** Forgets a message that was not sent yet; false when it is on its way, or gone already. */
  cancel(message: OutgoingMessage): boolean {
    const found = (message.qos === 0 ? this.#waitingQos0 : this.#waiting).remove((delivery) => delivery.message === message)
    if (found !== undefined && message.qos > 0) this.#journal?.outgoingDone(found.key)
    return found !== undefined
  }

  /** The server still has the session: unfinished messages are sent again, in their order, with their identifiers [MQTT-4.4.0-1]. */
  resume(quota: number, port: DeliveryPort): void {
    this.#begin(quota)
    for (const delivery of this.#inFlight.values()) {
      if (!delivery.isReleased) this.#unsent.push(delivery)
    }
    this.#sending = true
    try {
      for (const delivery of this.#inFlight.values()) {
        if (delivery.isReleased) {
          this.#count(delivery)
          port.sendPubrel(delivery.packetId, 0) // never the PUBLISH again [MQTT-4.3.3-6]
        } else if (this.#unsent.first === delivery && this.#room > 0 && port.writable) this.#resend(port)
      }
    } finally {
      this.#sending = false
    }
  }

  /** The server has no session: QoS 1 becomes new messages, the first of those waiting; QoS 2 in flight is lost [MQTT-3.2.2-5]. */
  restart(quota: number, port: DeliveryPort): void {
    this.#begin(quota)
    const again = new Fifo<OutgoingDelivery>()
    const lost: OutgoingDelivery[] = []
    for (const delivery of this.#inFlight.values()) {
      this.#ids.give(delivery.packetId)
      if (delivery.message.qos === 2) {
        this.#journal?.outgoingDone(delivery.key)
        lost.push(delivery)
      } else {
        delivery.packetId = 0
        this.#journal?.outgoing(delivery)
        again.push(delivery)
      }
    }
    this.#inFlight.clear()
    for (const delivery of this.#waiting.drain()) again.push(delivery)
    this.#waiting = again
    for (const delivery of lost) port.undelivered(delivery, new SessionLostError(`message to '${delivery.message.topicName}': its session is gone`))
  }

  /** Sends what may be sent: QoS 0 while the socket takes it, QoS 1 and 2 up to the quota [MQTT-3.3.4-7]. */
  pump(port: DeliveryPort): void {
    if (this.#sending) return // called from within an event of ours: the loop below goes on
    this.#sending = true
    try {
      while (port.writable && this.#next(port)) {
        /* one more */
      }
    } finally {
      this.#sending = false
    }
    const drained = this.#owed && this.waiting === 0
    this.#owed = this.waiting > 0
    if (drained) port.drained()
  }

  /** PUBACK, PUBREC or PUBCOMP. Unknown identifiers end nothing; an acknowledgement of the wrong kind does. Throws ProtocolError. */
  acknowledged(packet: PublishAcknowledgement, port: DeliveryPort): void {
    const delivery = this.#inFlight.get(packet.packetId)
    if (delivery === undefined) {
      if (packet.type === PacketType.Pubrec && packet.reasonCode < 0x80) port.sendPubrel(packet.packetId, 0x92)
      return
    }
    switch (packet.type) {
      case PacketType.Puback:
        if (delivery.message.qos !== 1) throw new ProtocolError(0x82, `PUBACK ${packet.packetId} for QoS 2`, 'MQTT-4.3.3-2')
        this.#finish(delivery, packet, port)
        return
      case PacketType.Pubrec:
        if (delivery.message.qos !== 2) throw new ProtocolError(0x82, `PUBREC ${packet.packetId} for QoS 1`, 'MQTT-4.3.2-1')
        if (packet.reasonCode >= 0x80) {
          // ends it, the identifier is free
          this.#finish(delivery, packet, port)
          return
        }
        delivery.isReleased = true
        this.#journal?.outgoing(delivery)
        port.sendPubrel(packet.packetId, 0) // [MQTT-4.3.3-4]
        return
      case PacketType.Pubcomp:
        if (!delivery.isReleased) throw new ProtocolError(0x82, `PUBCOMP ${packet.packetId} before its PUBREL`, 'MQTT-4.3.3-5')
        this.#finish(delivery, packet, port)
        return
      default:
    }
  }

  get #room(): number {
    return this.#quota - this.#unfinished
  }

  #begin(quota: number): void {
    this.#connection++
    this.#quota = quota
    this.#unfinished = 0
    this.#unsent = new Fifo()
    this.#owed = this.waiting > 0
  }

  /** Counts a delivery as unfinished on this connection. Also those past PUBREC: the server may count them against its Receive Maximum. */
  #count(delivery: OutgoingDelivery): void {
    delivery.sentOn = this.#connection
    this.#unfinished++
  }

  /** Sends one message; false when there is none that may be sent. */
  #next(port: DeliveryPort): boolean {
    const qos0 = this.#waitingQos0.shift()
    if (qos0 !== undefined) {
      const error = port.sendPublish(qos0, false)
      if (error === null) port.delivered(qos0, null)
      else port.undelivered(qos0, error)
      return true
    }
    if (this.#room <= 0) return false
    return this.#unsent.size > 0 ? this.#resend(port) : this.#sendFirst(port)
  }

  #resend(port: DeliveryPort): true {
    const delivery = this.#unsent.shift()!
    if (this.#inFlight.get(delivery.packetId) !== delivery || delivery.isReleased) return true // finished meanwhile
    const error = port.sendPublish(delivery, true) // [MQTT-3.3.1-1]
    if (error === null) this.#count(delivery)
    else {
      this.#forget(delivery)
      port.undelivered(delivery, error)
    }
    return true
  }

  #sendFirst(port: DeliveryPort): boolean {
    const delivery = this.#waiting.first
    if (delivery === undefined) return false
    const packetId = this.#ids.take()
    if (packetId === 0) return false
    this.#waiting.shift()
    delivery.packetId = packetId
    this.#inFlight.set(packetId, delivery)
    this.#journal?.outgoing(delivery)
    const error = port.sendPublish(delivery, false)
    if (error === null) this.#count(delivery)
    else {
      this.#forget(delivery)
      port.undelivered(delivery, error)
    }
    return true
  }

  #finish(delivery: OutgoingDelivery, packet: PublishAcknowledgement, port: DeliveryPort): void {
    if (delivery.sentOn === this.#connection) this.#unfinished--
    this.#forget(delivery)
    port.delivered(delivery, packet)
  }

  #forget(delivery: OutgoingDelivery): void {
    this.#inFlight.delete(delivery.packetId)
    this.#ids.give(delivery.packetId)
    this.#journal?.outgoingDone(delivery.key)
  }
}
