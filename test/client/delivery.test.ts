// QoS 0, 1 and 2 in both directions, and what is sent again when the connection comes back, as dialogues for 3.1, 3.1.1 and 5.0.
// The law over random cuts is in delivery-law.test.ts.

import { expect, test } from 'vitest'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { ackOf, Dialogue, messageOf, publishOf } from './scripted-server.ts'

const VERSIONS: ProtocolVersion[] = [3, 4, 5]
const KEEP = { cleanStart: false }

/** Comes back to a server that still has the session; 3.1 cannot say so. */
function comeBack(dialogue: Dialogue, version: ProtocolVersion): Dialogue {
  dialogue.link.cut()
  dialogue.events()
  dialogue.connect(KEEP, { sessionPresent: version !== 3 })
  dialogue.events()
  return dialogue
}

for (const version of VERSIONS) {
  test(`${version}: QoS 0 is written and done [MQTT-4.3.1-1]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.publish(messageOf('a', 'x'))
    expect(dialogue.sent()).toEqual(["PUBLISH q0 0 'a' x"])
    expect(dialogue.events()).toEqual(['connected', 'delivered x'])
  })

  test(`${version}: QoS 1 is done at PUBACK [MQTT-4.3.2-3]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.publish(messageOf('a', 'x', 1))
    expect(dialogue.sent()).toEqual(["PUBLISH q1 1 'a' x"])
    expect(dialogue.events()).toEqual(['connected'])
    expect(dialogue.say(ackOf('puback', 1)).events()).toEqual(['delivered x'])
    expect(dialogue.say(ackOf('puback', 1)).events()).toEqual([]) // unknown now: ignored
    expect(dialogue.link.ended).toBe(null)
  })

  test(`${version}: QoS 2 is PUBLISH, PUBREC, PUBREL, PUBCOMP [MQTT-4.3.3-4]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.publish(messageOf('a', 'x', 2))
    expect(dialogue.sent()).toEqual(["PUBLISH q2 1 'a' x"])
    expect(dialogue.say(ackOf('pubrec', 1)).sent()).toEqual(['PUBREL 1'])
    expect(dialogue.events()).toEqual(['connected'])
    expect(dialogue.say(ackOf('pubcomp', 1)).events()).toEqual(['delivered x'])
  })

  test(`${version}: acknowledgements in one read are all taken, in order`, () => {
    const dialogue = new Dialogue(version).connect()
    for (const text of ['x', 'y', 'z']) dialogue.publish(messageOf('a', text, 1))
    dialogue.raw(0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3)
    expect(dialogue.events()).toEqual(['connected', 'delivered x', 'delivered y', 'delivered z'])
  })

  test(`${version}: received QoS 1 is acknowledged, then handed over; QoS 2 at PUBREL, once [MQTT-4.3.3-10]`, () => {
    const dialogue = new Dialogue(version).connect()
    dialogue.say(publishOf('a', 'one', { qos: 1, packetId: 9 }))
    expect(dialogue.sent()).toEqual(['PUBACK 9'])
    dialogue.say(publishOf('a', 'two', { qos: 2, packetId: 7 }), publishOf('a', 'two', { qos: 2, packetId: 7, dup: true }))
    expect(dialogue.sent()).toEqual(['PUBREC 7', 'PUBREC 7'])
    expect(dialogue.events()).toEqual(['connected', "message 'a' one"])
    dialogue.say(ackOf('pubrel', 7))
    expect(dialogue.sent()).toEqual(['PUBCOMP 7'])
    expect(dialogue.events()).toEqual(["message 'a' two"])
    dialogue.say(ackOf('pubrel', 7))
    expect(dialogue.sent()).toEqual([version === 5 ? 'PUBCOMP 7 0x92' : 'PUBCOMP 7'])
    expect(dialogue.events()).toEqual([])
  })

  test(`${version}: a run of messages with one head gives each its payload and identifier`, () => {
    const dialogue = new Dialogue(version).connect()
    const tail = version === 5 ? [0] : []
    const length = 6 + tail.length
    dialogue.raw(...[1, 2, 3].flatMap((i) => [0x32, length, 0, 1, 97, 0, i, ...tail, 48 + i]))
    expect(dialogue.sent()).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3'])
    expect(dialogue.events()).toEqual(['connected', "message 'a' 1", "message 'a' 2", "message 'a' 3"])
  })

  test(`${version}: identifier 0 within a run ends the connection [MQTT-2.2.1-4]`, () => {
    const dialogue = new Dialogue(version).connect()
    const tail = version === 5 ? [0] : []
    const length = 6 + tail.length
    dialogue.raw(...[1, 0].flatMap((i) => [0x32, length, 0, 1, 97, 0, i, ...tail, 48 + i]))
    expect(dialogue.link.ended).toBe('end')
    expect(dialogue.events()).toEqual(['connected', "message 'a' 1"])
  })

  test(`${version}: accepted messages only are acknowledged, QoS 1 in order [MQTT-4.6.0-2]`, () => {
    const dialogue = new Dialogue(version, { acknowledge: 'when-accepted' }).connect()
    for (const packetId of [1, 2, 3]) dialogue.say(publishOf('a', `m${packetId}`, { qos: 1, packetId }))
    dialogue.say(publishOf('a', 'm4', { qos: 2, packetId: 4 }), ackOf('pubrel', 4))
    expect(dialogue.sent()).toEqual(['PUBREC 4'])
    dialogue.receipts[1]!.accept()
    expect(dialogue.sent()).toEqual([])
    dialogue.receipts[0]!.accept()
    dialogue.receipts[0]!.accept()
    expect(dialogue.sent()).toEqual(['PUBACK 1', 'PUBACK 2'])
    dialogue.receipts[3]!.accept()
    dialogue.receipts[3]!.accept()
    expect(dialogue.sent()).toEqual(['PUBCOMP 4'])
    dialogue.receipts[2]!.accept()
    expect(dialogue.sent()).toEqual(['PUBACK 3'])
  })

  test(`${version}: a QoS 2 message accepted after the connection broke is not handed over again`, () => {
    const dialogue = new Dialogue(version, { acknowledge: 'when-accepted' }).connect(KEEP)
    dialogue.say(publishOf('a', 'x', { qos: 2, packetId: 4 }), ackOf('pubrel', 4))
    expect(dialogue.events()).toEqual(['connected', "message 'a' x"])
    comeBack(dialogue, version)
    dialogue.say(ackOf('pubrel', 4))
    expect(dialogue.sent()).toEqual([])
    dialogue.receipts[0]!.accept()
    expect(dialogue.sent()).toEqual(['PUBCOMP 4'])
    expect(dialogue.events()).toEqual([])
  })

  test(`${version}: a QoS 2 message accepted between two connections is completed on the second`, () => {
    const dialogue = new Dialogue(version, { acknowledge: 'when-accepted' }).connect(KEEP)
    dialogue.say(publishOf('a', 'x', { qos: 2, packetId: 4 }), ackOf('pubrel', 4))
    dialogue.link.cut()
    dialogue.receipts[0]!.accept()
    dialogue.connect(KEEP, { sessionPresent: version !== 3 })
    dialogue.events()
    dialogue.say(ackOf('pubrel', 4))
    expect(dialogue.sent()).toEqual(['PUBCOMP 4'])
    expect(dialogue.events()).toEqual([])
  })

  test(`${version}: a receipt of an earlier connection acknowledges nothing on the next`, () => {
    const dialogue = new Dialogue(version, { acknowledge: 'when-accepted' }).connect(KEEP)
    dialogue.say(publishOf('a', 'x', { qos: 1, packetId: 4 }))
    comeBack(dialogue, version)
    dialogue.receipts[0]!.accept()
    expect(dialogue.sent()).toEqual([])
  })

  test(`${version}: lost PUBLISH or PUBACK: sent again with DUP and the same identifier [MQTT-4.4.0-1]`, () => {
    const dialogue = new Dialogue(version).connect(KEEP)
    dialogue.publish(messageOf('a', 'x', 1)).sent()
    expect(comeBack(dialogue, version).sent()).toEqual(["PUBLISH dup q1 1 'a' x"])
    expect(dialogue.say(ackOf('puback', 1)).events()).toEqual(['delivered x'])
  })

  test(`${version}: lost PUBREC: PUBLISH again; lost PUBREL or PUBCOMP: PUBREL again, never PUBLISH [MQTT-4.3.3-6]`, () => {
    const dialogue = new Dialogue(version).connect(KEEP)
    dialogue.publish(messageOf('a', 'x', 2)).sent()
    expect(comeBack(dialogue, version).sent()).toEqual(["PUBLISH dup q2 1 'a' x"])
    expect(dialogue.say(ackOf('pubrec', 1)).sent()).toEqual(['PUBREL 1'])
    expect(comeBack(dialogue, version).sent()).toEqual(['PUBREL 1'])
    expect(comeBack(dialogue, version).sent()).toEqual(['PUBREL 1'])
    expect(dialogue.say(ackOf('pubcomp', 1)).events()).toEqual(['delivered x'])
    expect(comeBack(dialogue, version).sent()).toEqual([])
  })

  test(`${version}: all that is unfinished comes again in its order, then what waited [MQTT-4.6.0-1]`, () => {
    const dialogue = new Dialogue(version).connect(KEEP)
    for (const [text, qos] of [
      ['1', 1],
      ['2', 2],
      ['3', 2],
      ['4', 1],
    ] as const)
      dialogue.publish(messageOf('a', text, qos))
    dialogue.say(ackOf('pubrec', 2))
    dialogue.link.cut()
    dialogue.publish(messageOf('a', '5', 1)).publish(messageOf('a', '6', 0))
    dialogue.connect(KEEP, { sessionPresent: version !== 3 })
    expect(dialogue.sent()).toEqual([
      "PUBLISH dup q1 1 'a' 1",
      'PUBREL 2',
      "PUBLISH dup q2 3 'a' 3",
      "PUBLISH dup q1 4 'a' 4",
      "PUBLISH q0 0 'a' 6",
      "PUBLISH q1 5 'a' 5",
    ])
  })

  test(`${version}: the server has no session: QoS 1 is sent as new, QoS 2 in flight is lost, identifiers are free [MQTT-3.2.2-5]`, () => {
    const dialogue = new Dialogue(version).connect(KEEP)
    dialogue
      .publish(messageOf('a', '1', 2))
      .publish(messageOf('a', '2', 1))
      .publish(messageOf('a', '3', 2))
    dialogue.say(ackOf('pubrec', 1))
    dialogue.link.cut()
    dialogue.publish(messageOf('a', '4', 1)).events()
    dialogue.connect({ cleanStart: true })
    expect(dialogue.events()).toEqual(['undelivered 1: SessionLostError', 'undelivered 3: SessionLostError', 'connected', 'drained'])
    expect(dialogue.sent()).toEqual(["PUBLISH q1 4 'a' 2", "PUBLISH q1 5 'a' 4"])
    dialogue.say(ackOf('puback', 4), ackOf('puback', 5))
    expect(dialogue.events()).toEqual(['delivered 2', 'delivered 4'])
  })

  test(`${version}: after a lost session an old QoS 2 identifier is a new message`, () => {
    const dialogue = new Dialogue(version).connect(KEEP)
    dialogue.say(publishOf('a', 'old', { qos: 2, packetId: 4 }))
    dialogue.link.cut()
    dialogue.connect({ cleanStart: true })
    dialogue.say(publishOf('a', 'new', { qos: 2, packetId: 4 }), ackOf('pubrel', 4))
    expect(dialogue.events().at(-1)).toBe("message 'a' new")
  })

  test(`${version}: a QoS 2 message received before the break is handed over once after it`, () => {
    const dialogue = new Dialogue(version).connect(KEEP)
    dialogue.say(publishOf('a', 'x', { qos: 2, packetId: 4 }))
    comeBack(dialogue, version)
    dialogue.say(publishOf('a', 'x', { qos: 2, packetId: 4, dup: true }), ackOf('pubrel', 4))
    expect(dialogue.sent()).toEqual(['PUBREC 4', 'PUBCOMP 4'])
    expect(dialogue.events()).toEqual(["message 'a' x"])
  })

  test(`${version}: an acknowledgement of the wrong kind ends the connection`, () => {
    for (const [qos, kind] of [
      [1, 'pubrec'],
      [1, 'pubcomp'],
      [2, 'puback'],
      [2, 'pubcomp'],
    ] as const) {
      const dialogue = new Dialogue(version).connect()
      dialogue.publish(messageOf('a', 'x', qos)).sent()
      dialogue.say(ackOf(kind, 1))
      expect([kind, dialogue.link.ended, ...dialogue.sent()]).toEqual([kind, 'end', ...(version === 5 ? ['DISCONNECT 0x82'] : [])])
    }
  })

  test(`${version}: PUBREC for an unknown identifier is answered with PUBREL`, () => {
    const dialogue = new Dialogue(version).connect()
    expect(dialogue.say(ackOf('pubrec', 77)).sent()).toEqual([version === 5 ? 'PUBREL 77 0x92' : 'PUBREL 77'])
  })

  test(`${version}: at most so many in flight as asked for`, () => {
    const dialogue = new Dialogue(version, { maximumInflight: 2 }).connect()
    for (const text of ['1', '2', '3', '4']) dialogue.publish(messageOf('a', text, 1))
    expect(dialogue.sent()).toEqual(["PUBLISH q1 1 'a' 1", "PUBLISH q1 2 'a' 2"])
    expect(dialogue.say(ackOf('puback', 2)).sent()).toEqual(["PUBLISH q1 3 'a' 3"])
  })

  test(`${version}: a full socket holds messages back until it takes them`, () => {
    const dialogue = new Dialogue(version).connect({}, {}, 100)
    dialogue.link.output.blocked = true
    for (let i = 0; i < 40; i++) dialogue.publish(messageOf('a', String(i)))
    const held = dialogue.session.outgoing.waiting
    expect(held).toBeGreaterThan(20)
    dialogue.link.output.blocked = false
    dialogue.link.collect()
    dialogue.connection.drained()
    expect(dialogue.sent().length).toBe(40)
    expect(dialogue.events().at(-1)).toBe('drained')
  })
}

test('5: Receive Maximum: QoS 1 and 2 queue beyond it, QoS 0 does not, PUBREC with a failure gives room [MQTT-3.3.4-7]', () => {
  const dialogue = new Dialogue(5).connect({}, { properties: { receiveMaximum: 2 } })
  for (const [text, qos] of [
    ['1', 2],
    ['2', 1],
    ['3', 1],
    ['4', 2],
    ['0', 0],
  ] as const)
    dialogue.publish(messageOf('a', text, qos))
  expect(dialogue.sent()).toEqual(["PUBLISH q2 1 'a' 1", "PUBLISH q1 2 'a' 2", "PUBLISH q0 0 'a' 0"])
  expect(dialogue.say(ackOf('pubrec', 1)).sent()).toEqual(['PUBREL 1']) // PUBREC gives no room
  expect(dialogue.say(ackOf('puback', 2, 0x10)).sent()).toEqual(["PUBLISH q1 3 'a' 3"])
  expect(dialogue.say(ackOf('pubcomp', 1)).sent()).toEqual(["PUBLISH q2 4 'a' 4"])
  dialogue.publish(messageOf('a', '5', 1))
  expect(dialogue.sent()).toEqual([])
  expect(dialogue.say(ackOf('pubrec', 4, 0x87)).sent()).toEqual(["PUBLISH q1 5 'a' 5"])
  expect(dialogue.events()).toEqual(['connected', 'delivered 0', 'delivered 2 0x10', 'delivered 1', 'drained', 'delivered 4 0x87', 'drained'])
})

test('5: sending again keeps within a smaller Receive Maximum, PUBREL is not delayed', () => {
  const dialogue = new Dialogue(5).connect(KEEP)
  for (const text of ['1', '2', '3', '4']) dialogue.publish(messageOf('a', text, 2))
  dialogue.say(ackOf('pubrec', 4))
  dialogue.link.cut()
  dialogue.connect(KEEP, { sessionPresent: true, properties: { receiveMaximum: 2 } })
  expect(dialogue.sent()).toEqual(["PUBLISH dup q2 1 'a' 1", "PUBLISH dup q2 2 'a' 2", 'PUBREL 4'])
  dialogue.say(ackOf('pubcomp', 4))
  expect(dialogue.sent()).toEqual([])
  dialogue.say(ackOf('pubrec', 1), ackOf('pubcomp', 1))
  expect(dialogue.sent()).toEqual(['PUBREL 1', "PUBLISH dup q2 3 'a' 3"])
})

test('5: Maximum QoS, Retain Available, Maximum Packet Size: what the server does not take is not sent [MQTT-3.2.2-11]', () => {
  const dialogue = new Dialogue(5).connect({}, { properties: { maximumQos: 1, retainAvailable: 0, maximumPacketSize: 40 } })
  dialogue
    .publish(messageOf('a', 'qos', 2))
    .publish(messageOf('a', 'retain', 1, {}, true))
    .publish(messageOf('a', 'size'.repeat(10), 1))
    .publish(messageOf('a', 'good', 1))
  expect(dialogue.sent()).toEqual(["PUBLISH q1 4 'a' good"])
  expect(dialogue.events()).toEqual([
    'connected',
    'undelivered qos: LimitError',
    'undelivered retain: LimitError',
    `undelivered ${'size'.repeat(10)}: LimitError`,
  ])
})

test('5: limits of the server for SUBSCRIBE', () => {
  const request = { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  const { connection } = new Dialogue(5).connect(
    {},
    { properties: { wildcardSubscriptionAvailable: 0, sharedSubscriptionAvailable: 0, subscriptionIdentifiersAvailable: 0 } },
  )
  expect(() => connection.subscribe([{ ...request, topicFilter: 'a/#' }])).toThrow('a/#: the server takes no wildcards')
  expect(() => connection.subscribe([{ ...request, topicFilter: '$share/g/a' }])).toThrow('no Shared Subscriptions')
  expect(() => connection.subscribe([request], { subscriptionIdentifiers: [1] })).toThrow('Subscription Identifier')
  expect(connection.subscribe([request])).toBe(1) // refused ones use up no identifier
})

test('a Topic Name with a wildcard is never sent [MQTT-3.3.2-2]', () => {
  const dialogue = new Dialogue(4).connect()
  for (const name of ['', 'a/#', '+', 'a\0b', 'x'.repeat(65536)]) expect(() => dialogue.publish(messageOf(name, 'x'))).toThrow('Topic Name')
  expect(dialogue.sent()).toEqual([])
})

test('a payload is our own: what the transport does with its memory later is no matter', () => {
  const dialogue = new Dialogue(5, { acknowledge: 'when-accepted' }).connect()
  const payloads: Uint8Array[] = []
  const session = dialogue.session.incoming
  session.begin(true, 10, {
    acknowledge: 'at-once',
    sendAcknowledgement: () => {},
    message: ({ payload }) => {
      payloads.push(payload)
    },
  })
  dialogue.raw(0x30, 6, 0, 1, 97, 0, 104, 105, 0x30, 6, 0, 1, 97, 0, 104, 111)
  expect(payloads.map((payload) => new TextDecoder().decode(payload))).toEqual(['hi', 'ho'])
})
