// Our client beside MQTT.js: messages per second of CPU time that the client's process uses, publishing and receiving, MQTT 5.0, 64 bytes.
// Both take turns, each run in a fresh process, against the same broker in this one. Usage: npm run bench -- client [--messages 400000] [--rounds 5] [--json]

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startBroker } from '../dist/server/start-broker.js'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '400000' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
})
const RUN = fileURLToPath(new URL('./support/client-run.mjs', import.meta.url))
const GOAL = 5
const LIBRARIES = ['zanzara', 'mqttjs']
const WORK = [
  ['publish', 0],
  ['publish', 1],
  ['receive', 0],
  ['receive', 1],
]
/** Messages that may be on their way to a receiver; ours queues as many. */
const AHEAD = 10_000
const payload = Buffer.alloc(64, 'x')

/** Messages per CPU second of one run. */
async function measured(broker, library, what, qos, count) {
  const child = fork(RUN, [library, what, `${qos}`, `${count}`, broker.url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  let published = 0
  let result = null
  let feeding = Promise.resolve()
  const feed = async (until) => {
    while (published < until) {
      published++
      const done = broker.publish('bench/topic', payload, { qos })
      if (published % 100 === 0) await done // gives the receiver's socket its turn
    }
  }
  child.on('message', (told) => {
    if ('received' in told) feeding = feeding.then(() => feed(Math.min(count, told.received + AHEAD)))
    else result = told
  })
  const [code] = await ended
  if (result === null) throw new Error(`${library}, ${what} QoS ${qos}: ended with ${code}`)
  return (result.messages * 1000) / result.cpuMs
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

// as many on their way as there are bytes to write at once: with 20, the usual number, it is the system that is measured
const broker = await startBroker({ port: 0, limits: { receiveMaximum: 200, maximumInflightMessages: 200, maximumQueuedMessages: AHEAD } })
try {
  const rows = []
  for (const [what, qos] of WORK) {
    const rates = { zanzara: [], mqttjs: [] }
    for (let round = 0; round < Number(values.rounds); round++)
      for (const library of LIBRARIES) rates[library].push(await measured(broker, library, what, qos, Number(values.messages)))
    const [zanzara, mqttjs] = LIBRARIES.map((library) => Math.round(median(rates[library])))
    rows.push({ work: `${what} QoS ${qos}`, zanzara, mqttjs, ratio: Number((zanzara / mqttjs).toPrecision(3)), goal: GOAL })
  }
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`)
  else {
    process.stdout.write(`messages per CPU second, 64 bytes, MQTT 5.0; medians of ${values.rounds} runs of ${values.messages} messages\n`)
    process.stdout.write(`${''.padEnd(16)}${'zanzara'.padStart(12)}${'MQTT.js'.padStart(12)}${'ratio'.padStart(8)}\n`)
    const number = (value) => value.toLocaleString('en').padStart(12)
    for (const { work, zanzara, mqttjs, ratio, goal } of rows)
      process.stdout.write(`${work.padEnd(16)}${number(zanzara)}${number(mqttjs)}${`${ratio}`.padStart(8)}  goal ${goal}  ${ratio >= goal ? 'pass' : 'FAIL'}\n`)
  }
} finally {
  await broker.close()
}
