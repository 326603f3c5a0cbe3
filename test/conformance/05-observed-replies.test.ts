// What Mosquitto 2.1 was seen to answer to legal and illegal packets, byte for byte; our broker answers the same.
// A line reads as a conversation: the broker's bytes after each packet, `-` for none, EOF for the end of the connection, `open` for none.

import { expect, test } from 'vitest'
import { bytesOf, connectFrame, field, frame } from '../support/raw-packets.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

type Version = 4 | 5

const CONNACK = { 4: '20020000', 5: '200e00000b22000a27001e8480210014' } as const

/** Sends the packets one by one, each in a read of its own. */
function converse(link: TestClient, packets: readonly (readonly number[])[]): string {
  const said: string[] = []
  for (const packet of packets) {
    link.sendBytes(packet)
    const hex = Buffer.from(link.receivedBytes()).toString('hex')
    if (hex === '' && link.isClosed) return [...said, 'EOF'].join(' | ')
    said.push(hex === '' ? '-' : hex)
  }
  return [...said, link.isClosed ? 'EOF' : 'open'].join(' | ')
}

/** An empty list of properties, where the version has such. */
const none = (version: Version): number[] => (version === 5 ? [0] : [])

const publish =
  (header: number, topic: string | readonly number[], packetId = '') =>
  (version: Version): number[][] => [frame(header, field(topic), packetId, none(version), '78')]
const subscribe =
  (topicFilter: string, options: string, header = 0x82, packetId = '0001') =>
  (version: Version): number[][] => [frame(header, packetId, none(version), field(topicFilter), options)]
const raw =
  (...packets: readonly string[]) =>
  (): number[][] =>
    packets.map((hex) => bytesOf(hex))

