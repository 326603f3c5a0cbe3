// CONNECT, CONNACK, refusals, Keep Alive and the end of a connection, seen from the server's side of the wire.
// Each for 3.1, 3.1.1 and 5.0 where they agree.

import { expect, test } from 'vitest'
import { PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'
import { ackOf, connackOf, Dialogue, messageOf, publishOf } from './scripted-server.ts'

const VERSIONS: ProtocolVersion[] = [3, 4, 5]

for (const version of VERSIONS) {
  test(`${version}: CONNECT is the first packet, and the only one before CONNACK [MQTT-3.1.0-1]`, () => {
    const dialogue = new Dialogue(version).open()
    dialogue.publish(messageOf('a', 'early', 1))
    expect(dialogue.sent()).toEqual(['CONNECT'])
    dialogue.say(connackOf())
    expect(dialogue.events()).toEqual(['connected', 'drained'])
    expect(dialogue.sent()).toEqual(["PUBLISH q1 1 'a' early"])
  })

  test(`${version}: a refusal tells its code and closes`, () => {
    const code = version === 5 ? 0x87 : 5
    const dialogue = new Dialogue(version).open()
    dialogue.say(connackOf({ reasonCode: code }))
    expect(dialogue.link.ended).toBe('end')
    dialogue.link.cut()
    expect(dialogue.events()).toEqual([`refused 0x${code.toString(16)}`, `closed refused 0x${code.toString(16)}`])
  })

  test(`${version}: anything but CONNACK first ends the connection [MQTT-3.2.0-1]`, () => {
    const dialogue = new Dialogue(version).open()
    dialogue.sent()
    dialogue.say(publishOf('a', 'x'))
    expect(dialogue.sent()).toEqual(version === 5 ? ['DISCONNECT 0x82'] : [])
    expect(dialogue.link.ended).toBe('end')
    dialogue.link.cut()
    expect(dialogue.events()).toEqual(['closed protocol-error 0x82'])
  })

  test(`${version}: a second CONNACK ends the connection [MQTT-3.2.0-2]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.say(connackOf())
    expect(dialogue.sent()).toEqual(version === 5 ? ['DISCONNECT 0x82'] : [])
    expect(dialogue.link.ended).toBe('end')
  })

  test(`${version}: PINGREQ after Keep Alive of silence, again when answered, the end when not [MQTT-3.1.2-20]`, () => {
    const dialogue = new Dialogue(version).connect({ keepAlive: 10 })
    expect(dialogue.pass(9_990).sent()).toEqual([])
    expect(dialogue.pass(20).sent()).toEqual(['PINGREQ'])
    dialogue.say({ type: PacketType.Pingresp })
    expect(dialogue.pass(9_900).sent()).toEqual([])
    expect(dialogue.pass(200).sent()).toEqual(['PINGREQ'])
    dialogue.events()
    dialogue.pass(9_800)
    expect(dialogue.link.ended).toBe(null)
    dialogue.pass(500)
    expect(dialogue.link.ended).toBe('destroy')
    dialogue.link.cut()
    expect(dialogue.events()).toEqual(['closed keep-alive'])
  })

  test(`${version}: what is sent puts PINGREQ off, while the server is heard`, () => {
    const dialogue = new Dialogue(version).connect({ keepAlive: 10 })
    dialogue
      .pass(6_000)
      .publish(messageOf('a', 'x', 1))
      .say(ackOf('puback', 1))
    dialogue.sent()
    expect(dialogue.pass(9_900).sent()).toEqual([])
    expect(dialogue.pass(200).sent()).toEqual(['PINGREQ'])
  })

  test(`${version}: a dead server is found although we publish all the time`, () => {
    const dialogue = new Dialogue(version).connect({ keepAlive: 10 })
    for (let i = 0; i < 25; i++) dialogue.pass(1_000).publish(messageOf('a', 'x'))
    expect(dialogue.link.ended).toBe('destroy')
  })

  test(`${version}: no CONNACK in time cuts the connection`, () => {
    const dialogue = new Dialogue(version, { connectTimeoutMs: 5_000 }).open()
    dialogue.pass(4_900)
    expect(dialogue.link.ended).toBe(null)
    dialogue.pass(200)
    expect(dialogue.link.ended).toBe('destroy')
    dialogue.link.cut()
    expect(dialogue.events()).toEqual(['closed timeout'])
  })

  test(`${version}: DISCONNECT is the last packet, and closes [MQTT-3.14.4-2]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.connection.disconnect()
    dialogue.publish(messageOf('a', 'late'))
    dialogue.say(publishOf('b', 'also late', { qos: 1 }))
    expect(dialogue.sent()).toEqual(['DISCONNECT'])
    expect(dialogue.link.ended).toBe('end')
    dialogue.link.cut()
    expect(dialogue.events()).toEqual(['connected', 'closed disconnect'])
  })

  test(`${version}: the network goes: one closed event, with the transport's error`, () => {
    const dialogue = new Dialogue(version).connect()
    const error = new Error('reset')
    dialogue.link.cut(error)
    dialogue.link.receiver!.closed(null)
    expect(dialogue.events()).toEqual(['connected', 'closed network'])
    expect(dialogue.ends[0]!.error).toBe(error)
    expect(dialogue.pass(1_000_000).link.ended).toBe(null) // no deadline is left
  })

  test(`${version}: SUBSCRIBE and UNSUBSCRIBE bear identifiers of their own and get their answers`, () => {
    const dialogue = new Dialogue(version).connect()
    const { connection } = dialogue
    dialogue.publish(messageOf('a', 'x', 1))
    const request = { topicFilter: 'a/#', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
    expect(connection.subscribe([request, { ...request, topicFilter: 'b', qos: 0 }])).toBe(2)
    expect(connection.unsubscribe(['a/#'])).toBe(3)
    expect(dialogue.sent()).toEqual(["PUBLISH q1 1 'a' x", 'SUBSCRIBE 2 a/#:2 b:0', 'UNSUBSCRIBE 3 a/#'])
    dialogue.say({ type: PacketType.Suback, packetId: 2, reasonCodes: [2, 0], properties: NO_PROPERTIES })
    dialogue.say({ type: PacketType.Unsuback, packetId: 3, reasonCodes: version === 5 ? [0] : [], properties: NO_PROPERTIES })
    expect(dialogue.events()).toEqual(['connected', 'suback 2 a/# b 2 0', 'unsuback 3 a/#'])
  })

  test(`${version}: a SUBACK with a wrong number of codes, or for no SUBSCRIBE, ends the connection [MQTT-3.9.3-1]`, () => {
    const request = { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
    const few = new Dialogue(version).connect()
    few.connection.subscribe([request, request])
    few.say({ type: PacketType.Suback, packetId: 1, reasonCodes: [0], properties: NO_PROPERTIES })
    expect(few.link.ended).toBe('end')
    const none = new Dialogue(version).connect()
    none.say({ type: PacketType.Suback, packetId: 1, reasonCodes: [0], properties: NO_PROPERTIES })
    expect(none.link.ended).toBe('end')
  })

  test(`${version}: every byte may come alone`, () => {
    const dialogue = new Dialogue(version).open()
    const bytes = [
      ...[0x20, version === 5 ? 3 : 2, 0, 0],
      ...(version === 5 ? [0] : []),
      0x30,
      version === 5 ? 5 : 4,
      0,
      1,
      97,
      ...(version === 5 ? [0] : []),
      120,
    ]
    dialogue.link.give(Uint8Array.from(bytes), 1)
    expect(dialogue.events()).toEqual(['connected', "message 'a' x"])
  })

  test(`${version}: identifiers go round and skip those in use [MQTT-2.2.1-3]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.publish(messageOf('a', 'stays', 1))
    for (let i = 2; i <= 65535; i++) {
      dialogue.publish(messageOf('a', 'x', 1))
      dialogue.say(ackOf('puback', i))
    }
    dialogue.sent()
    dialogue.publish(messageOf('a', 'round', 1))
    expect(dialogue.sent()).toEqual(["PUBLISH q1 2 'a' round"])
  })
}

test('when all 65,535 identifiers are in use messages wait, and one that comes back is used [MQTT-2.2.1-3]', () => {
  const dialogue = new Dialogue(4).connect()
  const request = { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  expect(dialogue.connection.subscribe([request])).toBe(1)
  for (let i = 2; i <= 65536; i++) dialogue.publish(messageOf('a', 'x', 1))
  expect(dialogue.session.outgoing.waiting).toBe(1)
  expect(() => dialogue.connection.unsubscribe(['a'])).toThrow('all 65535 Packet Identifiers are in use')
  dialogue.sent()
  dialogue.say({ type: PacketType.Suback, packetId: 1, reasonCodes: [0], properties: NO_PROPERTIES })
  expect(dialogue.sent()).toEqual(["PUBLISH q1 1 'a' x"])
})

test('5: Session Present after Clean Start ends the connection [MQTT-3.2.2-4]', () => {
  const dialogue = new Dialogue(5).connect({ cleanStart: true }, { sessionPresent: true })
  expect(dialogue.sent()).toEqual(['DISCONNECT 0x82'])
  expect(dialogue.events()).toEqual([])
})

test('5: Server Keep Alive is obeyed [MQTT-3.1.2-21]', () => {
  const dialogue = new Dialogue(5).connect({ keepAlive: 60 }, { properties: { serverKeepAlive: 5 } })
  expect(dialogue.connection.limits!.keepAlive).toBe(5)
  expect(dialogue.pass(5_050).sent()).toEqual(['PINGREQ'])
})

test('5: Keep Alive 0 sends no PINGREQ', () => {
  expect(new Dialogue(5).connect({ keepAlive: 0 }).pass(500_000).sent()).toEqual([])
})

test('5: the Assigned Client Identifier is in force; one for a client that has its own is a fault', () => {
  const assigned = { properties: { assignedClientIdentifier: 'auto-1' } }
  expect(new Dialogue(5).connect({ clientId: '' }, assigned).connection.limits!.clientId).toBe('auto-1')
  expect(new Dialogue(5).connect({ clientId: 'mine' }, assigned).sent()).toEqual(['DISCONNECT 0x82'])
})

test('5: a server of old that refuses the version in the old form is understood', () => {
  const dialogue = new Dialogue(5).open().raw(0x20, 2, 0, 1)
  dialogue.link.cut()
  expect(dialogue.events()).toEqual(['refused 0x1', 'closed refused 0x1'])
})

test("5: the server's DISCONNECT is told with its reason", () => {
  const dialogue = new Dialogue(5).connect()
  dialogue.say({ type: PacketType.Disconnect, reasonCode: 0x8e, properties: NO_PROPERTIES })
  expect(dialogue.link.ended).toBe('end')
  dialogue.link.cut()
  expect(dialogue.events()).toEqual(['connected', 'disconnected 0x8e', 'closed server-disconnect 0x8e'])
  expect(dialogue.sent()).toEqual([])
})

test('5: a Session Expiry Interval in DISCONNECT needs one in CONNECT', () => {
  const dialogue = new Dialogue(5).connect()
  expect(() => dialogue.connection.disconnect(0, { sessionExpiryInterval: 10 })).toThrow('Session Expiry Interval 10')
  const keeping = new Dialogue(5).connect({ properties: { sessionExpiryInterval: 5 } })
  keeping.connection.disconnect(4, { sessionExpiryInterval: 10 })
  expect(keeping.sent()).toEqual(['DISCONNECT 0x4'])
})

test('a paused connection waits for no PINGRESP, and begins again when resumed', () => {
  const dialogue = new Dialogue(5).connect({ keepAlive: 10 })
  dialogue.connection.pause()
  dialogue.pass(60_000)
  expect(dialogue.link.paused).toBe(true)
  expect(dialogue.link.ended).toBe(null)
  expect(dialogue.sent().length).toBeGreaterThanOrEqual(5) // the server must hear from us all the same
  dialogue.connection.resume()
  dialogue.pass(9_000)
  expect(dialogue.link.ended).toBe(null)
  dialogue.pass(2_000)
  expect(dialogue.link.ended).toBe('destroy')
})
