// Will Messages: published when a connection ends without a normal DISCONNECT, after the Will Delay Interval [section 3.1.2.5].
// When, and that it happens once; what becomes of it when the broker stops.

import { Deadline, type Deadlines } from '../base/deadlines.ts'
import type { EndCause } from '../session/effects.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import { type Connect, PacketType, type Publish, type Will } from '../wire/mqtt/packet.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import { LONGEST_TEXT, utf8Length } from '../wire/text.ts'
import type { ListenerRules } from './listener-rules.ts'
import { WillEnd } from './ports.ts'
import { isReservedTopic } from './reserved-topics.ts'
import type { Session } from './session.ts'
import type { StoredMessages } from './stored-messages.ts'

export class Wills {
  readonly #deadlines: Deadlines
  readonly #publish: (session: Session, packet: Publish) => void

  readonly #stored: StoredMessages | null

  constructor(deadlines: Deadlines, stored: StoredMessages | null, publish: (session: Session, packet: Publish) => void) {
    this.#stored = stored
    this.#deadlines = deadlines
    this.#publish = publish
  }

  /** A connection has begun that brought the session's will. */
  store(session: Session): void {
    const { will, number, clientId, userName } = session
    if (this.#stored === null || will === null || number === 0) return
    const bytes = encodePacket(messageOf(will), 5)
    const arrivedAt = this.#stored.wallNow()
    const delay = will.properties.willDelayInterval ?? 0
    this.#stored.persistence.will(number, delay, { bytes, start: 0, end: bytes.length, version: 5, count: 1, arrivedAt, expiresAt: 0, clientId, userName })
  }

  /** The connection broke at `now`: the will follows after its delay, or the session's end if that is earlier [MQTT-3.1.3-9]. */
  schedule(session: Session, now: number): void {
    const will = session.will
    if (will === null) return
    const delay = Math.min(will.properties.willDelayInterval ?? 0, session.sessionExpiryInterval)
    if (delay === 0) this.publish(session)
    else {
      session.willDeadline ??= new Deadline(() => this.publish(session))
      this.#deadlines.set(session.willDeadline, now + delay * 1000)
    }
  }

  /** Now: its time has come, or the session ends [MQTT-3.1.2-8]. Does nothing when there is none. */
  publish(session: Session): void {
    const will = session.will
    this.#forget(session)
    if (will !== null) this.#publish(session, messageOf(will))
  }

  /** The client came back in time, or said goodbye [MQTT-3.1.2-10]. */
  cancel(session: Session): void {
    if (session.will !== null && session.number > 0) this.#stored?.persistence.willEnded(session.number, WillEnd.Removed)
    this.#forget(session)
  }

  /**
   * Its connection ended. True when the broker stops and the will stays stored: it goes out at the next start, as the standard allows
   * [section 3.1.2.5].
   */
  ended(session: Session, cause: EndCause, now: number): boolean {
    const isLeft = cause === 'shutdown' && session.will !== null && session.number > 0
    if (cause === 'shutdown') this.#forget(session)
    else if (cause === 'disconnect')
      this.cancel(session) // [MQTT-3.14.4-3]
    else this.schedule(session, now)
    return isLeft
  }

  #forget(session: Session): void {
    if (session.willDeadline !== null) this.#deadlines.cancel(session.willDeadline)
    session.will = null
  }
}

/** Judged at CONNECT, and its permission again when it is published; 0 = it may come in. */
export function refusalOfWill({ topicName, payload }: Will, { clientId, version }: Connect, userName: string | null, rules: ListenerRules): number {
  const { messageSizeLimit, maximumTopicLevels } = rules.limits
  if (topicName.split('/').length > maximumTopicLevels || utf8Length(topicName) > LONGEST_TEXT) return ReasonCode.TopicNameInvalid
  if (messageSizeLimit > 0 && payload.length > messageSizeLimit) return version === 5 ? ReasonCode.PacketTooLarge : ReasonCode.NotAuthorized
  if (isReservedTopic(topicName)) return ReasonCode.NotAuthorized
  return rules.authorizer.mayPublish(clientId, userName, topicName).endsWith('allow') ? 0 : ReasonCode.NotAuthorized
}

function messageOf(will: Will): Publish {
  const { willDelayInterval: _delay, ...properties } = will.properties
  return {
    type: PacketType.Publish,
    topicName: will.topicName,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain,
    dup: false,
    packetId: will.qos === 0 ? 0 : 1,
    properties,
  }
}
