// A broker in a process of its own, so that its memory, its pauses and its death can be seen from outside. Started with fork() and --expose-gc.
// Argument: startBroker's options as JSON; `log: true` is a log that nobody reads. Says {ports}; answers 'report' with what it holds after a collection.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startBroker } from '../../dist/server/start-broker.js'

const { log, ...options } = JSON.parse(process.argv[2] ?? '{}')
const running = await startBroker(log === true ? { ...options, log: { write: () => {} } } : options)
const delays = monitorEventLoopDelay({ resolution: 5 })
delays.enable()
process.on('message', (message) => {
  if (message === 'report') {
    const longestPauseMs = delays.max / 1e6
    const { rss } = process.memoryUsage()
    globalThis.gc?.()
    globalThis.gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    delays.reset()
    const { publishesDropped } = running.broker.counters
    process.send({
      rss,
      held: heapUsed + arrayBuffers,
      longestPauseMs,
      dropped: publishesDropped,
      connections: running.connections,
      sessions: running.broker.sessionCount,
    })
  } else running.close().then(() => process.disconnect())
})
process.send({ ports: running.ports })
