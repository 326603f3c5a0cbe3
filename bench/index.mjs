// Micro-benchmark of the subscription index at a million subscriptions: node bench/index.mjs [--json]   (after `npm run build`)
// Memory counted: nodes, table, entries, the references to the subscriptions, interned levels. Not counted: the Subscription objects and the texts of filters.
import { LevelTable } from '../dist/broker/routing/level-table.js'
import { SubscriptionTree } from '../dist/broker/routing/subscription-tree.js'
import { chance, cpuMs, liveBytes, report } from './support/figures.mjs'

const COUNT = 1_000_000
const KINDS = ['temp', 'hum', 'volt', 'amp', 'state', 'cmd', 'ack', 'log', 'fw', 'gps']
const random = chance(12345)
const topic = () => `site${random(200)}/line${random(50)}/dev${random(1000)}/${KINDS[random(10)]}`

/** 70 % exact, 20 % with `+`, 10 % with `#`. @param {number} i */
function filter(i) {
  const kind = i % 10
  if (kind < 7) return topic()
  if (kind === 7) return `site${random(200)}/+/dev${random(1000)}/${KINDS[random(10)]}`
  if (kind === 8) return `+/line${random(50)}/dev${random(1000)}/+`
  return `site${random(200)}/line${random(50)}/dev${random(1000)}/#`
}

/** @param {number} count */
const subscriptions = (count) =>
  Array.from({ length: count }, (_, i) => ({ session: { number: i }, qos: 0, noLocal: false, isOnlyLocal: false, retainMask: 0, identifiers: null }))

/** As text read from a socket: in one piece. @param {string} text */
const flat = (text) => Buffer.from(text).toString('latin1')

const filters = Array.from({ length: COUNT }, (_, i) => flat(filter(i)))
const topics = Array.from({ length: 200_000 }, () => flat(topic()))
const all = subscriptions(COUNT)
const figures = []

const emptyBytes = liveBytes()
const tree = new SubscriptionTree(new LevelTable())
let began = cpuMs()
for (let i = 0; i < COUNT; i++) tree.add(filters[i].split('/'), all[i], null)
const addMs = cpuMs() - began
const fullBytes = liveBytes()
figures.push({ figure: '1 M subscriptions: memory each', value: (fullBytes - emptyBytes) / COUNT, unit: 'B', goal: 100 })
figures.push({ figure: '1 M subscriptions: subscribe', value: (addMs * 1000) / COUNT, unit: 'us', goal: null })

const found = []
let hits = 0
for (let i = 0; i < 20_000; i++) tree.match(topics[i], found, [])
const groups = []
began = cpuMs()
for (const name of topics) {
  found.length = 0
  tree.match(name, found, groups)
  hits += found.length
}
figures.push({
  figure: `1 M subscriptions: match (${(hits / topics.length).toFixed(2)} found)`,
  value: ((cpuMs() - began) * 1000) / topics.length,
  unit: 'us',
  goal: 3,
})

began = cpuMs()
for (let i = 0; i < 100_000; i++) {
  const levels = ['site7', '+', `dev${i % 5000}`, 'churn']
  tree.add(levels, all[i], null)
  tree.remove(levels, all[i], null)
}
figures.push({ figure: 'subscribe and unsubscribe with a wildcard', value: ((cpuMs() - began) * 1000) / 100_000, unit: 'us', goal: 100 })

began = cpuMs()
for (let i = 0; i < COUNT; i++) tree.remove(filters[i].split('/'), all[i], null)
figures.push({ figure: '1 M subscriptions: unsubscribe', value: ((cpuMs() - began) * 1000) / COUNT, unit: 'us', goal: null })
const keptBytes = liveBytes() - emptyBytes
// all three are still used here, so that they are in both measurements
if (filters.length !== all.length || topics.length === 0) throw new Error('a filter for each subscription, and topics')
figures.push({ figure: 'memory kept when all are gone', value: keptBytes / 1024, unit: 'KiB', goal: 1024 })

// what a hostile client may ask for: filters of 200 levels, each `+` or the name, all of which match
const hostile = new SubscriptionTree(new LevelTable())
const deep = subscriptions(5000)
for (const subscription of deep)
  hostile.add(
    Array.from({ length: 200 }, () => (random(2) === 0 ? '+' : 'a')),
    subscription,
    null,
  )
const worst = []
for (let i = 0; i < 20; i++) {
  found.length = 0
  began = cpuMs()
  hostile.match(`${'a/'.repeat(199)}a`, found, groups)
  worst.push(cpuMs() - began)
}
worst.sort((a, b) => a - b)
figures.push({ figure: `5,000 filters of 200 levels (${hostile.nodeCount} nodes): match, median`, value: worst[10], unit: 'ms', goal: 20 })
figures.push({ figure: `5,000 filters of 200 levels: match, slowest of 20`, value: worst[19], unit: 'ms', goal: 50 })

const crowd = new SubscriptionTree(new LevelTable())
began = cpuMs()
for (let i = 0; i < 100_000; i++) crowd.add(['news'], all[i], null)
for (let i = 0; i < 100_000; i++) crowd.remove(['news'], all[i], null)
figures.push({ figure: '100,000 subscribers of one filter: come and go', value: ((cpuMs() - began) * 1000) / 100_000, unit: 'us', goal: 10 })

report(figures)
