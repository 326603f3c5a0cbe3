// Valid packets of every type, version and sender, as fast-check makes them up.
// Text of clients has no control characters, text of servers may have all but U+0000.

import fc from 'fast-check'
import { type Connect, type Packet, PacketType, type ProtocolVersion, type Publish, type Qos, type Sender } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES, PROPERTIES, type Properties, type PropertyCarrier, type PropertyRow, senderMayUseProperty } from '../../src/wire/mqtt/properties.ts'
import { packetMayCarry, senderMayUse } from '../../src/wire/mqtt/reason-codes.ts'

export const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5]
export const SENDERS: readonly Sender[] = ['client', 'server']

export const packetId: fc.Arbitrary<number> = fc.integer({ min: 1, max: 65535 })
const qos = fc.constantFrom<Qos>(0, 1, 2)
export const bytes = (maxLength = 40): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength }).map((array) => new Uint8Array(array))

/** Any characters but surrogates, ASCII more often than others. */
export function characters(maxLength: number): fc.Arbitrary<string> {
  const ascii = fc.integer({ min: 0x20, max: 0x7e })
  const any = fc.oneof(fc.nat(0xff), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  return fc
    .oneof({ weight: 3, arbitrary: fc.array(ascii, { maxLength }) }, { weight: 1, arbitrary: fc.array(any, { maxLength }) })
    .map((codes) => codes.map((code) => String.fromCodePoint(code)).join(''))
}

export function text(sender: Sender, maxLength = 20): fc.Arbitrary<string> {
  const all = fc.oneof(
    { weight: 9, arbitrary: characters(maxLength) },
    { weight: 1, arbitrary: fc.constantFrom('\ufeffé', '\u{1f99f}', '日本', 'a'.repeat(300)) },
  )
  return all.map((value) => [...value].filter((character) => isAllowed(character.codePointAt(0)!, sender)).join(''))
}

function isAllowed(code: number, sender: Sender): boolean {
  if (code === 0) return false
  if (sender === 'server') return true
  return !(code < 0x20 || (code >= 0x7f && code < 0xa0) || (code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code < 0xfdf0))
}

export function topicName(sender: Sender): fc.Arbitrary<string> {
  const free = text(sender).map((value) => value.replaceAll(/[+#]/g, '') || '/')
  return fc.oneof(
    free,
    fc.array(fc.constantFrom('a', 'b', '', '$SYS', 'sensor'), { minLength: 1, maxLength: 6 }).map((levels) => levels.join('/') || '/'),
  )
}

export const topicFilter: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '+', '', '$SYS', 'é'), { minLength: 1, maxLength: 5 }),
    fc.boolean(),
    fc.constantFrom('', '', '', '$share/g/', '$share/é x/'),
  )
  .map(([levels, all, share]) => share + ([...levels, ...(all ? ['#'] : [])].join('/') || '/'))

function value(row: PropertyRow, sender: Sender, carrier: PropertyCarrier): fc.Arbitrary<unknown> {
  switch (row.type) {
    case 'flag':
      return fc.integer({ min: 0, max: 1 })
    case 'two-byte':
      return fc.integer({ min: row.least, max: 65535 })
    case 'four-byte':
      return fc.oneof(fc.integer({ min: row.least, max: 0xffffffff }), fc.constant(0xffffffff))
    case 'varint':
      return fc.array(fc.constantFrom(1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455), {
        minLength: 1,
        maxLength: carrier === PacketType.Publish ? 4 : 1,
      })
    case 'text':
      return row.name === 'responseTopic' ? topicName(sender) : text(sender)
    case 'binary':
      return bytes()
    default:
      return fc.array(fc.tuple(text(sender), text(sender)), { minLength: 1, maxLength: 4 })
  }
}

/** Some of the properties that this packet may have, in any order. */
export function properties(carrier: PropertyCarrier, version: ProtocolVersion, sender: Sender): fc.Arbitrary<Properties> {
  if (version !== 5) return fc.constant(NO_PROPERTIES)
  const rows = PROPERTIES.filter((row) => row.carriers.includes(carrier) && senderMayUseProperty(row.id, carrier, sender))
  const some = fc
    .shuffledSubarray([...rows])
    .chain((chosen) => fc.tuple(...chosen.map((row) => value(row, sender, carrier).map((found) => [row.name, found] as const))))
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(NO_PROPERTIES) },
    {
      weight: 3,
      arbitrary: some.map((entries) => {
        const named = Object.fromEntries(entries)
        if ('authenticationData' in named && !('authenticationMethod' in named)) delete named['authenticationData']
        return named as Properties
      }),
    },
  )
}

export function connect(version: ProtocolVersion): fc.Arbitrary<Connect> {
  const will = fc.record({ topicName: topicName('client'), payload: bytes(), qos, retain: fc.boolean(), properties: properties('will', version, 'client') })
  return fc
    .record({
      type: fc.constant(PacketType.Connect),
      version: fc.constant(version),
      bridge: fc.boolean(),
      cleanStart: fc.boolean(),
      keepAlive: fc.integer({ min: 0, max: 65535 }),
      clientId: text('client'),
      will: fc.option(will),
      userName: fc.option(text('client')),
      password: fc.option(bytes()),
      properties: properties(PacketType.Connect, version, 'client'),
    })
    .map((packet) => (version !== 5 && packet.userName === null ? { ...packet, password: null } : packet))
}

