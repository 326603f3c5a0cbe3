// What a server may not do in 5.0, and what it is told; Topic Aliases; enhanced authentication.
// Each fault ends the connection with DISCONNECT and the right Reason Code.

import { expect, test } from 'vitest'
import type { ClientAuthentication } from '../../src/session/client-effects.ts'
import { type Packet, PacketType } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../../src/wire/mqtt/properties.ts'
import { ackOf, connackOf, Dialogue, messageOf, publishOf, settle } from './scripted-server.ts'

function answersTo(properties: Properties, ...packets: Packet[]): string[] {
  const dialogue = new Dialogue(5).connect({ properties })
  dialogue.say(...packets)
  return dialogue.sent()
}

test('more than our Receive Maximum: 0x93 [MQTT-3.3.4-9]', () => {
  const dialogue = new Dialogue(5, { acknowledge: 'when-accepted' }).connect({ properties: { receiveMaximum: 2 } })
  dialogue.say(publishOf('a', '1', { qos: 1, packetId: 1 }), publishOf('a', '0'), publishOf('a', '2', { qos: 2, packetId: 2 }))
  expect(dialogue.sent()).toEqual(['PUBREC 2'])
  dialogue.receipts[0]!.accept()
  dialogue.say(publishOf('a', '3', { qos: 1, packetId: 3 }))
  expect(dialogue.sent()).toEqual(['PUBACK 1'])
  dialogue.say(publishOf('a', '4', { qos: 1, packetId: 4 }))
  expect(dialogue.sent()).toEqual(['DISCONNECT 0x93'])
  dialogue.link.cut()
  expect(dialogue.events().at(-1)).toBe('closed protocol-error 0x93')
})

test('QoS 2 counts until PUBCOMP, a repetition does not count twice', () => {
  const two = publishOf('a', 'x', { qos: 2, packetId: 1 })
  const again = { ...two, dup: true }
  expect(answersTo({ receiveMaximum: 1 }, two, again, ackOf('pubrel', 1), publishOf('a', 'y', { qos: 1, packetId: 2 }))).toEqual([
    'PUBREC 1',
    'PUBREC 1',
    'PUBCOMP 1',
    'PUBACK 2',
  ])
  expect(answersTo({ receiveMaximum: 1 }, two, publishOf('a', 'y', { qos: 2, packetId: 2 }))).toEqual(['PUBREC 1', 'DISCONNECT 0x93'])
})

test('a packet beyond our Maximum Packet Size: 0x95 [MQTT-3.1.2-24]', () => {
  expect(answersTo({ maximumPacketSize: 20 }, publishOf('a', 'x'.repeat(14)))).toEqual([])
  expect(answersTo({ maximumPacketSize: 20 }, publishOf('a', 'x'.repeat(15)))).toEqual(['DISCONNECT 0x95'])
})

test('a Topic Alias beyond our maximum: 0x94; one never defined: 0x82 [MQTT-3.1.2-26]', () => {
  expect(answersTo({ topicAliasMaximum: 3 }, publishOf('a', 'x', { properties: { topicAlias: 4 } }))).toEqual(['DISCONNECT 0x94'])
  expect(answersTo({}, publishOf('a', 'x', { properties: { topicAlias: 1 } }))).toEqual(['DISCONNECT 0x94'])
  expect(answersTo({ topicAliasMaximum: 3 }, publishOf('', 'x', { properties: { topicAlias: 3 } }))).toEqual(['DISCONNECT 0x82'])
})

test('malformed: 0x81; a packet that servers never send: 0x82', () => {
  expect(new Dialogue(5).connect().raw(0x36, 4, 0, 1, 97, 0).sent()).toEqual(['DISCONNECT 0x81']) // QoS 3
  expect(new Dialogue(5).connect().raw(0xc0, 0).sent()).toEqual(['DISCONNECT 0x82']) // PINGREQ
})

test('a Reason String that we asked not to get: 0x82 [MQTT-3.1.2-29]', () => {
  const dialogue = new Dialogue(5).connect({ properties: { requestProblemInformation: 0 } })
  dialogue.say(publishOf('a', 'x', { properties: { userProperties: [['k', 'v']] } })) // may always have them
  dialogue.publish(messageOf('a', 'y', 1)).sent()
  dialogue.say({ ...ackOf('puback', 1), properties: { reasonString: 'because' } })
  expect(dialogue.sent()).toEqual(['DISCONNECT 0x82'])
})

test('a Maximum Packet Size in which nothing fits is answered, not obeyed into silence', () => {
  expect(new Dialogue(5).connect({}, { properties: { maximumPacketSize: 3 } }).sent()).toEqual(['DISCONNECT 0x83'])
})

