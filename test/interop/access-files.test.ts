// Password and ACL files between Debian's Mosquitto and us: each reads what the other wrote, and both decide alike.
// mosquitto_passwd is its tool, mosquitto its broker; our side is the program and the classes that read the files.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { AclFile } from '../../src/auth/acl-file.ts'
import { PasswordFile } from '../../src/auth/password-file.ts'
import { PasswordLogins } from '../../src/auth/password-logins.ts'
import { builtProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'access-files-'))
  path = join(folder, 'passwords')
})
afterEach(() => rmSync(folder, { recursive: true }))

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${String(status)}\n${stderr}`)
}

function zanzaraPasswd(...args: readonly string[]): void {
  run(process.execPath, [builtProgram(), 'passwd', ...args])
}

/** Whether our reader lets them in. */
async function weAdmit(logins: readonly (readonly [string, string])[]): Promise<boolean[]> {
  const file = new PasswordFile(path)
  const judge = new PasswordLogins()
  return await Promise.all(logins.map(async ([name, password]) => (await judge.judge(file, name, Buffer.from(password), '127.0.0.1')).outcome === 'welcome'))
}

async function start(program: string, options: readonly string[], files: Readonly<Record<string, string>>): Promise<Mosquitto> {
  const broker = await Mosquitto.start(program, { options: [...options], files })
  onTestFinished(() => broker.close())
  return broker
}

const LOGINS = [
  ['ann', 'secret'],
  ['ann', 'Secret'],
  ['bob', 'pässword with spaces'],
  ['bob', ''],
  ['zoe', 'old'],
  ['eve', 'secret'],
] as const
const ADMITTED = [true, false, true, false, true, false]

withTools(['mosquitto', 'mosquitto_passwd', 'mosquitto_pub'], (tools) => {
  test('the broker lets in whom our tool wrote, and nobody else', async () => {
    writeFileSync(path, 'zoe:old\n')
    zanzaraPasswd('-U', path)
    zanzaraPasswd('-b', path, 'ann', 'secret')
    zanzaraPasswd('-H', 'sha512', '-b', path, 'bob', 'pässword with spaces')
    const broker = await start(tools.mosquitto, ['password_file FOLDER/passwords'], { passwords: readFileSync(path, 'utf8') })
    const codes = LOGINS.map(
      ([name, password]) =>
        spawnSync(tools.mosquitto_pub, ['-p', String(broker.port), '-u', name, ...(password === '' ? [] : ['-P', password]), '-t', 'a', '-m', 'x']).status,
    )
    expect(codes).toEqual(ADMITTED.map((admitted) => (admitted ? 0 : 5)))
    expect(await weAdmit(LOGINS)).toEqual(ADMITTED)
    expect(broker.log).not.toContain('Error')
  })

  test('we let in whom its tool wrote; both tools change one file in turn', async () => {
    run(tools.mosquitto_passwd, ['-c', '-b', path, 'ann', 'first'])
    run(tools.mosquitto_passwd, ['-b', path, 'gone', 'x'])
    run(tools.mosquitto_passwd, ['-H', 'sha512', '-b', path, 'bob', 'pässword with spaces'])
    expect(
      await weAdmit([
        ['ann', 'first'],
        ['gone', 'x'],
        ['bob', 'pässword with spaces'],
      ]),
    ).toEqual([true, true, true])
    zanzaraPasswd('-b', path, 'zoe', 'old')
    run(tools.mosquitto_passwd, ['-b', path, 'ann', 'secret'])
    zanzaraPasswd('-D', path, 'gone')
    expect(await weAdmit(LOGINS)).toEqual(ADMITTED)
    expect(
      await weAdmit([
        ['ann', 'first'],
        ['gone', 'x'],
      ]),
    ).toEqual([false, false])
  })

  test('an ACL file lets the same clients write and read the same topics', async () => {
    const acl = [
      '# nobody in particular',
      'topic read news/#',
      'topic deny news/sealed',
      'topic write in/+/x',
      '',
      'user ann',
      'topic home/#',
      'topic deny home/safe/+',
      'topic read $SYS/broker/#',
      'topic none/at/all',
      'pattern write dev/%c/up',
      'pattern readwrite users/%u/#',
      'pattern deny users/%u/sealed',
      'pattern read shared/+',
      'user bob',
      'topic read #',
      'user ann',
      'topic write later',
      'user all',
      'topic write #',
    ].join('\n')
    const aclPath = join(folder, 'acl')
    writeFileSync(aclPath, acl, { mode: 0o600 })
    const ours = new AclFile(aclPath)
    const broker = await start(tools.mosquitto, ['acl_file FOLDER/acl'], { acl })
    const topics = ['news', 'news/today', 'news/sealed', 'in/a/x', 'in/a/y', 'home', 'home/lamp', 'home/safe', 'home/safe/x', 'none/at/all']
    topics.push('dev/c1/up', 'dev/c2/up', 'users/ann', 'users/ann/x', 'users/ann/sealed', 'users/bob/x', 'users/%u/x', 'shared/x', 'later', '$own/x', 'x')
    const all = await connect(broker.port, 'all', 'all')
    for (const userName of [null, 'ann', 'bob', 'zoe', 'a+b']) {
      const client = await connect(broker.port, userName, 'c1')
      const received = new Set<string>()
      client.on('message', (topic, payload) => void (payload.toString() === 'read' && received.add(topic)))
      await client.subscribeAsync(['#', '$own/#', '$SYS/own/#'])
      const written: string[] = []
      for (const topic of topics) if (await publishes(client, topic, 'write')) written.push(topic)
      for (const topic of topics) await publishes(all, topic, 'read')
      // whoever may read this has all that came before it
      const last = new Promise<void>((resolve) =>
        client.on('message', (topic, payload) => void (topic === 'shared/last' && payload.toString() === 'read' && resolve())),
      )
      await publishes(all, 'shared/last', 'read')
      if (userName !== 'a+b')
        await last // no pattern serves it: below, nothing may have come, and its connection answers after all that
      else await client.unsubscribeAsync('x')
      expect({ userName, written }).toEqual({ userName, written: topics.filter((topic) => ours.check(userName, 'c1', 'write', topic)) })
      expect({ userName, received: [...received].filter((topic) => topic !== 'shared/last') }).toEqual({
        userName,
        received: topics.filter((topic) => ours.check('all', 'all', 'write', topic) && ours.check(userName, 'c1', 'read', topic)),
      })
      await client.endAsync(true)
    }
  })
})

async function connect(port: number, userName: string | null, clientId: string): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId,
    protocolVersion: 5,
    reconnectPeriod: 0,
    ...(userName === null ? {} : { username: userName }),
  })
  onTestFinished(() => void client.end(true))
  return client
}

/** True unless PUBACK says that it is not authorised. */
async function publishes(client: MqttClient, topic: string, payload: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    client.publish(topic, payload, { qos: 1 }, (error) => {
      const code = (error as { code?: number } | null | undefined)?.code
      if (error === null || error === undefined) resolve(true)
      else if (code === 0x87) resolve(false)
      else reject(error)
    })
  })
}
