// Masked payloads: hidden wherever the Worker tells them, whole wherever they leave it.
// See src/console/worker/payload-mask.ts and packets/packet-mask.ts.

import { expect, test } from 'vitest'
import { captureWriter } from '../../src/capture/capture-writer.ts'
import { SyntheticConnection } from '../../src/capture/synthetic-connection.ts'
import { maskedLines } from '../../src/console/views/topics/payload-text.ts'
import type { PacketDetail } from '../../src/console/worker/packets/packet-calls.ts'
import { dotsOf, maskedGlance, PayloadMask } from '../../src/console/worker/payload-mask.ts'
import { TopicTree } from '../../src/console/worker/topic-tree.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { publish } from '../support/lab-capture.ts'
import { CAPTURES, captureBytes, storeOf } from './support/packet-stores.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const ALL = new PayloadMask(['#', '$SYS/#'])

test('which payloads: by Topic Filters; of what has no known topic all, while any are hidden', () => {
  const mask = new PayloadMask(['secret/#', 'a/+/c'])
  expect(['secret', 'secret/x/y', 'a/b/c', 'a/b', 'other'].map((topic) => mask.hides(topic))).toEqual([true, true, true, false, false])
  expect(mask.hides(null)).toBe(true)
  mask.set(null)
  expect([mask.hides('secret'), mask.hides(null), mask.isOn]).toEqual([false, false, false])
  expect(new PayloadMask(['#']).hides('$SYS/broker/uptime')).toBe(false)
})

test('as many dots as characters, whatever they are', () => {
  expect(dotsOf('21.5 °C')).toBe('•••••••')
  expect(dotsOf('\u{1f600}a\nb')).toBe('••\n•')
  expect(maskedGlance({ kind: 'number', text: '21.5', unit: '°C' })).toEqual({ kind: 'text', text: '•••••••', unit: '' })
  expect(maskedGlance({ kind: 'empty', text: '', unit: '' }).kind).toBe('empty')
  expect(maskedLines(bytes('ab\nc'), 'text')).toEqual(['••', '•'])
  expect(maskedLines(Uint8Array.of(0xff, 0), 'hex', 8)).toEqual([expect.stringMatching(/^0000 {2}•• •• +••$/)])
})

test('the tree: the value and the line that would betray it are gone, how often it comes is not', () => {
  const mask = new PayloadMask(['room/temperature'])
  const tree = new TopicTree(undefined, mask)
  for (const [seq, text] of ['20.25 °C', '21.5 °C', '22.75 °C'].entries())
    tree.arrived({ topic: 'room/temperature', seq, time: 1000, payload: bytes(text), retain: false })
  tree.arrived({ topic: 'room/door', seq: 3, time: 1000, payload: bytes('open'), retain: false })
  const [, door, temperature] = tree.rows(0, 9, 1500)
  expect([door!.value!.text, temperature!.value!.text]).toEqual(['open', '••••••••'])
  expect([temperature!.spark.includes(21.5), temperature!.sparkKind, temperature!.count]).toEqual([false, 'rate', 3])
  expect(tree.complete('temp', 3)[0]!.glance!.text).toBe('••••••••')
  mask.set(null)
  expect(tree.rows(0, 9, 1500)[2]!.spark).toEqual([20.25, 21.5, 22.75])
})

/** What can be read of a packet: its lines, and its bytes but for those hidden. */
function readable({ lines, sources, masked }: PacketDetail): string {
  const shown = sources.map(({ bytes: all }, source) => {
    const left = all.slice()
    for (const range of masked) if (range.source === source) left.fill(0, range.start, range.start + range.length)
    return Buffer.from(left).toString('latin1')
  })
  return [...lines.flatMap(({ text, filter }) => [text, filter]), ...shown].join('\n')
}

function payloadsOf({ lines, sources }: PacketDetail): Uint8Array[] {
  return lines
    .filter(({ name }) => name === 'mqtt.msg' || name === 'mqtt.willmsg')
    .map(({ source, start, length }) => sources[source]!.bytes.slice(start, start + length))
}