test('after a fault nothing more is handled', () => {
  const dialogue = new Dialogue(5).connect()
  dialogue.raw(0x30, 5, 0, 1, 97, 0, 120, 0xc0, 0, 0x30, 5, 0, 1, 97, 0, 121)
  expect(dialogue.events()).toEqual(['connected', "message 'a' x"])
})

test("the server's aliases are resolved, redefined, and end with the connection [MQTT-3.3.2-7]", () => {
  const dialogue = new Dialogue(5).connect({ cleanStart: false, properties: { topicAliasMaximum: 2 } })
  const alias = (topicName: string, topicAlias: number): Packet => publishOf(topicName, 'x', { properties: { topicAlias } })
  dialogue.say(alias('a', 1), alias('', 1), alias('b', 2), alias('c', 1), alias('', 1), alias('', 2))
  expect(dialogue.events().slice(1)).toEqual(['a', 'a', 'b', 'c', 'c', 'b'].map((name) => `message '${name}' x`))
  dialogue.link.cut()
  dialogue.connect({ cleanStart: false, properties: { topicAliasMaximum: 2 } }, { sessionPresent: true })
  dialogue.say(alias('', 1))
  expect(dialogue.sent()).toEqual(['DISCONNECT 0x82'])
})

test('our alias: with the name first, then without; sent again without; anew on the next connection', () => {
  const dialogue = new Dialogue(5).connect({ cleanStart: false }, { properties: { topicAliasMaximum: 5 } })
  for (const text of ['1', '2']) dialogue.publish(messageOf('a', text, 1, { topicAlias: 5 }))
  expect(dialogue.sent()).toEqual(["PUBLISH q1 1 'a' alias 5 1", "PUBLISH q1 2 '' alias 5 2"])
  dialogue.link.cut()
  dialogue.connect({ cleanStart: false }, { sessionPresent: true, properties: { topicAliasMaximum: 5 } })
  dialogue.publish(messageOf('a', '3', 0, { topicAlias: 5 }))
  expect(dialogue.sent()).toEqual(["PUBLISH dup q1 1 'a' 1", "PUBLISH dup q1 2 'a' 2", "PUBLISH q0 0 'a' alias 5 3"])
  dialogue.publish(messageOf('b', '4', 0, { topicAlias: 5 })).publish(messageOf('a', '5', 0, { topicAlias: 5 }))
  expect(dialogue.sent()).toEqual(["PUBLISH q0 0 'b' alias 5 4", "PUBLISH q0 0 'a' alias 5 5"])
})

test("an alias beyond the server's maximum is not sent [MQTT-3.2.2-17]", () => {
  const dialogue = new Dialogue(5).connect({}, { properties: { topicAliasMaximum: 2 } })
  dialogue.publish(messageOf('a', 'x', 0, { topicAlias: 3 }))
  expect(dialogue.sent()).toEqual([])
  expect(dialogue.events()).toEqual(['connected', 'undelivered x: LimitError'])
})

test('automatic aliases: the least recently used is given up', () => {
  const dialogue = new Dialogue(5, { automaticTopicAliases: 9 }).connect({}, { properties: { topicAliasMaximum: 2 } })
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) dialogue.publish(messageOf(name, 'x'))
  expect(dialogue.sent()).toEqual([
    "PUBLISH q0 0 'a' alias 1 x",
    "PUBLISH q0 0 'b' alias 2 x",
    "PUBLISH q0 0 '' alias 1 x",
    "PUBLISH q0 0 'c' alias 2 x",
    "PUBLISH q0 0 '' alias 1 x",
    "PUBLISH q0 0 'b' alias 2 x",
  ])
})

test('automatic aliases go round when each topic comes once', () => {
  const dialogue = new Dialogue(5, { automaticTopicAliases: 2 }).connect({}, { properties: { topicAliasMaximum: 9 } })
  for (const name of ['a', 'b', 'c', 'd']) dialogue.publish(messageOf(name, 'x'))
  expect(dialogue.sent().map((line) => line.slice(13))).toEqual(["'a' alias 1 x", "'b' alias 2 x", "'c' alias 1 x", "'d' alias 2 x"])
})

test('a message too large to be sent defines no alias', () => {
  const dialogue = new Dialogue(5, { automaticTopicAliases: 2 }).connect({}, { properties: { topicAliasMaximum: 2, maximumPacketSize: 30 } })
  dialogue.publish(messageOf('topic', 'x'.repeat(40))).publish(messageOf('topic', 'y'))
  expect(dialogue.sent()).toEqual(["PUBLISH q0 0 'topic' alias 1 y"])
})

const text = (data: string): Uint8Array => new TextEncoder().encode(data)

