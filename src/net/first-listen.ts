// What Node loads and compiles when a program listens for the first time: done when our listeners are imported, so that starting one is quick.
// Nothing is opened and nothing is left behind.

import 'node:cluster'
import 'node:perf_hooks'
import { lookup } from 'node:dns'
import { createServer, isIP } from 'node:net'

export function prepareFirstListen(): void {
  isIP('::1')
  isIP('::1') // its pattern of IPv6 addresses is compiled at the second use, which takes longer than all the rest of listening
  lookup('::1', () => {}) // answers at once
  createServer(() => {})
  clearInterval(setInterval(() => {}, 1000))
  clearImmediate(setImmediate(() => {}))
}
