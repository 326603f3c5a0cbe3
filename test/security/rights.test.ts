// Who tries to get or to say what is not his: names with wildcards, wide filters, `$SYS`, wills, rights taken away (rows 12, 28, 29 and 40 to 42).
// Rights come from an ACL file; the honest pair has its own.

import { expect, test } from 'vitest'
import { AclFile } from '../../src/auth/acl-file.ts'
import { FileAuthorizer } from '../../src/auth/file-authorizer.ts'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { connectFrame, field, frame } from '../support/raw-packets.ts'
import { Arena, type Attacker, row, until } from './arena.ts'

const HONEST = ['user honest', 'topic #']

/** An ACL file that a test rewrites. */
class Rights {
  readonly authorizer: FileAuthorizer
  readonly #file: AclFile
  #text = ''

  constructor(...lines: readonly string[]) {
    this.#text = [...lines, ...HONEST].join('\n')
    this.#file = new AclFile('acl', { read: () => ({ bytes: Buffer.from(this.#text), notes: [] }) })
    this.authorizer = new FileAuthorizer({ aclFile: this.#file })
  }

  become(...lines: readonly string[]): void {
    this.#text = [...lines, ...HONEST].join('\n')
    this.#file.reload()
  }
}

const subscribe = (version: ProtocolVersion, filter: string, qos = 0): number[] => frame(0x82, [0, 1], version === 5 ? [0] : [], field(filter), [qos])
const publish = (version: ProtocolVersion, topic: string, header = 0x30, packetId = 1): number[] =>
  frame(header, field(topic), (header & 6) === 0 ? [] : [0, packetId], version === 5 ? [0] : [], [0x78])

/** All answers to what was sent so far have come. */
async function settled(attacker: Attacker, version: ProtocolVersion = 4): Promise<void> {
  const pongs = (): number => attacker.lines(version).filter((line) => line === 'PINGRESP').length
  const before = pongs()
  attacker.write([0xc0, 0])
  await until(() => attacker.isClosed || pongs() > before, 'PINGRESP')
}

const answers = (attacker: Attacker, version: ProtocolVersion): string[] => attacker.lines(version).filter((line) => line !== 'PINGRESP')

const topicsAt = (attacker: Attacker, version: ProtocolVersion): string[] =>
  attacker.lines(version).flatMap((line) => (line.startsWith('PUBLISH') ? [line.split(' ')[5]!] : []))

const NAMES = ['+', '#', 'a/#', 'd7/up/#', '../..', '%c', '%u', '<script>', '$SYS', 'd7\u2028']
const patterns = new Rights('pattern readwrite dev/%c/up', 'pattern readwrite user/%u/up')
row(
  12,
  'names with wildcards, slashes and markup match no pattern but their own text, and forge no line of the log',
  async (arena) => {
    const victim = await arena.connected(4, { clientId: 'd7', flags: 0x82, rest: field('u7') })
    for (const filter of ['dev/d7/up', 'user/u7/up']) victim.write(subscribe(4, filter))
    await settled(victim)
    expect(answers(victim, 4)).toHaveLength(2)
    for (const name of NAMES) {
      const attacker = await arena.connected(4, { clientId: name, flags: 0x82, rest: field(name) })
      for (const filter of ['#', 'dev/#', 'user/#', 'dev/+/up', '$share/g/#']) attacker.write(subscribe(4, filter))
      for (const topic of ['dev/d7/up', 'user/u7/up']) attacker.write(publish(4, topic))
      await settled(attacker)
      victim.write(publish(4, 'dev/d7/up'), publish(4, 'user/u7/up'))
      await settled(victim)
      await settled(attacker)
      expect([name, topicsAt(attacker, 4)]).toEqual([name, []])
      attacker.leave()
    }
    expect(topicsAt(victim, 4)).toHaveLength(2 * NAMES.length)
    for (const clientId of ['\u001b[31mred', 'a\nClient x', '\u009b1m'])
      expect(await arena.reaction([connectFrame(4, { clientId })], 4, 'first')).toBe('closed')
    expect(arena.told.filter(({ line }) => /[\p{Cc}\u2028]/u.test(line.replace(/^\t/, '')))).toEqual([])
  },
  { authorizer: patterns.authorizer },
)

const narrow = new Rights('topic read open/#', 'topic write open/#')
row(
  28,
  'wide filters bring only what may be read: live, retained, queued and shared',
  async (arena) => {
    const lord = await arena.connected(4, { clientId: 'lord', flags: 0x82, rest: field('honest') })
    lord.write(publish(4, 'secret/retained', 0x31), publish(4, 'open/retained', 0x31))
    await settled(lord)
    for (const version of [4, 5] as const) {
      for (const filter of ['#', '+/#', 'secret/#', 'secret/live', '$share/g/#', '$share/g/secret/#']) {
        const name = `reader-${version}-${filter.replaceAll(/[#+]/g, '*')}`
        const lasting = { clientId: name, flags: 0, properties: '11 00000e10' }
        const reader = await arena.connected(version, lasting)
        reader.write(subscribe(version, filter, 1))
        await settled(reader, version)
        lord.write(publish(4, 'secret/live', 0x32), publish(4, 'open/live', 0x32, 2))
        await settled(lord)
        await settled(reader, version)
        reader.leave()
        await until(() => arena.running.broker.connectedCount === 3, 'away')
        lord.write(publish(4, 'secret/queued', 0x32), publish(4, 'open/queued', 0x32, 2))
        await settled(lord)
        const again = arena.attacker()
        again.write(connectFrame(version, lasting))
        await settled(again, version)
        const topics = [...topicsAt(reader, version), ...topicsAt(again, version)]
        expect([filter, topics.filter((topic) => !topic.startsWith('open/'))]).toEqual([filter, []])
        if (filter.endsWith('#') && !filter.includes('secret'))
          expect(new Set(topics)).toEqual(new Set(['open/live', 'open/queued', ...(filter.startsWith('$') ? [] : ['open/retained'])]))
        again.leave()
        const end = await arena.connected(version, { clientId: name })
        end.leave()
        await until(() => arena.running.broker.connectedCount === 3 && arena.running.broker.sessionCount === 3, 'forgotten')
      }
    }
    lord.write(frame(0x31, field('secret/retained')), frame(0x31, field('open/retained')))
    await settled(lord)
  },
  { authorizer: narrow.authorizer },
)

const withWill = (version: ProtocolVersion, topic: string, flags = 0x26): number[] =>
  connectFrame(version, { flags, clientId: `will-${version}`, rest: [...(version === 5 ? [0] : []), ...field(topic), ...field('gone')] })
row(
  29,
  '`$SYS` and `$CONTROL` are matched by their names alone, and nobody publishes there or to `$share`',
  async (arena) => {
    for (const topic of ['$SYS/broker/version', '$CONTROL/x']) {
      expect([topic, await arena.reaction([withWill(4, topic)], 4, 'first')]).toEqual([topic, 'CONNACK 0 5, closed'])
      expect([topic, await arena.reaction([withWill(5, topic)], 5, 'first')]).toEqual([topic, 'CONNACK 0 135, closed'])
    }
    for (const version of [4, 5] as const) {
      for (const filter of ['#', '+/#', '+/broker/#', '$share/g/+/#', '$CONTROL/#']) {
        const reader = await arena.connected(version)
        reader.write(subscribe(version, filter))
        await settled(reader, version)
        expect([filter, topicsAt(reader, version).filter((topic) => topic.startsWith('$'))]).toEqual([filter, []])
        reader.leave()
      }
      const reader = await arena.connected(version)
      reader.write(subscribe(version, '$SYS/broker/version'))
      await settled(reader, version)
      await until(() => topicsAt(reader, version).length > 0, 'the retained message')
      expect(topicsAt(reader, version)).toEqual(['$SYS/broker/version'])
      reader.bytes = Buffer.alloc(0)
      for (const topic of ['$SYS/broker/version', '$CONTROL/dynamic-security/v1', '$share/group/open']) {
        reader.write(publish(version, topic, 0x33))
        await settled(reader, version)
      }
      const refused = version === 5 ? 'PUBACK m1 0x87' : 'PUBACK m1'
      expect(answers(reader, version)).toEqual([refused, refused, refused])
      reader.leave()
    }
  },
  { limits: { sysInterval: 3600 } },
)

const wills = new Rights('topic readwrite open/#')
row(
  40,
  'a will where its client may not publish is refused at CONNECT, and not sent when the right has gone meanwhile',
  async (arena) => {
    for (const topic of ['secret/x', '$SYS/broker/version', '$CONTROL/x', new Array(202).fill('a').join('/')]) {
      expect([topic, await arena.reaction([withWill(4, topic)], 4, 'first')]).toEqual([topic, expect.stringMatching(/^CONNACK 0 [35], closed$/)])
      expect([topic, await arena.reaction([withWill(5, topic)], 5, 'first')]).toEqual([topic, expect.stringMatching(/^CONNACK 0 1(35|44), closed$/)])
    }
    const watcher = await arena.connected(4, { clientId: 'watcher', flags: 0x82, rest: field('honest') })
    watcher.write(subscribe(4, 'open/#'))
    await settled(watcher)
    for (const [allowed, expected] of [
      [true, ['open/will']],
      [false, []],
    ] as const) {
      wills.become('topic readwrite open/#')
      const dying = arena.attacker()
      dying.write(withWill(4, 'open/will', 6))
      await settled(dying)
      if (!allowed) wills.become('topic read open/#')
      dying.leave()
      await until(() => arena.running.broker.connectedCount === 3, 'gone')
      await settled(watcher)
      expect(topicsAt(watcher, 4)).toEqual(expected)
      watcher.bytes = Buffer.alloc(0)
    }
  },
  { authorizer: wills.authorizer },
)

const retained = new Rights('topic readwrite open/#')
row(
  41,
  'what was retained by somebody who may no longer publish there is not delivered',
  async (arena) => {
    const publisher = await arena.connected(4)
    publisher.write(publish(4, 'open/kept', 0x33))
    await settled(publisher)
    const reads = async (): Promise<string[]> => {
      const reader = await arena.connected(4)
      reader.write(subscribe(4, 'open/#'))
      await settled(reader)
      reader.leave()
      return topicsAt(reader, 4)
    }
    expect(await reads()).toEqual(['open/kept'])
    retained.become('topic read open/#')
    expect(await reads()).toEqual([])
    const lord = await arena.connected(4, { clientId: 'lord', flags: 0x82, rest: field('honest') })
    lord.write(frame(0x31, field('open/kept')))
    await settled(lord)
  },
  { authorizer: retained.authorizer },
)

test.each([4, 5] as const)('row 42: a right to read that goes while messages are queued and unacknowledged, version %i', async (version) => {
  const rights = new Rights('topic readwrite #')
  const arena = await Arena.start({ authorizer: rights.authorizer, limits: { maximumInflightMessages: 1 } })
  try {
    const lasting = { clientId: 'reader', flags: 0, properties: '11 00000e10' }
    const reader = await arena.connected(version, lasting)
    reader.write(subscribe(version, 'a/#', 1))
    await settled(reader, version)
    const publisher = await arena.connected(4)
    for (let id = 1; id <= 3; id++) publisher.write(publish(4, `a/${id}`, 0x32, id))
    await settled(publisher)
    await settled(reader, version)
    expect(topicsAt(reader, version)).toEqual(['a/1']) // the others wait for its PUBACK
    reader.leave()
    await until(() => arena.running.broker.connectedCount === 3, 'away')
    rights.become('topic write #')
    const again = arena.attacker()
    again.write(connectFrame(version, lasting))
    await settled(again, version)
    expect(answers(again, version)).toEqual(['CONNACK 1 0'])
    again.leave()
    const end = await arena.connected(version, { clientId: 'reader' })
    end.leave()
    await arena.aftermath()
  } finally {
    await arena.close()
  }
})