const MQTT = CAPTURES.filter((name) => /^(?:coap|live-ws|m31|m311|m5|malformed|midstream|mqttsn|ng-mix|oddport|segments|snaplen|ws-)/.test(name))

test.each(MQTT)('%s: no payload can be read in any packet, cut up, masked or unmasked; without a mask nothing changes', (name) => {
  const plain = storeOf(captureBytes(name))
  const masked = storeOf(captureBytes(name), { mask: ALL })
  const other = storeOf(captureBytes(name), { mask: new PayloadMask(['no/such/topic']) })
  const numbers = plain.rows(0, 60, 'relative').map(({ number }) => number)
  const details = numbers.map((number) => plain.detail(number)!)
  const topics = details.flatMap(({ lines }) => lines.filter((line) => /topic|clientid/.test(line.name)).map(({ text }) => text)).join('\n')
  const payloads = details.flatMap(payloadsOf).map((payload) => Buffer.from(payload.subarray(0, 200)))
  const secrets = new Set(
    payloads
      .flatMap((payload) => [payload.toString('latin1'), payload.subarray(0, 30).toString('hex')])
      .filter((text) => text.length >= 8 && !topics.includes(text)),
  )
  for (const [i, number] of numbers.entries()) {
    expect(details[i]!.masked).toEqual([])
    const text = readable(masked.detail(number)!)
    for (const secret of secrets) expect(text.includes(secret), `packet ${number} shows ${secret}`).toBe(false)
    const same = other.detail(number)!
    expect(same.sources).toEqual(details[i]!.sources)
    // a message that no filter names is as it was
    const isOne = same.lines.filter(({ name: field }) => field === 'mqtt.msg').length === 1 && (same.topic ?? '') !== ''
    for (const [at, line] of same.lines.entries()) if (isOne && line.name === 'mqtt.msg') expect(line).toEqual(details[i]!.lines[at])
  }
})

test('of two messages in one packet only the one that is named is hidden; a will too; saved is all of it', () => {
  const parts: Uint8Array[] = []
  const writer = captureWriter('pcapng', (part) => parts.push(Buffer.copyBytesFrom(part)), 'test')
  const where = { linkType: 1, name: 'test0', description: '', snapLength: 0 }
  let number = 0
  const ends = [
    { address: '10.0.0.2', port: 50_000 },
    { address: '10.0.0.1', port: 1883 },
  ] as const
  const frames = new SyntheticConnection(where, ...ends, (frame) => writer.write({ ...frame, number: ++number }))
  frames.open(0n)
  const will = { topicName: 'secret/will', payload: bytes('last words'), qos: 0, retain: false, delayInterval: 0, properties: {} } as const
  const connect = {
    type: 1,
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAlive: 9,
    clientId: 'c',
    will,
    userName: 'u',
    password: bytes('hunter22'),
    properties: {},
  } as const
  frames.data('client', encodePacket(connect as never, 5), 1n)
  frames.data(
    'client',
    Buffer.concat([publish('secret/pin', 'the pin is 4711'), publish('open/door', 'open since noon')].map((one) => encodePacket(one, 5))),
    2n,
  )
  writer.finish()
  const store = storeOf(Buffer.concat(parts), { mask: new PayloadMask(['secret/+']) })
  const [hello, both] = store.rows(0, 9, 'relative').filter(({ protocol }) => protocol === 'MQTT')
  expect(readable(store.detail(hello!.number)!)).not.toMatch(/last words|hunter22/)
  const detail = store.detail(both!.number)!
  const text = readable(detail)
  expect(text).not.toContain('4711')
  expect(text).toContain('open since noon')
  expect(detail.masked.map(({ length }) => length)).toEqual([15])
  const line = detail.lines.find(({ name, start }) => name === 'mqtt.msg' && start === detail.masked[0]!.start)!
  expect(line).toMatchObject({ text: expect.stringMatching(/^Message: •+$/), filter: '' })
  expect(Buffer.from(store.save(true).bytes).toString('latin1')).toContain('4711')
})
