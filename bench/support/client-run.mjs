// One run of one client library, in a process of its own: publishes or receives so many messages and tells its parent what CPU time that took.
// Started by bench/client.mjs: `client-run.mjs zanzara|mqttjs publish|receive QOS COUNT URL`. The first tenth is warming up and not counted.
import { connect } from '../../dist/library/client.js'

const [library, what, qosText, countText, url] = process.argv.slice(2)
const qos = Number(qosText)
const count = Number(countText)
const WARM = Math.floor(count / 10)
/** Publishes on their way at once. */
const WINDOW = 200
/** Messages after which the parent is told how far we are: seldom, as that is no work of the client's. */
const STEP = 5000
const payload = Buffer.alloc(64, 'x')

/** @typedef {{ publish: (done: (error?: unknown) => void) => void, receive: (message: () => void) => Promise<void>, close: () => Promise<unknown> }} Library */

/** With promises and an async iterator, as its users write. @returns {Promise<Library>} */
async function zanzara() {
  const client = await connect(url, { version: 5, timeoutMs: 10_000 })
  return {
    publish: (done) => void client.publish('bench/topic', payload, { qos }).then(() => done(), done),
    receive: async (message) => {
      const all = await client.subscribe('bench/#', { qos })
      void (async () => {
        for await (const { payload } of all) if (payload.length === 64) message()
      })()
    },
    close: () => client.close(),
  }
}

/** With callbacks and events, its fastest way. @returns {Promise<Library>} */
async function mqttjs() {
  const { default: mqtt } = await import('mqtt')
  const client = await mqtt.connectAsync(url, { protocolVersion: 5 })
  return {
    publish: (done) => void client.publish('bench/topic', payload, { qos }, done),
    receive: async (message) => {
      client.on('message', (_topic, payload) => {
        if (payload.length === 64) message()
      })
      await client.subscribeAsync('bench/#', { qos })
    },
    close: () => client.endAsync(),
  }
}

/** @param {Library} client */
async function publishAll(client) {
  let sent = 0
  let done = 0
  let began = process.cpuUsage()
  await new Promise((resolve, reject) => {
    const more = () => {
      while (sent < count && sent - done < WINDOW) {
        sent++
        client.publish((error) => {
          if (error) reject(error)
          if (++done === WARM) began = process.cpuUsage()
          if (done === count) resolve(undefined)
          else if (sent - done <= WINDOW / 2) more()
        })
      }
    }
    more()
  })
  return process.cpuUsage(began)
}

/** The parent publishes on, as far as we say that we have come. @param {Library} client */
async function receiveAll(client) {
  let received = 0
  let began = process.cpuUsage()
  let end = () => {}
  const all = new Promise((resolve) => (end = () => resolve(undefined)))
  await client.receive(() => {
    if (++received === WARM) began = process.cpuUsage()
    if (received % STEP === 0) process.send?.({ received })
    if (received === count) end()
  })
  process.send?.({ received: 0 })
  await all
  return process.cpuUsage(began)
}

const client = await (library === 'zanzara' ? zanzara() : mqttjs())
const { user, system } = await (what === 'publish' ? publishAll(client) : receiveAll(client))
await client.close()
process.send?.({ messages: count - WARM, cpuMs: (user + system) / 1000 }, () => process.exit(0))
