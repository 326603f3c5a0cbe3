import { expect, test } from 'vitest'
import { hex, type Sent, showStream } from './messages.ts'

const CONNECT_31 = hex("10 0f 0006'MQIsdp' 03 02 003c 0001'c'")
const CONNECT_311 = hex("10 0d 0004'MQTT' 04 02 003c 0001'c'")
const CONNECT_5 = hex("10 0e 0004'MQTT' 05 02 003c 00 0001'c'")

/** Rows of one message but for its first byte and length. */
function body(rows: readonly string[]): string[] {
  return rows.filter((row) => !/^mqtt(=|$|\.(hdr|msgtype|len=|dupflag|qos|retain=|retain_reserved))/.test(row))
}

function back(bytes: Uint8Array): Sent {
  return { bytes, back: true }
}

test('a CONNECT of 5.0 with everything is shown byte by byte', () => {
  const [connect] = showStream([
    hex("10 35 0004'MQTT' 05 f6 001e 05 11 00000e10 0004'v5-1' 0b 18 00000005 03 0003'a/b' 0003'w/t' 0002 dead 0004'jane' 0002'pw'"),
  ])
  expect(connect!.rows).toEqual([
    'mqtt',
    'mqtt.hdrflags=0x10',
    'mqtt.msgtype=1',
    'mqtt.hdr_reserved=0',
    'mqtt.len=53',
    'mqtt.proto_len=4',
    'mqtt.protoname=MQTT',
    'mqtt.ver=5',
    'mqtt.conflags=0xf6',
    'mqtt.conflag.uname=1',
    'mqtt.conflag.passwd=1',
    'mqtt.conflag.retain=1',
    'mqtt.conflag.qos=2',
    'mqtt.conflag.willflag=1',
    'mqtt.conflag.cleansess=1',
    'mqtt.conflag.reserved=0',
    'mqtt.kalive=30',
    'mqtt.properties',
    'mqtt.property_len=5',
    'mqtt.property_id=0x11',
    'mqtt.prop_number=3600',
    'mqtt.clientid_len=4',
    'mqtt.clientid=v5-1',
    'mqtt.will_properties',
    'mqtt.property_len=11',
    'mqtt.property_id=0x18',
    'mqtt.prop_number=5',
    'mqtt.property_id=0x03',
    'mqtt.property.content_type=a/b',
    'mqtt.willtopic_len=3',
    'mqtt.willtopic=w/t',
    'mqtt.willmsg_len=2',
    'mqtt.willmsg=dead',
    'mqtt.username_len=4',
    'mqtt.username=jane',
    'mqtt.passwd_len=2',
    'mqtt.passwd=pw',
  ])
  expect(connect!.texts).toEqual([
    'MQ Telemetry Transport Protocol, Connect Command',
    'Header Flags: 0x10, Message Type: Connect Command',
    'Connect Flags: 0xf6, User Name Flag, Password Flag, Will Retain, QoS Level: Exactly once delivery (Assured Delivery), Will Flag, Clean Session Flag',
  ])
  expect(connect!.info).toBe('Connect Command')
})

test('what a CONNACK and a SUBACK say depends on the version that CONNECT gave', () => {
  const connack = back(hex('20 02 01 05'))
  const suback = back(hex('90 03 0007 80'))
  const answers = (connect: readonly Uint8Array[]): string[][] => {
    const shown = showStream([...connect, connack, suback])
    return shown.slice(connect.length).map(({ rows }) => body(rows).filter((row) => !row.startsWith('_ws')))
  }
  const flags = ['mqtt.conack.flags=0x01', 'mqtt.conack.flags.reserved=0', 'mqtt.conack.flags.sp=1']
  expect(answers([CONNECT_31])).toEqual([
    ['mqtt.conack.flags.reserved=1', 'mqtt.conack.val=5'],
    ['mqtt.msgid=7', 'mqtt.suback.qos=128'],
  ])
  expect(answers([CONNECT_311])).toEqual([
    [...flags, 'mqtt.conack.val=5'],
    ['mqtt.msgid=7', 'mqtt.suback.qos=128'],
  ])
  expect(answers([])).toEqual([
    ['mqtt.unknown_version', ...flags, 'mqtt.connack.reason_code=5'],
    ['mqtt.unknown_version', 'mqtt.msgid=7', 'mqtt.suback.reason_code=128'],
  ])
})

test('a message of a connection whose CONNECT was not seen bears a note', () => {
  const [publish] = showStream([hex("30 04 0001'a' 'x'")])
  expect(publish!.rows).toContain('_ws.expert.message=Unknown version (missing the CONNECT packet?)')
  expect(body(publish!.rows).at(-1)).toBe('mqtt.msg=78')
})

test('requests of 3.1 have DUP and QoS, others a reserved half byte', () => {
  const [, old] = showStream([CONNECT_31, hex("8b 06 0001 0001'a' 01")])
  expect(old!.rows.slice(1, 6)).toEqual(['mqtt.hdrflags=0x8b', 'mqtt.msgtype=8', 'mqtt.dupflag=1', 'mqtt.qos=1', 'mqtt.retain_reserved=1'])
  const [, current] = showStream([CONNECT_311, hex("8b 06 0001 0001'a' 01")])
  expect(current!.rows.slice(1, 4)).toEqual(['mqtt.hdrflags=0x8b', 'mqtt.msgtype=8', 'mqtt.hdr_reserved=11'])
  expect(current!.texts).toContain('Header Flags: 0x8b, Message Type: Subscribe Request')
})

