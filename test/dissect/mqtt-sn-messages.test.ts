import { expect, test } from 'vitest'
import { Demand } from '../../src/dissect/demand.ts'
import { Dissector } from '../../src/dissect/dissect.ts'
import { everything, frameOf, valuesOf } from './dissecting.ts'
import { hex, type Shown, show, udpFrame } from './messages.ts'

function shown(bytes: Uint8Array): Shown {
  const dissector = everything({ decodeAs: [{ table: 'udp.port', from: 1884, to: 1884, protocol: 'mqttsn' }] })
  return show(dissector, udpFrame(bytes, 1884), 1, 'mqttsn')
}

function body(text: string): readonly string[] {
  return shown(hex(text)).rows.slice(2)
}

test('a PUBLISH of one length byte and of three', () => {
  const rows = [
    'mqttsn.dup=1',
    'mqttsn.qos=0x01',
    'mqttsn.retain=1',
    'mqttsn.topic.id.type=0x02',
    'mqttsn.topic.id=24930',
    'mqttsn.msg.id=7',
    'mqttsn.pub.msg=hi',
  ]
  expect(body("09 0c b2 'ab' 0007 'hi'")).toEqual(['mqttsn.msg.type=0x0c', 'mqttsn.msg.len=9', ...rows])
  expect(body("01 000b 0c b2 'ab' 0007 'hi'")).toEqual(['mqttsn.msg.type=0x0c', 'mqttsn.msg.len=11', ...rows])
})

test('each message type has its fields', () => {
  const rest = (text: string): readonly string[] => body(text).slice(2)
  expect(rest('05 00 07 0384')).toEqual(['mqttsn.gw.id=7', 'mqttsn.adv.interv=900'])
  expect(rest('03 01 05')).toEqual(['mqttsn.radius=5'])
  expect(rest("05 02 09 'gw'")).toEqual(['mqttsn.gw.id=9', 'mqttsn.gw.addr=gw'])
  expect(rest('03 02 09')).toEqual(['mqttsn.gw.id=9'])
  expect(rest("08 04 0c 01 001e 'id'")).toEqual([
    'mqttsn.will=1',
    'mqttsn.clean.session=1',
    'mqttsn.topic.id.type=0x00',
    'mqttsn.protocol.id=0x01',
    'mqttsn.keep.alive=30',
    'mqttsn.client.id=id',
  ])
  expect(rest('03 05 03')).toEqual(['mqttsn.return.code=0x03'])
  expect(rest("05 07 00 'wt'")).toEqual(['mqttsn.topic.id.type=0x00', 'mqttsn.will.topic=wt'])
  expect(rest("04 09 'wm'")).toEqual(['mqttsn.will.msg=wm'])
  expect(rest("08 0a 0001 0002 'tn'")).toEqual(['mqttsn.topic.id=1', 'mqttsn.msg.id=2', 'mqttsn.topic=tn'])
  expect(rest('07 0b 0001 0002 00')).toEqual(['mqttsn.topic.id=1', 'mqttsn.msg.id=2', 'mqttsn.return.code=0x00'])
  expect(rest("07 12 02 0003 'ab'")).toEqual(['mqttsn.topic.id.type=0x02', 'mqttsn.msg.id=3', 'mqttsn.topic.name.or.id=ab'])
  expect(rest('08 13 20 0001 0002 00')).toEqual(['mqttsn.topic.id.type=0x00', 'mqttsn.topic.id=1', 'mqttsn.msg.id=2', 'mqttsn.return.code=0x00'])
  expect(rest('02 16')).toEqual([])
  expect(rest("05 16 'abc'")).toEqual(['mqttsn.client.id=abc'])
  expect(rest('04 18 0258')).toEqual(['mqttsn.sleep.timer=600'])
})

test('a forwarder wraps a message, another forwarder that', () => {
  const { rows, info } = shown(hex("05 fe 01 'ab' 05 fe 02 'cd' 02 16"))
  expect(rows.filter((row) => row === 'mqttsn.msg')).toHaveLength(3)
  expect(rows.filter((row) => row.startsWith('mqttsn.w'))).toEqual(['mqttsn.wireless.node.id=24930', 'mqttsn.wireless.node.id=25444'])
  expect(info).toBe('Encapsulated Message')
})

test('texts are ASCII, other bytes are shown as such', () => {
  expect(body('0a 0c 20 0001 0002 c3a9ff')).toContain('mqttsn.pub.msg=\ufffd\ufffd\ufffd')
})

test('what a message lacks is marked, not invented', () => {
  const { rows, info } = shown(hex('05 00 07'))
  expect(rows).toContain('mqttsn.gw.id=7')
  expect(rows).toContain('_ws.malformed')
  expect(info).toBe('Advertise Gateway[Malformed Packet]')
  expect(shown(hex("ff 0c 20 0001 0002 'hi'")).rows).toContain('_ws.malformed')
  expect(shown(hex('05 ff')).info).toBe('Unknown (0xff)')
})

test('forwarders without end are followed only so far', () => {
  const deep = Uint8Array.from(Array.from({ length: 300 }, () => [4, 0xfe, 1, 9]).flat())
  expect(shown(deep).rows.filter((row) => row === 'mqttsn.msg').length).toBeLessThan(40)
})

test('with nobody reading fields the summary says the type alone, as tshark without a tree', () => {
  const short = udpFrame(hex('05 00 07'), 1884)
  const rule = { table: 'udp.port', from: 1884, to: 1884, protocol: 'mqttsn' } as const
  const info = (names: readonly string[]): string =>
    new Dissector({ demand: new Demand(names, true), decodeAs: [rule] }).dissect(frameOf(short, 1)).columns.info
  expect(info([])).toBe('Advertise Gateway')
  expect(info(['mqttsn.msg.type'])).toBe('Advertise Gateway[Malformed Packet]')
})

test('a forwarder without a node is an error, one with a long node a warning', () => {
  const severity = (text: string): unknown => {
    const dissector = everything({ decodeAs: [{ table: 'udp.port', from: 1884, to: 1884, protocol: 'mqttsn' }] })
    return valuesOf(dissector.dissect(frameOf(udpFrame(hex(text), 1884), 1)), '_ws.expert.severity')[0]
  }
  expect(severity('03 fe 01')).toBe(0x00800000)
  expect(severity("08 fe 01 'abcde' 02 17")).toBe(0x00600000)
})
