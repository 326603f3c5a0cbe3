// What counts as memory in use: over the limit garbage is collected first, but never so often that the broker stands still.
// The ports here are numbers; the last test asks this process.

import { expect, test } from 'vitest'
import { MemoryInUse, type MemoryPorts, processMemory } from '../../src/server/memory-in-use.ts'

function stage(
  live: number,
  garbage: number,
  limit: number,
  takesMs = 1,
): { memory: MemoryInUse; pass: (ms: number) => void; waste: (bytes: number) => void; collections: () => number } {
  let [now, collections] = [0, 0]
  let rest = garbage
  const ports = {
    measure: () => live + rest,
    collect: () => {
      rest = 0
      collections++
      now += takesMs
    },
    now: () => now,
  }
  const pass = (ms: number): void => void (now += ms)
  const waste = (bytes: number): void => void (rest += bytes)
  return { memory: new MemoryInUse(() => limit, ports), pass, waste, collections: () => collections }
}

test('under the limit, and without one, nothing is collected', () => {
  for (const limit of [0, 100]) {
    const { memory, collections } = stage(10, 90, limit)
    expect([memory.bytes(), collections()]).toEqual([100, 0])
  }
})

test('over the limit, garbage does not count', () => {
  const { memory, collections } = stage(10, 91, 100)
  expect([memory.bytes(), collections()]).toEqual([10, 1])
})

test('what lives counts; collections are a second apart at least', () => {
  const { memory, collections, pass, waste } = stage(101, 50, 100)
  expect([memory.bytes(), memory.bytes(), collections()]).toEqual([101, 101, 1])
  waste(30)
  pass(999)
  expect([memory.bytes(), collections()]).toEqual([131, 1])
  pass(1)
  expect([memory.bytes(), collections()]).toEqual([101, 2])
})

test('slow collections take a twentieth of the time at most', () => {
  const { memory, collections, pass } = stage(101, 0, 100, 500)
  memory.bytes()
  pass(9999)
  memory.bytes()
  expect(collections()).toBe(1)
  pass(1)
  memory.bytes()
  expect(collections()).toBe(2)
})

test('this process collects buffers that nobody refers to', async () => {
  const ports = processMemory(() => performance.now())
  ports.collect()
  const before = ports.measure()
  expect(bytesWithBuffers(ports) - before).toBeGreaterThan(45 << 20)
  const isCollected = (): boolean => {
    ports.collect()
    return ports.measure() - before < 10 << 20
  }
  await expect.poll(isCollected).toBe(true) // the buffers themselves are swept by another thread
})

/** In a frame of its own, which refers to them no longer. */
function bytesWithBuffers(ports: MemoryPorts): number {
  const buffers = Array.from({ length: 50 }, () => new Uint8Array(1 << 20))
  return buffers.length === 50 ? ports.measure() : 0
}