test('messages share a segment or are spread over some, and the Info column names each', () => {
  const publish = hex("32 09 0003'a/b' 0007 'xy'")
  const [, both, half, rest] = showStream([CONNECT_311, Uint8Array.from([...publish, ...hex('c0 00')]), publish.subarray(0, 6), publish.subarray(6)])
  expect(both!.info).toBe('Publish Message (id=7) [a/b], Ping Request')
  expect(half!.rows).toEqual([])
  expect(rest!.info).toBe('Publish Message (id=7) [a/b]')
  expect(body(rest!.rows)).toEqual(['mqtt.topic_len=3', 'mqtt.topic=a/b', 'mqtt.msgid=7', 'mqtt.msg=7879'])
})

test('a topic alias stands for the topic it was last given with; an unknown one is noted', () => {
  const [, set, used, unknown, none] = showStream([
    CONNECT_5,
    hex("30 0a 0003'a/b' 03 23 0003 'x'"),
    hex("30 07 0000 03 23 0003 'y'"),
    hex("30 07 0000 03 23 0004 'z'"),
    hex("30 04 0000 00 'n'"),
  ])
  expect(set!.info).toBe('Publish Message [a/b]')
  expect(body(used!.rows)).toEqual([
    'mqtt.topic_len=0',
    'mqtt.properties',
    'mqtt.property_len=3',
    'mqtt.property_id=0x23',
    'mqtt.property.topic_alias=3',
    'mqtt.topic=a/b',
    'mqtt.msg=79',
  ])
  expect(used!.info).toBe('Publish Message [a/b]')
  expect(unknown!.rows).toContain('mqtt.unknown_topic_alias')
  expect(unknown!.info).toBe('Publish Message []')
  expect(none!.rows).toContain('mqtt.illegal_topic_length')
})

test('a broken message is shown as far as it goes, the next one in the segment wholly', () => {
  const [, shown] = showStream([CONNECT_5, hex("32 0d 0003'top' 0007 05 1f 0009 'ab' c0 00")])
  expect(shown!.info).toBe('Publish Message (id=7)[Malformed Packet], Ping Request')
  expect(body(shown!.rows).slice(0, 8)).toEqual([
    'mqtt.topic_len=3',
    'mqtt.topic=top',
    'mqtt.msgid=7',
    'mqtt.properties',
    'mqtt.property_len=5',
    'mqtt.property_id=0x1f',
    'mqtt.prop_string_len=9',
    '_ws.malformed',
  ])
  expect(shown!.rows.filter((row) => row === 'mqtt')).toHaveLength(2)
})

test('a property that is not known takes the rest of its section', () => {
  const [, shown] = showStream([CONNECT_5, hex("30 0b 0001'p' 06 01 01 01 00 55 03 'x'")])
  expect(body(shown!.rows).slice(2)).toEqual([
    'mqtt.properties',
    'mqtt.property_len=6',
    'mqtt.property_id=0x01',
    'mqtt.prop_number=1',
    'mqtt.property_id=0x01',
    'mqtt.prop_number=0',
    'mqtt.property_id=0x55',
    'mqtt.prop_unknown=\u0003',
    'mqtt.msg=78',
  ])
})

test('a property longer than its section is shown whole, and the message goes on where the section ends', () => {
  const [, shown] = showStream([CONNECT_5, hex("30 08 0001't' 02 23 0005 'x'")])
  expect(body(shown!.rows).slice(-2)).toEqual(['mqtt.property.topic_alias=5', 'mqtt.msg=0578'])
})

test('a length of more than four bytes is taken as it is', () => {
  const [, shown] = showStream([CONNECT_311, hex("30 85 80 80 80 80 00 0001'a' 'xx' c0 00")])
  expect(shown!.info).toBe('Publish Message [a], Ping Request')
  expect(shown!.rows).toContain('mqtt.len=5')
})

test('payloads are bytes, or texts when the preference says so', () => {
  const publish = hex("30 05 0001'a' 'hi'")
  const will = hex("10 13 0004'MQTT' 04 06 003c 0001'c' 0001'w' 0001'm'")
  const [first, second] = showStream([will, publish], { preferences: new Map([['mqtt.show_msg_as_text', 'TRUE']]) })
  expect(first!.rows.at(-1)).toBe('mqtt.willmsg_text=m')
  expect(second!.rows.at(-1)).toBe('mqtt.msg_text=hi')
  expect(showStream([CONNECT_311, publish])[1]!.rows.at(-1)).toBe('mqtt.msg=6869')
})

test('a payload with a Content Type that is known is dissected by it', () => {
  const publish = hex("30 1e 0001't' 13 03 0010'application/json' '{\"a\":1}'")
  const [, shown] = showStream([CONNECT_5, publish], {}, 'json')
  expect(shown!.rows).toContain('json.key=a')
  expect(shown!.protocol).toBe('MQTT/JSON')
  expect(shown!.info).toBe('Publish Message [t], JavaScript Object Notation (application/json)')
  expect(shown!.layers).toBe('eth:ethertype:ip:tcp:mqtt:json')
})

test('a text ends at its NUL, which is noted', () => {
  const [, shown] = showStream([CONNECT_311, hex("30 09 0006'nu' 00 'l/x' 'p'")])
  expect(shown!.rows).toContain('mqtt.topic=nu')
  expect(shown!.rows).toContain('_ws.expert.message=Trailing stray characters')
})
