// Logins by password: the same work for everybody, few at a time, remembered when right, slowed down when wrong.
// Time, delays and the work itself are the test's.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { FailedLogins } from '../../src/auth/failed-logins.ts'
import { PasswordFile } from '../../src/auth/password-file.ts'
import type { PasswordHash } from '../../src/auth/password-hash.ts'
import { PasswordLogins } from '../../src/auth/password-logins.ts'
import { VerificationQueue } from '../../src/auth/verification-queue.ts'

function sha512(password: string, salt = Buffer.alloc(12, 5)): string {
  return `$6$${salt.toString('base64')}$${createHash('sha512').update(password).update(salt).digest('base64')}`
}

class Desk {
  text = `ann:${sha512('secret')}\nbob:${sha512('')}\n`
  now = 0
  readonly delays: number[] = []
  readonly judged: PasswordHash[] = []
  readonly file: PasswordFile
  readonly logins: PasswordLogins

  constructor() {
    this.file = new PasswordFile('passwords', { read: () => ({ bytes: Buffer.from(this.text), notes: [] }) })
    this.logins = new PasswordLogins({
      now: () => this.now,
      delay: async (ms) => void this.delays.push(ms),
      verify: async (password, hash) => {
        this.judged.push(hash)
        return hash.kind === 'sha512' && createHash('sha512').update(password).update(hash.salt).digest().equals(Buffer.from(hash.key))
      },
    })
  }

  async login(userName: string, password: string | null, address = '192.0.2.1'): Promise<string> {
    return (await this.logins.judge(this.file, userName, password === null ? null : Buffer.from(password), address)).outcome
  }
}

test('absent, empty, wrong and right are four cases', async () => {
  const desk = new Desk()
  expect([await desk.login('ann', null), await desk.login('ann', ''), await desk.login('ann', 'Secret'), await desk.login('ann', 'secret')]).toEqual([
    'refused',
    'refused',
    'refused',
    'welcome',
  ])
})

test('an empty password never fits, not even a hash of one; nor does none at all', async () => {
  const desk = new Desk()
  expect([await desk.login('bob', ''), await desk.login('bob', null)]).toEqual(['refused', 'refused'])
})

test('unknown users cost the work of a known one, always of the same; a file without users costs work too', async () => {
  const desk = new Desk()
  for (const name of ['zoe', 'zoe', '', '\uffff', 'toString']) expect(await desk.login(name, 'secret', '127.0.0.1')).toBe('refused')
  expect(desk.judged).toHaveLength(5)
  expect(desk.judged[0]).toBe(desk.judged[1])
  expect(['ann', 'bob'].map((name) => desk.file.lookup(name)!.hash)).toContain(desk.judged[0])
  desk.text = ''
  desk.file.reload()
  expect(await desk.login('zoe', 'x', '127.0.0.1')).toBe('refused')
  expect(desk.judged.at(-1)).toMatchObject({ kind: 'pbkdf2', iterations: 10_000 })
})

test('an unknown user does not get in by the password of the one whose work was done', async () => {
  const desk = new Desk()
  desk.text = `ann:${sha512('secret')}\n`
  desk.file.reload()
  expect(await desk.login('zoe', 'secret')).toBe('refused')
})

test('a right password is not judged again for a minute; a changed one at once', async () => {
  const desk = new Desk()
  expect([await desk.login('ann', 'secret'), await desk.login('ann', 'secret'), desk.judged.length]).toEqual(['welcome', 'welcome', 1])
  desk.now = 60_000
  expect([await desk.login('ann', 'secret'), desk.judged.length]).toEqual(['welcome', 2])
  desk.text = `ann:${sha512('other')}\n`
  desk.file.reload()
  expect([await desk.login('ann', 'secret'), await desk.login('ann', 'other'), desk.judged.length]).toEqual(['refused', 'welcome', 4])
  desk.text = ''
  desk.file.reload()
  expect(await desk.login('ann', 'other')).toBe('refused')
})

test('a user who is deleted while the password is judged does not get in', async () => {
  const desk = new Desk()
  const waiting = desk.login('ann', 'secret')
  desk.text = `bob:${sha512('secret')}\n`
  desk.file.reload()
  expect(await waiting).toBe('refused')
})

test('after five failures in a minute an address waits two seconds and is refused unjudged, until the minute is over', async () => {
  const desk = new Desk()
  for (let i = 0; i < 5; i++) expect(await desk.login('ann', `guess ${i}`)).toBe('refused')
  expect([desk.judged.length, desk.delays]).toEqual([5, []])
  expect([await desk.login('ann', 'secret'), await desk.login('zoe', 'x'), desk.judged.length, desk.delays]).toEqual(['refused', 'refused', 5, [2000, 2000]])
  expect(await desk.login('ann', 'secret', '192.0.2.2')).toBe('welcome') // other addresses are not concerned
  expect(await desk.login('ann', 'secret')).toBe('welcome') // who is known to be right is not shut out by a neighbour
  desk.now = 60_000
  expect([await desk.login('zoe', 'x'), await desk.login('ann', 'secret'), desk.delays.length]).toEqual(['refused', 'welcome', 2])
})

test('loopback and Unix sockets are never slowed down', async () => {
  const desk = new Desk()
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '']) for (let i = 0; i < 8; i++) await desk.login('ann', 'no', address)
  expect([desk.delays, desk.judged.length]).toEqual([[], 32])
})

test('one IPv6 network counts as one address, however it is written', () => {
  const failed = new FailedLogins()
  for (const address of ['2001:db8::1', '2001:DB8:0:0::2', '2001:0db8::ffff:1', '2001:db8:0:0:1:2:3:4', '2001:db8::5%eth0']) failed.count(address, 0)
  expect([failed.size, failed.areTooMany('2001:db8::9', 1), failed.areTooMany('2001:db8:0:1::9', 1)]).toEqual([1, true, false])
})

test('addresses beyond the limit are forgotten, the one counted longest ago first', () => {
  const failed = new FailedLogins(100)
  for (let i = 0; i < 5; i++) failed.count('192.0.2.1', 0)
  for (let i = 0; i < 99; i++) failed.count(`10.0.0.${i}`, 1)
  expect([failed.size, failed.areTooMany('192.0.2.1', 2)]).toEqual([100, true])
  failed.count('10.0.1.1', 2)
  expect([failed.size, failed.areTooMany('192.0.2.1', 3)]).toEqual([100, false])
})

test('four at a time, a bounded queue behind them, and busy beyond', async () => {
  let running = 0
  let most = 0
  const release: (() => void)[] = []
  const desk = new Desk()
  const logins = new PasswordLogins({
    queue: new VerificationQueue(4, 10),
    now: () => 0,
    verify: async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => release.push(resolve))
      running--
      return false
    },
  })
  const all = Array.from({ length: 20 }, (_, i) => logins.judge(desk.file, 'ann', Buffer.from(`${i}`), `192.0.2.${i}`))
  let isOver = false
  const results = Promise.all(all).then((found) => {
    isOver = true
    return found.map((result) => result.outcome)
  })
  while (!isOver) {
    release.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const outcomes = await results
  expect([most, outcomes.filter((outcome) => outcome === 'busy').length, outcomes.filter((outcome) => outcome === 'refused').length]).toEqual([4, 6, 14])
})
