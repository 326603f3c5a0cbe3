// Carries out operations against one broker and notes, after each, what every client has received by then.
// What brokers may choose freely is made equal: Packet Identifiers, the order between topics and between copies of one message.

import { type Packet, PacketType, type Publish } from '../../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../../src/wire/mqtt/properties.ts'
import { CLIENTS, type ClientName, type Operation, type WillChoice } from './operations.ts'
import { RawClient } from './raw-client.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const EXPIRY = 100_000
const MOST_ROUNDS = 20

/** By client, its lines. */
export type Observation = Readonly<Partial<Record<ClientName, readonly string[]>>>

/** What came after each operation. */
export async function observe(port: number, operations: readonly Operation[]): Promise<Observation[]> {
  const clients = new Map<ClientName, RawClient>()
  const left: { name: ClientName; client: RawClient }[] = []
  const observations: Observation[] = []
  try {
    for (const operation of operations) {
      const before = clients.get(operation.client)
      await carryOut(port, operation, clients)
      if (before !== undefined && before !== clients.get(operation.client)) left.push({ name: operation.client, client: before })
      observations.push(await settle(clients, left))
    }
  } finally {
    await Promise.all([...clients.values()].map((client) => client.cut()))
  }
  return observations
}

async function carryOut(port: number, operation: Operation, clients: Map<ClientName, RawClient>): Promise<void> {
  const client = clients.get(operation.client)
  switch (operation.kind) {
    case 'connect': {
      const { version, cleanStart, expiry, receiveMaximum, acknowledges, will } = operation
      const properties: Properties =
        version === 5 ? { ...(expiry === 0 ? {} : { sessionExpiryInterval: expiry }), ...(receiveMaximum === null ? {} : { receiveMaximum }) } : {}
      clients.set(
        operation.client,
        await RawClient.connect(port, { version, clientId: operation.client, cleanStart, properties, will: will === null ? null : willOf(will), acknowledges }),
      )
      if (client !== undefined) await client.until(() => client.isClosed, 'the end of the connection that was taken over')
      return
    }
    case 'disconnect':
      await client!.disconnect(operation.reasonCode)
      clients.delete(operation.client)
      return
    case 'cut':
      await client!.cut()
      clients.delete(operation.client)
      return
    case 'subscribe':
      await client!.subscribe(operation.requests, operation.identifier)
      return
    case 'unsubscribe':
      await client!.unsubscribe(operation.topicFilter)
      return
    case 'publish': {
      const { topicName, payload, qos, retain, alias, aliasIsKnown, hasProperties } = operation
      const properties: Properties = {
        ...(alias === 0 ? {} : { topicAlias: alias }),
        ...(hasProperties
          ? {
              payloadFormatIndicator: 1,
              messageExpiryInterval: EXPIRY,
              contentType: 'text/plain',
              responseTopic: 'answers',
              correlationData: encoder.encode('c'),
              userProperties: [
                ['b', '1'],
                ['a', '2'],
                ['b', '3'],
              ],
            }
          : {}),
      }
      await client!.publish({ topicName: aliasIsKnown ? '' : topicName, payload, qos, retain, properties })
    }
  }
}

function willOf({ topicName, payload, qos, retain, delay }: WillChoice): NonNullable<Parameters<typeof RawClient.connect>[1]['will']> {
  return { topicName, payload: encoder.encode(payload), qos, retain, properties: delay === 0 ? {} : { willDelayInterval: delay } }
}

/** Pings all round until nobody has anything new, then takes what came. */
async function settle(clients: ReadonlyMap<ClientName, RawClient>, left: { name: ClientName; client: RawClient }[]): Promise<Observation> {
  const packets: Partial<Record<ClientName, Packet[]>> = {}
  const collect = (name: ClientName, client: RawClient): boolean => {
    const came = client.take().filter(({ type }) => type !== PacketType.Pingresp)
    if (came.length > 0) (packets[name] ??= []).push(...came)
    return came.length > 0
  }
  for (const { name, client } of left.splice(0)) collect(name, client)
  for (let round = 1, quiet = 0; quiet < 2 && round <= MOST_ROUNDS; round++) {
    quiet++
    for (const [name, client] of clients) {
      await client.ping()
      if (collect(name, client)) quiet = 0
    }
  }
  return Object.fromEntries(CLIENTS.flatMap((name) => (packets[name] === undefined ? [] : [[name, linesOf(packets[name])]])))
}

/** Answers first, in order; then messages by topic, copies of one message in the order of their lines. */
function linesOf(packets: readonly Packet[]): string[] {
  const answers = packets.filter(({ type }) => type !== PacketType.Publish).map(answerLine)
  const byTopic = new Map<string, Map<string, string[]>>()
  for (const packet of packets) {
    if (packet.type !== PacketType.Publish) continue
    const payload = decoder.decode(packet.payload)
    const messages = byTopic.get(packet.topicName) ?? new Map<string, string[]>()
    byTopic.set(packet.topicName, messages)
    messages.set(payload, [...(messages.get(payload) ?? []), publishLine(packet, payload)])
  }
  return [...answers, ...[...byTopic.keys()].sort().flatMap((topic) => [...byTopic.get(topic)!.values()].flatMap((copies) => copies.sort()))]
}

function answerLine(packet: Packet): string {
  switch (packet.type) {
    case PacketType.Connack:
      return `CONNACK session present ${packet.sessionPresent} code ${packet.reasonCode}`
    case PacketType.Suback:
      return `SUBACK ${packet.reasonCodes.join(' ')}`
    case PacketType.Unsuback:
      return 'UNSUBACK' // 2.0.11 answers 0 for a filter that nobody has, and 0x11 only when others have it
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return `${['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'][packet.type - PacketType.Puback]} ${packet.reasonCode}`
    case PacketType.Disconnect:
      return `DISCONNECT ${packet.reasonCode}`
    default:
      return `packet of type ${packet.type}`
  }
}

function publishLine({ topicName, qos, retain, dup, properties }: Publish, payload: string): string {
  const { messageExpiryInterval: expiry, subscriptionIdentifiers: identifiers, ...others } = properties
  const more = [
    ...(expiry === undefined ? [] : [`expires in ${expiry > EXPIRY - 100 ? EXPIRY : expiry}`]),
    ...(identifiers === undefined ? [] : [`identifiers ${[...identifiers].sort().join()}`]),
    ...Object.entries(others)
      .map(([name, value]) => `${name} ${value instanceof Uint8Array ? decoder.decode(value) : JSON.stringify(value)}`)
      .sort(),
  ]
  return [`PUBLISH ${topicName} "${payload}" q${qos} r${retain ? 1 : 0} d${dup ? 1 : 0}`, ...more].join(', ')
}
