// Micro-benchmark of the retained messages, a million topics: node bench/retained.mjs [--json]   (after `npm run build`)
// Memory counted: everything the store allocates, the topics and packet heads among it, less 18 bytes of payload a message.
import { BytePool, OutputBuffer } from '../dist/base/output-buffer.js'
import { Broker } from '../dist/broker/broker.js'
import { Retained } from '../dist/broker/retained/retained.js'
import { LevelTable } from '../dist/broker/routing/level-table.js'
import { encodePacket } from '../dist/wire/mqtt/encode.js'
import { readRun } from '../dist/wire/mqtt/framer.js'
import { PublishRun } from '../dist/wire/mqtt/publish-run.js'
import { cpuMs, liveBytes, report } from './support/figures.mjs'

const KINDS = ['temp', 'hum', 'volt', 'amp', 'state', 'cmd', 'ack', 'log', 'fw', 'gps']
const PAYLOAD = new TextEncoder().encode('{"v":21.53,"t":12}')
const run = new PublishRun()
const figures = []

/** @param {Retained} store @param {string} topicName @param {Uint8Array} payload */
function keep(store, topicName, payload) {
  const bytes = encodePacket({ type: 3, topicName, payload, qos: 0, retain: true, dup: false, packetId: 0, properties: {} }, 4)
  readRun(run, bytes, 0, bytes.length, 4)
  store.store(topicName, run, 0, 'client', null)
}

/** @param {(topicName: string) => void} each */
function everyTopic(each) {
  for (let a = 0; a < 200; a++) for (let b = 0; b < 50; b++) for (let c = 0; c < 10; c++) for (const kind of KINDS) each(`site${a}/line${b}/dev${c}/${kind}`)
}

/** @param {string} filter */
function countOf(filter) {
  const cursor = store.cursor(filter)
  let count = 0
  while (cursor.next(0, Infinity) !== null) count++
  return count
}

const emptyBytes = liveBytes()
const store = new Retained(10_000_000, new LevelTable())
let began = cpuMs()
everyTopic((topicName) => keep(store, topicName, PAYLOAD))
const setMs = cpuMs() - began
figures.push({ figure: '1 M topics: memory each beyond the payload', value: (liveBytes() - emptyBytes) / store.count - PAYLOAD.length, unit: 'B', goal: 100 })
figures.push({ figure: '1 M topics: set (encoding included)', value: (setMs * 1000) / store.count, unit: 'us', goal: null })

for (const [filter, goal] of [
  ['site7/line9/dev3/temp', null],
  ['site7/line9/dev3/+', null],
  ['site7/+/dev3/temp', 0.1],
  ['+/line9/+/temp', null],
  ['site7/#', null],
]) {
  const times = 2000
  for (let i = 0; i < 200; i++) countOf(filter)
  const rounds = filter === 'site7/+/dev3/temp' ? times : 100
  began = cpuMs()
  let count = 0
  for (let i = 0; i < rounds; i++) count += countOf(filter)
  figures.push({ figure: `${filter} (${count / rounds} found)`, value: (cpuMs() - began) / rounds, unit: 'ms', goal })
}

// `#` in slices as the broker makes them
const cursor = store.cursor('#')
let longest = 0
let slices = 0
began = cpuMs()
for (; !cursor.isDone; slices++) {
  const before = cpuMs()
  const until = cursor.visited + 16_384
  for (let i = 0; i < 1024 && cursor.next(0, until) !== null; i++);
  cursor.rest()
  longest = Math.max(longest, cpuMs() - before)
}
figures.push({ figure: `# over 1 M topics in ${slices} slices: longest slice`, value: longest, unit: 'ms', goal: 20 })
figures.push({ figure: '# over 1 M topics: all of it', value: cpuMs() - began, unit: 'ms', goal: null })

const before = store.bytes
began = cpuMs()
for (let i = 0; i < 1_000_000; i++) keep(store, 'site7/line9/dev3/temp', PAYLOAD.subarray(0, 1 + (i % 18)))
figures.push({ figure: 'one topic overwritten 1 M times', value: (cpuMs() - began) / 1000, unit: 'us', goal: null })
figures.push({ figure: 'one topic overwritten 1 M times: growth', value: (store.bytes - before) / 1024, unit: 'KiB', goal: 512 })

everyTopic((topicName) => store.delete(topicName))
figures.push({ figure: 'memory kept when all are cleared', value: (liveBytes() - emptyBytes) / 1024, unit: 'KiB', goal: 2048 })

// the same through a broker: a subscriber of `#` that reads as fast as it can
const work = []
const pool = new BytePool()
const broker = new Broker({ clock: { now: () => 0 }, pool, newId: () => '', version: '', later: (slice) => work.push(slice), limits: { sysInterval: 0 } })
everyTopic((topicName) => broker.publish({ topicName, payload: PAYLOAD, qos: 0, retain: true, properties: {} }))
let bytes = 0
const flush = () => {
  bytes += output.length
  pool.give(output.take())
}
const output = new OutputBuffer(pool, { schedule() {}, flushNow: flush })
const peer = {
  transport: 'memory',
  address: '',
  port: 0,
  localPort: 0,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}
const receiver = broker.accept({ peer, output, pause() {}, resume() {}, end() {}, destroy() {} })
const connect = {
  type: 1,
  version: 4,
  bridge: false,
  cleanStart: true,
  keepAlive: 0,
  clientId: 's',
  will: null,
  userName: null,
  password: null,
  properties: {},
}
const request = { topicFilter: '#', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }
let longestTurn = 0
began = cpuMs()
for (const packet of [connect, { type: 8, packetId: 1, subscriptions: [request], properties: {} }]) {
  const before = cpuMs()
  const sent = encodePacket(packet, 4)
  receiver.received(sent, 0, sent.length)
  longestTurn = Math.max(longestTurn, cpuMs() - before)
}
for (let slice = work.shift(); slice !== undefined; slice = work.shift()) {
  const before = cpuMs()
  slice()
  longestTurn = Math.max(longestTurn, cpuMs() - before)
}
flush()
figures.push({ figure: `broker, subscriber of #: longest turn (${broker.counters.publishesSent} sent)`, value: longestTurn, unit: 'ms', goal: 20 })
figures.push({ figure: `broker, subscriber of #: all of it (${bytes} bytes)`, value: cpuMs() - began, unit: 'ms', goal: null })

report(figures)
