// Limits over all listeners: connections of the process, of one address, and what the system's files allow.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectionsThatFit } from '../../src/net/descriptor-limit.ts'
import type { Listener } from '../../src/net/listener.ts'
import type { NetContext, NetContextOptions, NetProblem } from '../../src/net/net-context.ts'
import { OpenConnections } from '../../src/net/open-connections.ts'
import { contextFor, listenerOptions, listening, Owners, until, WAYS, type Way } from './recording.ts'

interface Brokers {
  readonly context: NetContext
  readonly listeners: readonly Listener[]
  readonly problems: NetProblem[]
}

async function two(way: Way, options: NetContextOptions, host = '127.0.0.1'): Promise<Brokers> {
  const problems: NetProblem[] = []
  const context = contextFor(way, { onError: (problem) => problems.push(problem), ...options })
  const at = way === 'unix' ? {} : { host }
  const first = await listening(context, { ...listenerOptions(way), ...at }, new Owners().accept)
  const second = await listening(context, { ...listenerOptions(way), ...at }, new Owners().accept)
  return { context, listeners: [first, second], problems }
}

/** A connection that sends nothing; over TLS and HTTP it counts all the same. */
function visit({ address }: Listener): { closed: boolean; leave(): void } {
  const socket = connect(address.port === 0 ? { path: address.host } : { host: address.host, port: address.port })
  const visitor = { closed: false, leave: () => void socket.destroy() }
  socket.on('error', () => {}).on('close', () => (visitor.closed = true))
  socket.resume()
  onTestFinished(visitor.leave)
  return visitor
}

test.each(WAYS)('newcomers beyond the maximum of all listeners are closed, and places become free: %s', async (way) => {
  const { context, listeners, problems } = await two(way, { maximumConnections: 2 })
  const first = visit(listeners[0]!)
  visit(listeners[1]!)
  await until(() => context.connections.size === 2, 'both')
  const third = visit(listeners[1]!)
  await until(() => third.closed, 'the third closed')
  expect(problems.map(({ kind }) => kind)).toEqual(['global-limit'])
  expect(problems[0]!.error.message).toBe('2 connections are open on all listeners, and no more than 2 are allowed: the newcomer was closed')
  expect(context.connections.size).toBe(2)
  first.leave()
  await until(() => context.connections.size === 1, 'a free place')
  const fourth = visit(listeners[1]!)
  await until(() => context.connections.size === 2, 'the fourth')
  context.connections.maximum = null
  visit(listeners[0]!)
  await until(() => context.connections.size === 3, 'as many as you like')
  expect(fourth.closed).toBe(false)
})

test.each(WAYS)('what the open files allow is a limit too: %s', async (way) => {
  const { context, listeners, problems } = await two(way, { connectionsThatFit: () => 1 })
  visit(listeners[0]!)
  await until(() => context.connections.size === 1, 'the first')
  const second = visit(listeners[1]!)
  await until(() => second.closed, 'the second closed')
  expect(problems.map(({ kind }) => kind)).toEqual(['descriptors'])
})

test.each(WAYS)('this machine is never limited by its address: %s', async (way) => {
  const { context, listeners } = await two(way, { maximumConnectionsPerAddress: 1 })
  const visitors = [0, 1, 0].map((which) => visit(listeners[which]!))
  await until(() => context.connections.size === 3, 'all')
  expect(visitors.map(({ closed }) => closed)).toEqual([false, false, false])
})

test('an address is counted over all listeners, and forgotten when its last connection has gone', () => {
  const all = new OpenConnections({ maximumConnectionsPerAddress: 2 })
  expect(['127.0.0.1', '127.9.9.9', '::1', ''].map((address) => all.counts(address))).toEqual([false, false, false, false])
  expect(['192.0.2.7', '2001:db8::1', '1270.0.0.1'].map((address) => all.counts(address))).toEqual([true, true, true])
  expect([all.enterFrom('a'), all.enterFrom('a'), all.enterFrom('a'), all.enterFrom('b')]).toEqual([true, true, false, true])
  all.leaveFrom('a')
  expect([all.enterFrom('a'), all.enterFrom('a')]).toEqual([true, false])
  all.maximumPerAddress = null
  expect(all.counts('a')).toBe(false)
})

test('of the files that the system allows, 500 are kept back, or half of few', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-limits-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const limits = (soft: string): number | null => {
    const file = join(folder, 'limits')
    writeFileSync(
      file,
      `Limit                     Soft Limit           Hard Limit           Units\nMax processes             7                    7   processes\nMax open files            ${soft}                1048576              files\n`,
    )
    return connectionsThatFit(file)
  }
  expect([limits('20000'), limits('1001'), limits('1000'), limits('256'), limits('unlimited')]).toEqual([19_500, 501, 500, 128, null])
  expect(connectionsThatFit(join(folder, 'none'))).toBeNull()
})
