// Tables with a cap that no client on this machine can fill over a socket: abused 100,000 times here, in this process.
// Those that can are in scenarios/bounded-memory.test.ts.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { FailedLogins } from '../../src/auth/failed-logins.ts'
import { VerificationQueue } from '../../src/auth/verification-queue.ts'
import { VerdictCache } from '../../src/broker/routing/verdict-cache.ts'

const TIMES = 100_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function held(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** What `abuse` makes is held while the memory is measured; returns bytes more than before. */
function growth(abuse: () => object): number {
  abuse() // what is compiled and made once
  const before = held()
  const made = abuse()
  const after = held()
  return made === null ? 0 : after - before
}

test('failed logins of 100,000 addresses are remembered for 10,000 of them, the latest', () => {
  const logins = new FailedLogins()
  const addressOf = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
  for (let i = 0; i < TIMES; i++) logins.count(addressOf(i), 99)
  for (let k = 0; k < 4; k++) logins.count(addressOf(TIMES - 1), 99)
  expect(logins.size).toBe(10_000)
  expect(logins.areTooMany(addressOf(TIMES - 1), 100)).toBe(true)
  expect(logins.areTooMany(addressOf(0), 100)).toBe(false)
  const bytes = growth(() => {
    const table = new FailedLogins()
    for (let i = 0; i < TIMES; i++) table.count(addressOf(i), 0)
    return table
  })
  expect(bytes).toBeLessThan(4 << 20)
})

test('permissions of 100,000 topics are remembered for 4,096 of them', () => {
  const bytes = growth(() => {
    const verdicts = new VerdictCache()
    for (let i = 0; i < TIMES; i++) verdicts.remember(i, 1)
    return verdicts
  })
  expect(bytes).toBeLessThan(256 << 10)
  const verdicts = new VerdictCache()
  for (let i = 0; i < TIMES; i++) verdicts.remember(i, 1)
  expect(verdicts.allows(TIMES - 1, 1)).toBe(true)
  expect(verdicts.allows(TIMES - 1, 2)).toBe(false)
})

test('of 100,000 logins at once a few are judged and a few wait; the others are turned away, and later ones are served', async () => {
  const queue = new VerificationQueue()
  let atOnce = 0
  let most = 0
  const judge = async (): Promise<boolean> => {
    most = Math.max(most, ++atOnce)
    await new Promise((resolve) => setImmediate(resolve))
    atOnce--
    return true
  }
  const answers = await Promise.all(Array.from({ length: TIMES }, () => queue.run(judge)))
  expect(answers.filter((answer) => answer === true)).toHaveLength(4 + 256)
  expect(most).toBe(4)
  expect(await queue.run(judge)).toBe(true)
})
