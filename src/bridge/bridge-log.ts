// What a bridge says in the log, in Mosquitto's words where it has some; what went wrong is remembered also.
// Lines of messages come from our broker, whose client the bridge is; here is what only the other side sees.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { refusalReason } from '../client/errors.ts'
import type { ClientEnd, ClientTrace } from '../session/client-effects.ts'
import { type Packet, PacketType, type SubscriptionRequest } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import type { BridgeAddress, BridgeSettings } from './bridge-settings.ts'
import type { BridgeRecord } from './bridge-status.ts'

/** Of CONNACK in 3.x. */
const REFUSALS: Readonly<Record<number, string>> = {
  0x84: 'unacceptable protocol version',
  0x85: 'identifier rejected',
  0x86: 'bad user name or password',
  0x87: 'not authorised',
  0x88: 'broker unavailable',
}
/** We closed it ourselves; if that was for a reason, it has been told before. */
const OWN_END = 'connection closed'
/** Dropped messages told of in one connection. */
const TOLD_DROPS = 10

export class BridgeLog implements ClientTrace {
  /** Changes with a reload. */
  settings: BridgeSettings
  readonly #log: Log
  readonly #record: BridgeRecord
  readonly #clock: Clock
  #drops = 0

  constructor(settings: BridgeSettings, log: Log, record: BridgeRecord, clock: Clock) {
    this.settings = settings
    this.#log = log
    this.#record = record
    this.#clock = clock
  }

  connecting({ host, port }: BridgeAddress): void {
    this.#drops = 0
    this.#record.refusedThere.clear()
    this.#log.write('notice', `Connecting bridge ${this.settings.name} (${host}:${port})`)
  }

  /** No Network Connection. `nextMs` null = it is not tried again. */
  unreachable({ host, port }: BridgeAddress, message: string, nextMs: number | null): void {
    this.#failed(message)
    this.#log.write('error', `Error creating bridge ${this.settings.name} (${host}:${port}): ${message}. ${next(nextMs)}`)
  }

  ended({ host, port }: BridgeAddress, end: ClientEnd, nextMs: number | null): void {
    const { name, localClientId } = this.settings
    if (end.cause === 'refused') {
      const reason = refusalReason(end.reasonCode)
      const words = REFUSALS[reason] ?? reasonName(reason, PacketType.Connack)
      this.#failed(`connection refused: ${words}`)
      this.#log.write('error', `Connection Refused: ${words} (bridge ${name}). ${next(nextMs)}`)
    } else {
      const words = endText(end)
      if (words !== OWN_END) this.#failed(words)
      this.#log.write('notice', `Client ${localClientId} [${host}:${port}] disconnected: ${words}. ${next(nextMs)}`)
    }
  }

  localSubscribe(topicFilter: string): void {
    this.#debug(`Bridge ${this.settings.localClientId} doing local SUBSCRIBE on topic ${topicFilter}`)
  }

  /** All that our broker refused of one attempt to subscribe. */
  localRefusals(topicFilters: readonly string[]): void {
    this.#record.refusedHere = new Set(topicFilters)
    for (const topicFilter of topicFilters)
      this.#log.write('warning', `Warning: bridge ${this.settings.name} may not subscribe to ${topicFilter} here${this.#asWhom()}.`)
  }

  /** Our own broker does not let the bridge in. */
  localEnd(reasonCode: number | null, fault: Error | null = null): void {
    const why =
      fault !== null
        ? `its session here was ended by a fault: ${fault.message}`
        : reasonCode === null
          ? 'this broker ended its session'
          : `this broker refused it: ${reasonName(reasonCode, PacketType.Connack)}`
    this.#failed(why)
    this.#log.write('error', `Error: bridge ${this.settings.name}: ${why}.`)
  }

  subscribing(packetId: number, { topicFilter, qos, noLocal, retainAsPublished, retainHandling }: SubscriptionRequest): void {
    const options = (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4)
    const hex = options.toString(16).padStart(2, '0')
    this.#debug(`Bridge ${this.settings.localClientId} sending SUBSCRIBE (Mid: ${packetId}, Topic: ${topicFilter}, QoS: ${qos}, Options: 0x${hex})`)
  }

