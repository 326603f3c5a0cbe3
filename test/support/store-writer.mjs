// A program that writes to a store until it is killed, and says on standard output up to which payload it may be believed.
// Arguments: the built program's dist folder, the store's folder, the mode.
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [dist = '', folder = '', mode = 'write'] = process.argv.slice(2)
const { Store } = await import(pathToFileURL(`${dist}/store/store.js`).href)

const store = await Store.open(folder, { mode, segmentSize: 262144, batchSize: 32768, ballastSize: 65536, syncEveryMs: 20 })
let session = store.state.byClientId.get('keeper')
if (session === undefined) {
  const number = store.newSession()
  store.session({ session: number, clientId: 'keeper', userName: null, version: 5, expiryInterval: 1e6, detachedAt: 0 })
  session = store.state.sessions.get(number)
}
let acknowledged = session.nextNumber - 1
/** @type {{ ticket: number, number: number }[]} */
const waiting = []
store.journal.onDurable((/** @type {number} */ upTo) => {
  while (waiting.length > 0 && waiting[0].ticket <= upTo) acknowledged = waiting.shift().number
  writeSync(1, `${acknowledged}\n`)
})
writeSync(1, 'open\n')

function turn() {
  for (let i = 0; i < 20; i++) {
    const number = session.nextNumber
    const payload = Buffer.from(`${number} ${'x'.repeat(number % 200)}`)
    const bytes = Buffer.concat([Buffer.from([0x32, ((payload.length + 5) & 127) | 128, (payload.length + 5) >> 7, 0, 1, 0x74, 0, 1]), payload])
    const packets = { bytes, start: 0, end: bytes.length, version: 4, count: 1, arrivedAt: 1, expiresAt: 0, clientId: null, userName: null }
    store.message(packets, [{ session: session.number, from: 0, to: 1, first: number, qos: 1, retain: 0, received: false, identifiers: null }], null)
    waiting.push({ ticket: store.ticket, number })
  }
  // all but the last thousand are done, so that segments are cleaned under way
  const first = session.queue.first
  if (session.queue.count > 1000) store.done(session.number, first, 20, 0)
  if (store.ticket - store.durableUpTo > 2000) setTimeout(turn, 1)
  else setImmediate(turn)
}
turn()
