// Peers that read slowly: bounded memory, order kept, reading stops and goes on; the blocks of cut ones come back.

import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { contextFor, listenerOptions, listening, Owners, pair, pattern, testContext, turns, until, WAYS } from './recording.ts'

test.each(WAYS)('a peer that does not read makes the output full, and all of it arrives in order when it reads again: %s', async (way) => {
  const context = contextFor(way)
  const { server, client } = await pair(way, context)
  const { output } = server.link
  const sent: Buffer[] = []
  client.link.pause()
  for (let i = 0; !output.full; i++) {
    const piece = pattern(50_000, i)
    sent.push(piece)
    server.send(piece)
    await turns(1)
    expect(sent.length, 'full at last').toBeLessThan(2000)
  }
  expect(output.blocked).toBe(true)
  expect(output.length).toBeLessThan(262_144 + 50_000)
  const before = server.drains
  client.link.resume()
  const all = Buffer.concat(sent)
  await until(() => client.length >= all.length, 'all bytes', 50_000)
  expect(client.bytes.equals(all)).toBe(true)
  await until(() => server.drains > before, 'drained')
  expect(output.blocked).toBe(false)
  expect(output.full).toBe(false)
})

test.each(['tcp', 'tcp, plain', 'tls', 'ws'] as const)('who does not read answers is not read either, and nothing is lost when it goes on: %s', async (way) => {
  const context = contextFor(way)
  const { server, client } = await pair(way, context, (recorder) => {
    // each byte asks for sixteen
    recorder.onReceived = (bytes, start, end) => {
      for (let i = 0; i < 16; i++) recorder.link.output.append(bytes, start, end, null)
    }
  })
  client.link.pause()
  const asked = pattern(3_000_000)
  for (let at = 0; at < asked.length; at += 50_000) {
    client.send(asked.subarray(at, at + 50_000))
    await turns(1)
  }
  await until(() => server.link.output.full, 'server full')
  const stopped = server.length
  await turns(50)
  expect(server.length).toBe(stopped)
  expect(stopped).toBeLessThan(asked.length)
  expect(server.link.output.length).toBeLessThan(16 * 262_144 + 16 * 65536 * 5)
  client.link.resume()
  await until(() => client.length >= 16 * asked.length, 'all answers', 50_000)
  expect(server.bytes.equals(asked)).toBe(true)
})

test.each(['tcp', 'tcp, plain', 'tls', 'ws'] as const)('pause keeps bytes away from the owner, resume brings them: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way), (recorder) => recorder.link.pause())
  client.send(Buffer.from('early'))
  await turns(100)
  expect(server.length).toBe(0)
  server.link.resume()
  await until(() => server.length === 5, 'the bytes')
  server.link.pause()
  server.link.pause()
  client.send(Buffer.from(' late'))
  await turns(100)
  expect(server.length).toBe(5)
  server.link.resume()
  server.link.resume()
  await until(() => server.length === 10, 'the bytes')
  expect(server.bytes.toString()).toBe('early late')
})

test.each(['tcp', 'tcp, plain', 'tls', 'ws'] as const)("a drain does not undo the owner's pause: %s", async (way) => {
  const { server, client } = await pair(way, contextFor(way))
  server.onReceived = () => {
    server.send(pattern(8_000_000)) // written at once, and unfinished
    server.send(pattern(400_000)) // waits: full, so that reading stops
  }
  client.link.pause()
  client.send(Buffer.from('go'))
  await until(() => server.link.output.full, 'full')
  client.send(Buffer.from('more'))
  server.link.pause()
  client.link.resume()
  await until(() => server.drains > 0 && client.length === 8_400_000, 'drained', 50_000)
  await turns(50)
  expect(server.bytes.toString()).toBe('go')
  server.onReceived = () => {}
  server.link.resume()
  await until(() => server.length === 6, 'the rest')
})

test.each(['tcp', 'tcp, plain', 'unix', 'tls', 'ws'] as const)('small writes are drained like large ones: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way))
  const { output } = server.link
  const sent: Buffer[] = []
  client.link.pause()
  while (!output.blocked) {
    const piece = pattern(4000, sent.length)
    sent.push(piece)
    server.send(piece)
    await turns(1)
    expect(sent.length, 'blocked at last').toBeLessThan(20_000)
  }
  client.link.resume()
  await until(() => !output.blocked && client.length >= sent.length * 4000, 'drained')
  server.send(Buffer.from('goes on'))
  await until(() => client.length >= sent.length * 4000 + 7, 'more')
  expect(client.bytes.equals(Buffer.concat([...sent, Buffer.from('goes on')]))).toBe(true)
})