/** Says what it is told to; notes what it gets. */
class Script implements ClientAuthentication {
  readonly method = 'TEST'
  readonly got: (string | null)[] = []
  readonly #later: boolean
  constructor(later: boolean) {
    this.#later = later
  }
  step(data: Uint8Array | null): Uint8Array | Promise<Uint8Array> {
    const got = data === null ? null : new TextDecoder().decode(data)
    this.got.push(got)
    if (got === 'bad') {
      if (this.#later) return Promise.reject(new Error('not the right server'))
      throw new Error('not the right server')
    }
    const answer = text(`answer to ${got ?? 'nothing'}`)
    return this.#later ? Promise.resolve(answer) : answer
  }
}

const auth = (reasonCode: number, data: string | null, method = 'TEST'): Packet => ({
  type: PacketType.Auth,
  reasonCode,
  properties: { authenticationMethod: method, ...(data === null ? {} : { authenticationData: text(data) }) },
})

for (const later of [false, true]) {
  test(`AUTH back and forth, CONNACK judged, later again [MQTT-4.12.0-3] (${later ? 'answers come later' : 'answers at once'})`, async () => {
    const authentication = new Script(later)
    const dialogue = new Dialogue(5, { authentication }).open()
    await settle()
    const connect = dialogue.link.sent(5)[0]!
    expect('properties' in connect && connect.properties).toEqual({ authenticationMethod: 'TEST', authenticationData: text('answer to nothing') })
    dialogue.say(auth(0x18, 'challenge'))
    await settle()
    expect(dialogue.sent()).toEqual(['AUTH 0x18 answer to challenge'])
    // What comes with CONNACK waits for its judgement.
    dialogue.say(connackOf({ properties: { authenticationMethod: 'TEST', authenticationData: text('proof') } }), publishOf('a', 'x'))
    await settle()
    expect(dialogue.events()).toEqual(['connected', "message 'a' x"])
    dialogue.connection.reauthenticate()
    await settle()
    expect(dialogue.sent()).toEqual(['AUTH 0x19 answer to nothing'])
    dialogue.say(auth(0x18, 'again'))
    await settle()
    dialogue.say(auth(0, 'proof again'))
    await settle()
    expect(dialogue.sent()).toEqual(['AUTH 0x18 answer to again'])
    expect(dialogue.events()).toEqual(['reauthenticated'])
    expect(authentication.got).toEqual([null, 'challenge', 'proof', null, 'again', 'proof again'])
  })

  test(`a server that cannot prove itself is left (${later ? 'found later' : 'at once'})`, async () => {
    const dialogue = new Dialogue(5, { authentication: new Script(later) }).open()
    await settle()
    dialogue.sent()
    dialogue.say(connackOf({ properties: { authenticationMethod: 'TEST', authenticationData: text('bad') } }), publishOf('a', 'x'))
    await settle()
    dialogue.link.cut()
    expect(dialogue.sent()).toEqual(['DISCONNECT 0x80'])
    expect(dialogue.events()).toEqual(['closed authentication 0x80'])
    expect(dialogue.ends[0]!.error!.message).toBe('not the right server')
  })
}

test('AUTH that was not asked for, of another method, or out of turn: 0x82 [MQTT-4.12.0-5]', () => {
  const plain = new Dialogue(5).open()
  plain.link.sent(5)
  expect(plain.say(auth(0x18, 'x')).sent()).toEqual(['DISCONNECT 0x82'])
  const other = new Dialogue(5, { authentication: new Script(false) }).open()
  other.link.sent(5)
  expect(other.say(auth(0x18, 'x', 'OTHER')).sent()).toEqual(['DISCONNECT 0x82'])
  const done = new Dialogue(5, { authentication: new Script(false) }).connect()
  expect(done.say(auth(0x18, 'x')).sent()).toEqual(['DISCONNECT 0x82'])
  const early = new Dialogue(5, { authentication: new Script(false) }).open()
  early.link.sent(5)
  expect(early.say(auth(0, 'x')).sent()).toEqual(['DISCONNECT 0x82'])
  const foreign = new Dialogue(5).connect({}, { properties: { authenticationMethod: 'TEST' } })
  expect(foreign.sent()).toEqual(['DISCONNECT 0x82'])
})

test('re-authentication needs a method, and one at a time', () => {
  expect(() => new Dialogue(5).connect().connection.reauthenticate()).toThrow('without an Authentication Method')
  const { connection } = new Dialogue(5, { authentication: new Script(false) }).connect({}, { properties: NO_PROPERTIES })
  connection.reauthenticate()
  expect(() => connection.reauthenticate()).toThrow('still going on')
})