/** What: after a CONNECT that was accepted, these packets are answered so in 3.1.1 and so in 5.0. */
const AFTER_CONNECT: readonly (readonly [what: string, send: (version: Version) => number[][], answer4: string, answer5: string])[] = [
  ['PINGREQ [MQTT-3.12.4-1]', raw('c000'), 'd000 | open', 'd000 | open'],
  ['PINGREQ with flags [MQTT-2.1.3-1]', raw('c100'), 'EOF', 'e00181 | EOF'],
  ['PINGREQ with a body', raw('c0026162'), 'EOF', 'EOF'],
  ['a packet of type 0', raw('0000'), 'EOF', 'e00182 | EOF'],
  ['a packet of type 15 that is empty', raw('f000'), 'EOF', 'e00182 | EOF'],
  ['CONNACK', raw('20020000'), 'EOF', 'e00182 | EOF'],
  ['CONNECT once more [MQTT-3.1.0-2]', (version) => [connectFrame(version)], 'EOF', 'EOF'],
  ['PUBLISH with QoS 3 [MQTT-3.3.1-4]', publish(0x36, 'a', '0001'), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with QoS 0 and DUP [MQTT-3.3.1-2]', publish(0x38, 'a'), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with a wildcard [MQTT-3.3.2-2]', publish(0x30, 'a/#'), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with an empty Topic Name [MQTT-4.7.3-1]', publish(0x30, ''), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with U+0000 [MQTT-4.7.3-2]', publish(0x30, 'a\0b'), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with a Topic Name that is not UTF-8 [MQTT-3.3.2-1]', publish(0x30, [0x61, 0xff, 0x62]), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with a surrogate [MQTT-1.5.4-1]', publish(0x30, [0x61, 0xed, 0xa0, 0x80]), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with a control character', publish(0x30, 'a\x01'), 'EOF', 'e00181 | EOF'],
  ['PUBLISH with Packet Identifier 0 [MQTT-2.2.1-3]', publish(0x32, 'a', '0000'), 'EOF', 'e00182 | EOF'],
  ['PUBLISH below $SYS', publish(0x32, '$SYS/x', '0001'), '40020001 | open', '4003000187 | open'],
  ['PUBLISH below another $ topic', publish(0x32, '$foo/x', '0001'), '40020001 | open', '4003000110 | open'],
  ['SUBSCRIBE with flags 0 [MQTT-3.8.1-1]', subscribe('a', '00', 0x80), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE with Packet Identifier 0 [MQTT-2.2.1-3]', subscribe('a', '00', 0x82, '0000'), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE without a Topic Filter [MQTT-3.8.3-2]', (version) => [frame(0x82, '0001', none(version))], 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE with QoS 3 [MQTT-3.8.3-5, MQTT3-3.8.3-4]', subscribe('a', '03'), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE with a reserved bit [MQTT-3.8.3-5, MQTT3-3.8.3-4]', subscribe('a', '40'), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE with No Local [MQTT3-3.8.3-4]', subscribe('a', '04'), 'EOF', '900400010000 | open'],
  ['SUBSCRIBE with Retain Handling 3 [MQTT-3.8.3-5]', subscribe('a', '30'), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE to a# [MQTT-4.7.1-1]', subscribe('a#', '00'), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE to an empty Topic Filter [MQTT-4.7.3-1]', subscribe('', '00'), 'EOF', 'e00181 | EOF'],
  ['SUBSCRIBE to $share/g/a', subscribe('$share/g/a', '01'), '9003000101 | open', '900400010001 | open'],
  ['SUBSCRIBE to $share/g [MQTT-4.8.2-2]', subscribe('$share/g', '01'), 'EOF', 'e00182 | EOF'],
  ['SUBSCRIBE to $share/+/a [MQTT-4.8.2-2]', subscribe('$share/+/a', '01'), 'EOF', 'e00182 | EOF'],
  ['SUBSCRIBE to $share/g/a with No Local [MQTT-3.8.3-4]', subscribe('$share/g/a', '05'), 'EOF', 'e00182 | EOF'],
  [
    'UNSUBSCRIBE of what was never subscribed [MQTT-3.10.4-5]',
    (version) => [frame(0xa2, '0001', none(version), field('zz'))],
    'b0020001 | open',
    'b00400010011 | open',
  ],
  ['UNSUBSCRIBE without a Topic Filter [MQTT-3.10.3-2]', (version) => [frame(0xa2, '0001', none(version))], 'EOF', 'e00181 | EOF'],
  ['PUBREL of an unknown Packet Identifier [MQTT-4.3.3-11]', raw('62020007'), '70020007 | open', '70020007 | open'],
  ['PUBREL with flags 0 [MQTT-3.6.1-1]', raw('60020007'), 'EOF', 'e00182 | EOF'],
  ['PUBACK of an unknown Packet Identifier', raw('40020007'), '- | open', '- | open'],
  ['PUBREC of an unknown Packet Identifier', raw('50020007'), '62020007 | open', '62020007 | open'],
  ['PUBCOMP of an unknown Packet Identifier', raw('70020007'), '- | open', '- | open'],
  ['DISCONNECT with flags [MQTT-3.14.1-1]', raw('e100'), 'EOF', 'e00182 | EOF'],
  ['a Remaining Length of five bytes [MQTT-1.5.5-1]', raw('30ffffffff7f'), 'EOF', 'EOF'],
  ['AUTH, although CONNECT named no method [MQTT-4.12.0-7]', raw('f0021800'), 'EOF', 'e00182 | EOF'],
  [
    'QoS 2, the PUBLISH and the PUBREL each sent twice [MQTT-4.3.3-10, MQTT-4.3.3-11]',
    (version) => [...publish(0x34, 'a', '0005')(version), ...publish(0x3c, 'a', '0005')(version), bytesOf('62020005'), bytesOf('62020005')],
    '50020005 | 50020005 | 70020005 | 70020005 | open',
    '50020005 | 50020005 | 70020005 | 70020005 | open',
  ],
]

test.each(
  AFTER_CONNECT.flatMap(
    ([what, send, answer4, answer5]) =>
      [
        ['3.1.1', what, 4, send, answer4],
        ['5.0', what, 5, send, answer5],
      ] as const,
  ),
)('%s: %s', (_name, _what, version, send, answer) => {
  const broker = new TestBroker()
  const bystander = broker.client('bystander', { version })
  expect(converse(broker.link(version), [connectFrame(version), ...send(version)])).toBe(`${CONNACK[version]} | ${answer}`)
  expect(converse(bystander, [[0xc0, 0]])).toBe('d000 | open')
})

/** Mosquitto grants `$share//a`; the standard forbids an empty Share Name, so we answer as to `$share/g`. */
test('an empty Share Name is refused, unlike in Mosquitto [MQTT-4.8.2-1]', () => {
  expect(converse(new TestBroker().link(4), [connectFrame(4), ...subscribe('$share//a', '01')(4)])).toBe(`${CONNACK[4]} | EOF`)
  expect(converse(new TestBroker().link(5), [connectFrame(5), ...subscribe('$share//a', '01')(5)])).toBe(`${CONNACK[5]} | e00182 | EOF`)
})

const ASSIGNED = '203a00003722000a1200296175746f2d37393045333643372d433839372d363644362d344142452d37434342344443333432333227001e8480210014 | open'
const will = (version: Version): number[] => bytesOf(none(version), field('w'), field('x'))

const CONNECTS: readonly (readonly [what: string, connect: (version: Version) => number[], answer4: string, answer5: string])[] = [
  ['CONNECT', (version) => connectFrame(version), `${CONNACK[4]} | open`, `${CONNACK[5]} | open`],
  ['CONNECT with the reserved flag [MQTT-3.1.2-3]', (version) => connectFrame(version, { flags: 3 }), 'EOF', 'EOF'],
  ['CONNECT with Will QoS 3 [MQTT-3.1.2-12]', (version) => connectFrame(version, { flags: 0x1e, rest: will(version) }), 'EOF', 'EOF'],
  ['CONNECT with Will QoS but no will [MQTT-3.1.2-11]', (version) => connectFrame(version, { flags: 0x0a }), 'EOF', 'EOF'],
  ['CONNECT with a password alone [MQTT3-3.1.2-22]', (version) => connectFrame(version, { flags: 0x42, rest: field('pw') }), 'EOF', `${CONNACK[5]} | open`],
  [
    'CONNECT with neither Client Identifier nor clean start [MQTT3-3.1.3-8]',
    (version) => connectFrame(version, { flags: 0, clientId: '' }),
    '20020002 | EOF',
    ASSIGNED,
  ],
  ['CONNECT without Client Identifier [MQTT-3.1.3-6]', (version) => connectFrame(version, { clientId: '' }), '20020000 | open', ASSIGNED],
  ['CONNECT with bytes left over', (version) => connectFrame(version, { rest: bytesOf('7a7a') }), 'EOF', '2003008100 | EOF'],
  ['PUBLISH before CONNECT [MQTT-3.1.0-1]', (version) => publish(0x30, 'a')(version)[0]!, 'EOF', 'EOF'],
]

test.each(
  CONNECTS.flatMap(
    ([what, connect, answer4, answer5]) =>
      [
        ['3.1.1', what, 4, connect, answer4],
        ['5.0', what, 5, connect, answer5],
      ] as const,
  ),
)('%s: %s is answered', (_name, _what, version, connect, answer) => {
  const broker = new TestBroker({ newId: () => '790E36C7-C897-66D6-4ABE-7CCB4DC34232' })
  expect(converse(broker.link(version), [connect(version)])).toBe(answer)
})

test.each([
  ['3.1: CONNECT', connectFrame(3), '20020000 | open'],
  ['3.1: CONNECT without Client Identifier [MQTT-3.1.3-8]', connectFrame(3, { clientId: '' }), '20020002 | EOF'],
  ['3.1: CONNECT with 24 characters', connectFrame(3, { clientId: 'x'.repeat(24) }), '20020000 | open'],
  ['level 6 [MQTT-3.1.2-2]', connectFrame(4, { level: 6 }), '2003008400 | EOF'],
  ['MQIsdp with level 4 [MQTT-3.1.2-2]', connectFrame(4, { name: 'MQIsdp' }), '20020001 | EOF'],
  ['MQTT with level 3 [MQTT-3.1.2-2]', connectFrame(3, { name: 'MQTT' }), '20020001 | EOF'],
  ['the name FOO [MQTT-3.1.2-1]', connectFrame(4, { name: 'FOO' }), 'EOF'],
  ['a bridge', connectFrame(4, { level: 0x84 }), '20020000 | open'],
  ['HTTP [MQTT-3.1.0-1]', bytesOf(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'EOF'],
  ['TLS [MQTT-3.1.0-1]', bytesOf('160301002a'), 'EOF'],
  ['5.0: Receive Maximum 0', connectFrame(5, { properties: '210000' }), '2003008200 | EOF'],
  ['5.0: Maximum Packet Size 0', connectFrame(5, { properties: '2700000000' }), '2003008200 | EOF'],
  ['5.0: Receive Maximum twice', connectFrame(5, { properties: '210001210001' }), '2003008200 | EOF'],
  ['5.0: a property that CONNECT does not have', connectFrame(5, { properties: '230001' }), '2003008200 | EOF'],
  ['5.0: a property that does not exist', connectFrame(5, { properties: '7f00' }), '2003008100 | EOF'],
  ['5.0: an Authentication Method nobody knows [MQTT-4.12.0-1]', connectFrame(5, { properties: bytesOf('15', field('X')) }), '2003008c00 | EOF'],
  ['5.0: Authentication Data without a method', connectFrame(5, { properties: bytesOf('16', field('X')) }), '2003008200 | EOF'],
  ['5.0: Request Problem Information 2', connectFrame(5, { properties: '1702' }), '2003008200 | EOF'],
  ['5.0: Session Expiry Interval 0xFFFFFFFF', connectFrame(5, { properties: '11ffffffff' }), `${CONNACK[5]} | open`],
])('%s as the first bytes', (_what, bytes, answer) => {
  expect(converse(new TestBroker().link(4), [bytes])).toBe(answer)
})

/** PUBLISH of `x` with QoS 0 to `topic` with these properties. */
const withProperties = (properties: readonly number[] | string, topic = 'a'): number[] => {
  const bytes = bytesOf(properties)
  return frame(0x30, field(topic), [bytes.length], bytes, '78')
}

test.each([
  ['Topic Alias 0 [MQTT-3.3.2-8]', withProperties('230000'), 'e00182 | EOF'],
  ['Topic Alias 11 of 10 [MQTT-3.3.2-9]', withProperties('23000b'), 'e00194 | EOF'],
  ['a Topic Alias that stands for nothing', withProperties('230001', ''), 'e00182 | EOF'],
  ['a Subscription Identifier in PUBLISH [MQTT-3.3.4-6]', withProperties('0b01'), 'e00182 | EOF'],
  ['Payload Format Indicator 2', withProperties('0102'), 'e00182 | EOF'],
  ['a payload that is not the text it says it is', frame(0x32, field('a'), '0001 02 0101 ff'), '4003000110 | open'],
  ['a Response Topic with a wildcard [MQTT-3.3.2-14]', withProperties(bytesOf('08', field('a/#'))), 'e00182 | EOF'],
  ['Subscription Identifier 0', frame(0x82, '0001 02 0b00', field('a'), '00'), 'e00182 | EOF'],
  ['two Subscription Identifiers', frame(0x82, '0001 04 0b01 0b02', field('a'), '00'), 'e00182 | EOF'],
  ['DISCONNECT with a Session Expiry Interval, CONNECT without', bytesOf('e007000511 00000005'), 'e00182 | EOF'],
  ['DISCONNECT with will', bytesOf('e00104'), 'EOF'],
  ['DISCONNECT with Reason Code 1', bytesOf('e00101'), 'EOF'],
])('5.0: %s', (_what, bytes, answer) => {
  expect(converse(new TestBroker().link(5), [connectFrame(5), bytes])).toBe(`${CONNACK[5]} | ${answer}`)
})