export function publish(version: ProtocolVersion, sender: Sender): fc.Arbitrary<Publish> {
  return fc
    .record({
      type: fc.constant(PacketType.Publish),
      topicName: topicName(sender),
      payload: bytes(200),
      qos,
      retain: fc.boolean(),
      dup: fc.boolean(),
      packetId,
      properties: properties(PacketType.Publish, version, sender),
      behindAlias: fc.boolean(),
    })
    .map(({ behindAlias, ...packet }) => ({
      ...packet,
      topicName: behindAlias && packet.properties.topicAlias !== undefined ? '' : packet.topicName,
      dup: packet.qos > 0 && packet.dup,
      packetId: packet.qos > 0 ? packet.packetId : 0,
    }))
}

/** Any packet that this side may send in this version. */
export function packet(version: ProtocolVersion, sender: Sender): fc.Arbitrary<Packet> {
  const reason = (type: PacketType): fc.Arbitrary<number> =>
    version === 5 ? fc.constantFrom(...Array.from({ length: 256 }, (_, code) => code).filter((code) => senderMayUse(code, type, sender))) : fc.constant(0)
  const both: fc.Arbitrary<Packet>[] = [publish(version, sender)]
  for (const type of [PacketType.Puback, PacketType.Pubrec, PacketType.Pubrel, PacketType.Pubcomp]) {
    both.push(fc.record({ type: fc.constant(type), packetId, reasonCode: reason(type), properties: properties(type, version, sender) }))
  }
  if (version === 5 || sender === 'client') {
    const type = PacketType.Disconnect
    both.push(fc.record({ type: fc.constant(type), reasonCode: reason(type), properties: properties(type, version, sender) }))
  }
  if (version === 5) {
    const type = PacketType.Auth
    both.push(fc.record({ type: fc.constant(type), reasonCode: reason(type), properties: properties(type, version, sender) }))
  }
  return fc.oneof(...both, ...(sender === 'client' ? fromClient(version) : fromServer(version)))
}

function fromClient(version: ProtocolVersion): fc.Arbitrary<Packet>[] {
  const five = version === 5
  const subscription = fc
    .record({
      topicFilter,
      qos,
      noLocal: five ? fc.boolean() : fc.constant(false),
      retainAsPublished: five ? fc.boolean() : fc.constant(false),
      retainHandling: five ? fc.constantFrom(0 as const, 1 as const, 2 as const) : fc.constant(0 as const),
    })
    .map((request) => ({ ...request, noLocal: request.noLocal && !request.topicFilter.startsWith('$share/') }))
  return [
    connect(version),
    fc.record({
      type: fc.constant(PacketType.Subscribe),
      packetId,
      subscriptions: fc.array(subscription, { minLength: 1, maxLength: 5 }),
      properties: properties(PacketType.Subscribe, version, 'client'),
    }),
    fc.record({
      type: fc.constant(PacketType.Unsubscribe),
      packetId,
      topicFilters: fc.array(topicFilter, { minLength: 1, maxLength: 5 }),
      properties: properties(PacketType.Unsubscribe, version, 'client'),
    }),
    fc.constant({ type: PacketType.Pingreq }),
  ]
}

function fromServer(version: ProtocolVersion): fc.Arbitrary<Packet>[] {
  const five = version === 5
  const codes = (type: PacketType): number[] => Array.from({ length: 256 }, (_, code) => code).filter((code) => packetMayCarry(code, type))
  const list = (allowed: number[]): fc.Arbitrary<number[]> => fc.array(fc.constantFrom(...allowed), { minLength: 1, maxLength: 5 })
  return [
    fc
      .record({
        type: fc.constant(PacketType.Connack),
        sessionPresent: version === 3 ? fc.constant(false) : fc.boolean(),
        reasonCode: fc.constantFrom(...(five ? codes(PacketType.Connack) : [0, 1, 2, 3, 4, 5])),
        properties: properties(PacketType.Connack, version, 'server'),
      })
      .map((packet) => ({ ...packet, sessionPresent: packet.sessionPresent && packet.reasonCode === 0 })),
    fc.record({
      type: fc.constant(PacketType.Suback),
      packetId,
      reasonCodes: list(five ? codes(PacketType.Suback) : [0, 1, 2, 0x80]),
      properties: properties(PacketType.Suback, version, 'server'),
    }),
    fc.record({
      type: fc.constant(PacketType.Unsuback),
      packetId,
      reasonCodes: five ? list(codes(PacketType.Unsuback)) : fc.constant([]),
      properties: properties(PacketType.Unsuback, version, 'server'),
    }),
    fc.constant({ type: PacketType.Pingresp }),
  ]
}