  unsubscribing(packetId: number, topicFilter: string): void {
    this.#debug(`Bridge ${this.settings.localClientId} sending UNSUBSCRIBE (Mid: ${packetId}, Topic: ${topicFilter})`)
  }

  remoteRefusal(topicFilter: string, reason: string): void {
    this.#record.refusedThere.set(topicFilter, reason)
    this.#log.write('warning', `Warning: bridge ${this.settings.name} gets nothing of ${topicFilter}: ${reason}.`)
  }

  dropped(topicName: string, reason: string): void {
    this.#record.droppedMessages++
    this.#drops++
    if (this.#drops <= TOLD_DROPS) this.#log.write('notice', `Bridge ${this.settings.name} dropped a message to '${topicName}': ${reason}.`)
    if (this.#drops === TOLD_DROPS) this.#log.write('notice', `Bridge ${this.settings.name}: more of these are not shown until it connects again.`)
  }

  sent(bytes: number): void {
    this.#record.sentMessages++
    this.#record.sentBytes += bytes
  }

  failback({ host, port }: BridgeAddress): void {
    this.#log.write('notice', `Bridge ${this.settings.name}: ${host}:${port} is back, changing over.`)
  }

  idle(): void {
    this.#log.write('notice', `Bridge ${this.settings.name} has been idle for ${this.settings.idleTimeout} s, disconnecting.`)
  }

  sending(packet: Packet): void {
    const { localClientId, remoteClientId } = this.settings
    if (packet.type === PacketType.Connect) this.#debug(`Bridge ${remoteClientId} sending CONNECT`)
    else if (packet.type === PacketType.Pingreq) this.#debug(`Sending PINGREQ to ${localClientId}`)
    else if (packet.type === PacketType.Disconnect) this.#debug(`Sending DISCONNECT to ${localClientId} (rc${packet.reasonCode})`)
  }

  received(packet: Packet): void {
    const { localClientId } = this.settings
    switch (packet.type) {
      case PacketType.Connack:
        this.#debug(`Received CONNACK on connection ${localClientId}.`)
        return
      case PacketType.Suback:
        this.#debug(`Received SUBACK from ${localClientId}`)
        return
      case PacketType.Unsuback:
        this.#debug(`Received UNSUBACK from ${localClientId}`)
        return
      case PacketType.Pingresp:
        this.#debug(`Received PINGRESP from ${localClientId}`)
        return
      case PacketType.Disconnect:
        this.#debug(`Received DISCONNECT from ${localClientId} (${packet.reasonCode})`)
        return
      default:
    }
  }

  /** PUBACK of the bridge's own notification. */
  notified(packetId: number): void {
    this.#debug(`Received PUBACK from ${this.settings.localClientId} (Mid: ${packetId}, RC:0)`)
  }

  #failed(text: string): void {
    this.#record.problem = { text, at: this.#clock.now() }
  }

  #asWhom(): string {
    const { localUserName } = this.settings
    return localUserName === null ? '' : ` as user ${localUserName} (local_username)`
  }

  #debug(line: string): void {
    this.#log.write('debug', line)
  }
}

function next(ms: number | null): string {
  return ms === null ? 'It is not tried again.' : ms === 0 ? 'Trying again.' : `Trying again in ${Math.max(1, Math.round(ms / 1000))} s.`
}

function endText({ cause, reasonCode, error }: ClientEnd): string {
  switch (cause) {
    case 'server-disconnect':
      return `the other broker disconnected: ${reasonCode === 0 ? 'no reason given' : reasonName(reasonCode, PacketType.Disconnect)}`
    case 'protocol-error':
      return `the other broker broke the protocol: ${error?.message ?? reasonName(reasonCode, PacketType.Disconnect)}`
    case 'keep-alive':
      return 'exceeded timeout'
    case 'timeout':
      return 'no CONNACK in time'
    case 'network':
      return error === null ? 'connection closed by the other broker' : `connection lost: ${error.message}`
    default:
      return OWN_END
  }
}
