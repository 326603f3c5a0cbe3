// Rules of the broker that come from a packet of the ladder: the one that loses its like next time; and which packets of the ladder such rules have lost.
// Pure: setting them is the screen's, what they do is the broker's (server/admin/fault-desk.ts).

import type { FaultFacts, FaultRow, FaultStrike, Role } from '../../../server/admin/api-types.ts'
import { PacketType } from '../../../wire/mqtt/packet.ts'
import type { LoggedConnection } from '../../worker/packets/message-log.ts'
import type { LadderMessage, LadderSlice } from '../../worker/packets/packet-calls.ts'
import type { LadderModel } from './ladder-model.ts'
import { TYPE_NAMES } from './ladder-model.ts'

/** The next packet of a kind, in words: what it is, whose, about what. */
export interface NextPacket {
  /** `PUBACK`. */
  readonly name: string
  /** Null = it does not matter. */
  readonly qos: number | null
  readonly fromClient: boolean
  readonly client: string
  /** Of a PUBLISH, or of the one that is answered; null = none, or unknown. */
  readonly topic: string | null
}

/** What `POST faults` takes. */
export type LossRule = Pick<FaultFacts, 'action' | 'filter' | 'from' | 'client' | 'times' | 'cut'> & { readonly topic?: string }

/** Why no packet can be lost; null = it can. */
export type LossObstacle = 'nothing-chosen' | 'capture-file' | 'foreign-broker' | 'role' | 'unreadable' | 'unknown-client'

export interface LossPlace {
  readonly isFile: boolean
  /** Base of the admin API; null = there is none for this broker. */
  readonly admin: string | null
  readonly role: Role | null
}

/** Answers whose loss leaves their receiver waiting as long as the connection lives. */
const ANSWERS: ReadonlySet<number> = new Set([
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubrel,
  PacketType.Pubcomp,
  PacketType.Suback,
  PacketType.Unsuback,
])
/** Milliseconds between a packet as the ring has it and the rule's word of it. */
const MOST_APART = 1000

export function lossObstacle({ isFile, admin, role }: LossPlace, message: LadderMessage | null, connection: LoggedConnection | null): LossObstacle | null {
  if (isFile) return 'capture-file'
  if (admin === null) return 'foreign-broker'
  if (role !== 'admin') return 'role'
  if (message === null || connection === null) return 'nothing-chosen'
  if (message.isBroken) return 'unreadable'
  return connection.clientId === '' ? 'unknown-client' : null
}

/** Whether its sender would wait for ever, were the connection to live on. */
export function isAnswer({ type }: Pick<LadderMessage, 'type'>): boolean {
  return ANSWERS.has(type)
}

/** `life` may hold the PUBLISH that an acknowledgement answers. */
export function nextPacketOf(message: LadderMessage, connection: LoggedConnection, ...slices: readonly LadderSlice[]): NextPacket {
  const { type, qos, fromClient } = message
  return {
    name: TYPE_NAMES[type] ?? '?',
    qos: type === PacketType.Publish ? qos : null,
    fromClient,
    client: connection.clientId,
    topic: topicOf(message, slices),
  }
}

export function lossRule({ name, qos, fromClient, client, topic }: NextPacket, cut: boolean): LossRule {
  const type = TYPE_NAMES.indexOf(name)
  return {
    action: 'drop',
    filter: `mqtt.msgtype == ${type}${qos === null ? '' : ` && mqtt.qos == ${qos}`}`,
    from: fromClient ? 'client' : 'broker',
    client,
    times: 1,
    cut,
    ...(topic === null ? {} : { topic }),
  }
}

/** A rule as `lossRule` makes them; null = another one, which only the broker has words for. */
export function nextPacketOfRule({ action, filter, from, client, topic, times, nth, every }: FaultRow): NextPacket | null {
  const plain = /^mqtt\.msgtype == (\d{1,2})(?: && mqtt\.qos == ([012]))?$/.exec(filter)
  const name = TYPE_NAMES[Number(plain?.[1] ?? 0)] ?? '?'
  if (plain === null || name === '?' || action !== 'drop' || times !== 1 || nth !== null || every !== null || from === null || client === null) return null
  return { name, qos: plain[2] === undefined ? null : Number(plain[2]), fromClient: from === 'client', client, topic }
}

/** The same messages, those that the broker's rules have lost marked as lost. */
export function withLosses(slice: LadderSlice, strikes: readonly FaultStrike[]): LadderSlice {
  const lost = new Set<number>()
  for (const strike of strikes) {
    if (!strike.isLost) continue
    let [best, distance] = [-1, MOST_APART]
    for (const message of slice.messages) {
      const { clientId } = slice.connections[message.connection]!
      if (lost.has(message.id) || !isLike(message, clientId, strike)) continue
      const apart = Math.abs(slice.origin + message.time * 1000 - strike.time)
      if (apart < distance) [best, distance] = [message.id, apart]
    }
    if (best >= 0) lost.add(best)
  }
  if (lost.size === 0) return slice
  return { ...slice, messages: slice.messages.map((message) => (lost.has(message.id) ? { ...message, fate: 'lost' } : message)) }
}

function isLike({ type, packetId, fromClient, text }: LadderMessage, clientId: string, strike: FaultStrike): boolean {
  if (type !== strike.type || packetId !== strike.packetId || fromClient !== (strike.from === 'client')) return false
  return (strike.client === null || clientId === strike.client) && (type !== PacketType.Publish || strike.topic === null || text === strike.topic)
}

function topicOf({ type, text, first }: LadderMessage, slices: readonly LadderSlice[]): string | null {
  if (type === PacketType.Publish) return text === '' ? null : text
  if (type < PacketType.Puback || type > PacketType.Pubcomp || first < 0) return null
  for (const { messages } of slices) {
    const publish = messages.find(({ id }) => id === first)
    if (publish !== undefined && publish.text !== '') return publish.text
  }
  return null
}

/** The chosen packet with its connection, of what is drawn. */
export function chosenOf(
  model: LadderModel,
  at: number,
  slice: LadderSlice,
): { readonly message: LadderMessage; readonly connection: LoggedConnection } | null {
  const message = model.steps[at]?.message
  const connection = message === undefined ? undefined : slice.connections[message.connection]
  return message === undefined || connection === undefined ? null : { message, connection }
}
