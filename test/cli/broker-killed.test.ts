// The broker as a process, killed under load and started again: nothing that was acknowledged is lost, QoS 2 comes once, order stays.
// The clients are ours and reconnect; what they were told is what counts.

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { connect } from '../../src/client/node.ts'
import { type Program, startProgram, unusedPort } from '../support/built.ts'

const QUICKLY = { minMs: 20, maxMs: 100 } as const

interface Place {
  readonly port: number
  readonly folder: string
  readonly configFile: string
}

async function place(...lines: readonly string[]): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'zanzara-killed-'))
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o777) // started as root the broker becomes somebody else
  const port = await unusedPort()
  const configFile = join(folder, 'zanzara.conf')
  const text = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence true', `persistence_location ${folder}`, 'max_queued_messages 0', ...lines]
  await writeFile(configFile, `${text.join('\n')}\n`, { mode: 0o644 })
  return { port, folder, configFile }
}

async function start({ configFile }: Place): Promise<Program> {
  const program = startProgram(['broker', '-c', configFile])
  await program.until('stderr', / running\n/)
  return program
}

async function kill(program: Program): Promise<void> {
  await expect(program.ended('SIGKILL')).rejects.toThrow('SIGKILL')
}

function client({ port }: Place, clientId: string): Promise<Client> {
  return connect(`mqtt://127.0.0.1:${port}`, { clientId, cleanStart: true, sessionExpiry: 3600, reconnect: QUICKLY, receiveMaximum: 50 })
}

/** Publishes `NAME NUMBER` until told to stop; what was acknowledged is in `told`. */
class Source {
  readonly told: number[] = []
  sent = 0
  #isOver = false
  #work: Promise<unknown> = Promise.resolve()

  begin(publisher: Client, name: string, qos: 1 | 2): void {
    const one = async (): Promise<void> => {
      while (!this.#isOver) {
        const number = ++this.sent
        await publisher.publish('load', `${name} ${number}`, { qos })
        this.told.push(number)
      }
    }
    this.#work = Promise.all(Array.from({ length: 10 }, one))
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#work
  }
}

/** Numbers by name, in the order in which they came. */
async function collect(subscriber: Client, into: Map<string, number[]>): Promise<void> {
  const subscription = await subscriber.subscribe('load', { qos: 2, highWaterMark: 1_000_000 })
  void (async () => {
    for await (const message of subscription) {
      const [name, number] = new TextDecoder().decode(message.payload).split(' ')
      const numbers = into.get(name!)
      if (numbers === undefined) into.set(name!, [Number(number)])
      else numbers.push(Number(number))
    }
  })().catch(() => {})
}

test.each(['write', 'commit'])(
  'killed under load, persistence_sync %s: nothing acknowledged is lost, QoS 2 comes once, in order',
  { timeout: 240_000 },
  async (sync) => {
    const where = await place(`persistence_sync ${sync}`)
    let program = await start(where)
    const got = [new Map<string, number[]>(), new Map<string, number[]>()]
    const clients: Client[] = []
    for (const [i, into] of got.entries()) {
      const subscriber = await client(where, `s${i}`)
      await collect(subscriber, into)
      clients.push(subscriber)
    }
    const sources: Source[] = []
    for (const [i, qos] of ([2, 2, 1] as const).entries()) {
      const publisher = await client(where, `p${i}`)
      const source = new Source()
      source.begin(publisher, `p${i}`, qos)
      sources.push(source)
      clients.push(publisher)
    }
    for (let round = 0; round < 4; round++) {
      const before = sources.map(({ told }) => told.length)
      for (const deadline = performance.now() + 30_000; sources.some(({ told }, i) => told.length < before[i]! + 100) && performance.now() < deadline; )
        await pause(20)
      await kill(program)
      program = await start(where)
    }
    for (const source of sources) await source.end()
    const all = (): boolean => got.every((into) => sources.every(({ sent }, i) => new Set(into.get(`p${i}`)).size >= sent))
    for (const deadline = performance.now() + 60_000; !all() && performance.now() < deadline; ) await pause(20)
    for (const one of clients) await one.close()
    await program.ended('SIGTERM')
    for (const into of got) {
      for (const [i, { told }] of sources.entries()) {
        const numbers = into.get(`p${i}`)!
        const firsts = [...new Set(numbers)]
        expect(told.length).toBeGreaterThan(300)
        expect(told.filter((number) => !numbers.includes(number))).toEqual([])
        expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
        if (i < 2) expect(numbers.length).toBe(firsts.length) // published with QoS 2: once
      }
    }
  },
)

test('a second broker on the same folder says who is there and ends with 1; SIGUSR1 saves; a stopped broker goes on where it was', async () => {
  const where = await place()
  const first = await start(where)
  const second = startProgram(['broker', '-c', where.configFile, '-p', `${await unusedPort()}`])
  expect(await second.ended()).toBe(1)
  expect(second.log.join('\n')).toMatch(new RegExp(`Error: ${where.folder}/zanzara is in use by process ${first.child.pid}; stop it first`))
  const p = await connect(`mqtt://127.0.0.1:${where.port}`, { clientId: 'p', sessionExpiry: 0 })
  await p.publish('r', 'kept', { retain: true, qos: 1 })
  first.child.kill('SIGUSR1')
  await first.until('stderr', new RegExp(`Saving in-memory database to ${where.folder}/zanzara\\.\n`))
  await p.close()
  expect(await first.ended('SIGTERM')).toBe(0)
  const again = await start(where)
  expect(again.log.join('\n')).toMatch(/Restored 0 sessions, 0 subscriptions, 0 messages and 1 retained messages in \d+ ms\./)
  const s = await client(where, 's')
  const subscription = await s.subscribe('r')
  const message = await subscription.next()
  expect(new TextDecoder().decode(message!.payload)).toBe('kept')
  await s.close()
  expect(await again.ended('SIGTERM')).toBe(0)
})

test('a folder that cannot be used is named, and what to set', async () => {
  const where = await place()
  await writeFile(join(where.folder, 'zanzara'), 'a file where the folder should be')
  const program = startProgram(['broker', '-c', where.configFile])
  expect(await program.ended()).toBe(1)
  expect(program.log.join('\n')).toContain(`Error: the store in ${where.folder}/zanzara cannot be opened: `)
  expect(program.log.join('\n')).toContain("; see 'persistence_location'")
})