test.each(WAYS)('blocks of a slow peer that is cut come back to the pool: %s', async (way) => {
  const context = contextFor(way)
  const { server, client } = await pair(way, context)
  client.link.pause()
  server.send(pattern(8_000_000))
  await until(() => server.link.output.blocked, 'a write under way')
  server.send(pattern(100_000))
  expect(context.pool.lentBlocks).toBe(2)
  server.link.destroy()
  await until(() => server.closes === 1, 'closed')
  expect(context.pool.lentBlocks).toBe(0)
  server.send(Buffer.from('into the void')) // a careless owner
  expect(server.link.output.closed).toBe(true)
  await turns(1)
  expect(context.pool.lentBlocks).toBe(0)
})

test('blocks are lent once and given back once while many peers come and go in the midst of writes', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('tcp'), owners.accept)
  for (let round = 0; round < 20; round++) {
    const peer = connect(listener.address.port, '127.0.0.1')
    onTestFinished(() => void peer.destroy())
    peer.on('error', () => {})
    const server = await owners.at(round)
    server.send(pattern(round % 2 === 0 ? 100 : 4_000_000))
    if (round % 3 === 0) peer.destroy()
    else if (round % 3 === 1) peer.resetAndDestroy()
    else server.link.destroy()
    await until(() => server.closes === 1, 'closed')
  }
  const seen = new Set<number>()
  const blocks = Array.from({ length: 40 }, () => context.pool.take(2048))
  for (const block of blocks) if (block.bytes.length > block.size) seen.add(block.start)
  expect(seen.size).toBe(blocks.filter((block) => block.bytes.length > block.size).length) // no block given back twice
  for (const block of blocks) context.pool.give(block)
})

/** An owner whose work takes a millisecond for each 2 KiB. */
function labour(recorder: { onReceived: (bytes: Uint8Array, start: number, end: number) => void }): void {
  recorder.onReceived = (_bytes, start, end) => {
    const until = performance.now() + (end - start) / 2048
    while (performance.now() < until);
  }
}

test.each(WAYS)('bytes that make much work are given in slices, between which others have their turn; order is kept: %s', async (way) => {
  const context = contextFor(way)
  const { server, client } = await pair(way, context, labour)
  const all = pattern(400_000)
  const turnsOfOthers: number[] = []
  let stop = false
  const other = (): void => {
    turnsOfOthers.push(server.chunks.length)
    if (!stop) setTimeout(other, 0)
  }
  other()
  client.send(all)
  await until(() => server.length >= all.length, 'all bytes', 50_000)
  stop = true
  expect(server.bytes.equals(all)).toBe(true)
  const sizes = server.chunks.map((chunk) => chunk.length)
  expect(sizes[0], 'nobody knows yet how much work it makes').toBeLessThanOrEqual(8192)
  expect(Math.max(...sizes), 'ten milliseconds of work').toBeLessThanOrEqual(20_480)
  expect(new Set(turnsOfOthers).size, 'turns of others between slices').toBeGreaterThan(3)
})

test.each(WAYS)('bytes that make little work are given as they are read, after the first few: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way))
  const piece = pattern(60_000)
  let sent = 0
  const longest = (): number => Math.max(0, ...server.chunks.map((chunk) => chunk.length))
  while (longest() <= 8192) {
    expect(sent, 'whole reads at last').toBeLessThan(500)
    client.send(piece)
    sent++
    await until(() => server.length >= sent * piece.length, 'all bytes', 50_000)
  }
  expect(server.bytes.equals(Buffer.concat(Array.from({ length: sent }, () => piece)))).toBe(true)
})

test.each(WAYS)('pause holds the slices that wait, resume brings them in order: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way), (recorder) => {
    labour(recorder)
    const work = recorder.onReceived
    recorder.onReceived = (bytes, start, end) => {
      work(bytes, start, end)
      recorder.link.pause()
      if (recorder.chunks.length % 2 === 0) recorder.link.resume()
    }
  })
  const all = pattern(300_000)
  client.send(all)
  const end = performance.now() + 50_000
  while (server.length < all.length) {
    expect(performance.now()).toBeLessThan(end)
    const before = server.length
    await turns(3)
    if (server.length === before) server.link.resume()
  }
  expect(server.bytes.equals(all)).toBe(true)
})
