// The codec alone: nanoseconds of CPU per packet for framing, decoding and encoding. Prints one table. Usage: npm run bench -- codec [--json]
// No peer: these figures are for comparing two states of our own code.

import { decodePacket } from '../dist/wire/mqtt/decode.js'
import { decodePublishHead } from '../dist/wire/mqtt/decode-publish.js'
import { encodePacket } from '../dist/wire/mqtt/encode.js'
import { encodeRun } from '../dist/wire/mqtt/encode-publish.js'
import { Framer, readRun } from '../dist/wire/mqtt/framer.js'
import { packetSizes } from '../dist/wire/mqtt/packet-sizes.js'
import { PublishRun } from '../dist/wire/mqtt/publish-run.js'

const ROUNDS = 7
const encoder = new TextEncoder()

/** A read of 64 KiB at most: PUBLISH packets over so many topics. */
function read(version, qos, topics, payloadSize, properties = {}) {
  const parts = []
  let size = 0
  for (let i = 0; ; i++) {
    const packet = {
      type: 3,
      topicName: `site7/line3/dev${i % topics}/temp`,
      payload: encoder.encode('x'.repeat(payloadSize)),
      qos,
      retain: false,
      dup: false,
      packetId: qos === 0 ? 0 : (i % 1000) + 1,
      properties,
    }
    const bytes = encodePacket(packet, version)
    if (size + bytes.length > 65_536) return { bytes: new Uint8Array(Buffer.concat(parts)), count: i }
    parts.push(bytes)
    size += bytes.length
  }
}

function framing(version, qos, topics, payloadSize, properties) {
  const { bytes, count } = read(version, qos, topics, payloadSize, properties)
  const framer = new Framer(packetSizes(0, version).after, decodePublishHead)
  const sink = { publishes() {}, acknowledgements() {}, packet() {} }
  framer.version = version === 5 ? 5 : 4
  return [() => framer.feed(bytes, 0, bytes.length, sink), count]
}

function reshaping(shape) {
  const { bytes, count } = read(4, 1, 1, 64)
  const source = new PublishRun()
  const target = new PublishRun()
  readRun(source, bytes, 0, bytes.length, 4)
  return [() => encodeRun(target, source, { version: 4, qos: 1, retain: 0, identifiers: null, alias: 0, omitTopic: false, strip: 0, ...shape }), count]
}

function decoding(packet, version) {
  const bytes = encodePacket(packet, version)
  let body = 1
  while (bytes[body++] > 127) {}
  return [() => decodePacket(bytes[0], bytes, body, bytes.length, version, 'client'), 1]
}

const connect = {
  type: 1,
  version: 5,
  bridge: false,
  cleanStart: true,
  keepAlive: 60,
  clientId: 'device-17',
  will: null,
  userName: 'alice',
  password: encoder.encode('secret'),
  properties: { sessionExpiryInterval: 300, receiveMaximum: 20 },
}
const publish = {
  type: 3,
  topicName: 'site7/line3/dev1/temp',
  payload: encoder.encode('21.5'),
  qos: 1,
  retain: false,
  dup: false,
  packetId: 7,
  properties: { userProperties: [['unit', 'C']] },
}
const subscribe = {
  type: 8,
  packetId: 1,
  subscriptions: [{ topicFilter: 'site7/+/dev3/#', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
  properties: {},
}

const CASES = [
  ['framing, QoS 0, one topic, 64 B', () => framing(4, 0, 1, 64)],
  ['framing, QoS 1, one topic, 64 B', () => framing(4, 1, 1, 64)],
  ['framing, QoS 0, topic changes each time, 64 B', () => framing(4, 0, 1000, 64)],
  ['framing, 5.0, QoS 0, topic changes, User Property', () => framing(5, 0, 1000, 64, { userProperties: [['unit', 'C']] })],
  ['reshaping a run, QoS 1 to 0', () => reshaping({ qos: 0 })],
  ['reshaping a run, 3.1.1 to 5.0 with an identifier', () => reshaping({ version: 5, identifiers: [7] })],
  ['decode CONNECT 5.0', () => decoding(connect, 5)],
  ['decode PUBLISH 5.0 as a value', () => decoding(publish, 5)],
  ['decode SUBSCRIBE 3.1.1', () => decoding(subscribe, 4)],
  ['encode PUBLISH 5.0 from a value', () => [() => encodePacket(publish, 5), 1]],
  ['encode CONNECT 5.0', () => [() => encodePacket(connect, 5), 1]],
]

/** Nanoseconds of CPU per packet: the least of some rounds of about 100 ms. */
function measure([work, packets]) {
  let times = 1
  const once = () => {
    const begin = process.cpuUsage()
    for (let i = 0; i < times; i++) work()
    const { user, system } = process.cpuUsage(begin)
    return (user + system) * 1000
  }
  while (once() < 100e6) times *= 2
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) least = Math.min(least, once() / times / packets)
  return least
}

const rows = CASES.map(([label, make]) => ({ label, ns: measure(make()) }))
if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2))
else {
  console.log(`CPU per packet, the least of ${ROUNDS} rounds, Node ${process.version}\n`)
  for (const { label, ns } of rows) console.log(`${label.padEnd(52)} ${ns.toFixed(ns < 100 ? 1 : 0).padStart(7)} ns`)
}
