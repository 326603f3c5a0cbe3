// Random sequences of what three clients do, carried out against Debian's mosquitto and against our broker: every client receives the same.
// Seeds are fixed; a failure shows the operations up to the first difference. support/ says which freedoms are made equal.

import { describe, expect, test } from 'vitest'
import { startBroker } from '../../src/server/start-broker.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'
import { type Operation, operationsFrom } from './support/operations.ts'
import { type Observation, observe } from './support/world.ts'

const SEEDS = Number(process.env['ZZ_SEEDS'] ?? 40)
const FIRST = Number(process.env['ZZ_FIRST_SEED'] ?? 1)
const OPERATIONS = 40

/** What the older version does by default and 2.1 otherwise. */
const AS_21 = ['allow_duplicate_messages true', 'max_packet_size 2000000', 'sys_interval 0', 'set_tcp_nodelay true']

withTools(['mosquitto'], ({ mosquitto }) => {
  describe("what clients receive from Debian's mosquitto and from us", () => {
    test.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))('is the same for seed %i', async (seed) => {
      const operations = operationsFrom(seed, OPERATIONS)
      const [theirs, ours] = await Promise.all([theirObservations(mosquitto, operations), ourObservations(operations)])
      const at = operations.findIndex((_, i) => JSON.stringify(ours[i]) !== JSON.stringify(theirs[i]))
      if (at < 0) return
      const story = operations.slice(0, at + 1).map((operation, i) => `${JSON.stringify(operation)}\n    ${JSON.stringify(theirs[i])}`)
      expect(ours[at], story.join('\n')).toEqual(theirs[at])
    })
  })
})

async function theirObservations(program: string, operations: readonly Operation[]): Promise<Observation[]> {
  const broker = await Mosquitto.start(program, { options: AS_21 })
  try {
    return await observe(broker.port, operations)
  } finally {
    await broker.close()
  }
}

async function ourObservations(operations: readonly Operation[]): Promise<Observation[]> {
  const broker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
  try {
    return await observe(broker.port, operations)
  } finally {
    await broker.close()
  }
}
