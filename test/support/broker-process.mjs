// A broker in a process of its own, so that its memory and its death can be seen from outside. Started with fork() and --expose-gc.
// Argument: startBroker's options as JSON. Says {ports}; answers 'report' with what it holds after a garbage collection.

import { startBroker } from '../../dist/server/start-broker.js'

const running = await startBroker(JSON.parse(process.argv[2] ?? '{}'))
process.on('message', (message) => {
  if (message === 'report') {
    globalThis.gc?.()
    globalThis.gc?.()
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
    process.send({ rss, held: heapUsed + arrayBuffers, connections: running.connections, sessions: running.broker.sessionCount })
  } else running.close().then(() => process.disconnect())
})
process.send({ ports: running.ports })
